//! Opening the image that was named on the command line.

use crate::cli::Input;
use crate::exit::{Exit, Failure};
use disk::{Disk, Opener};
use facts::Facts;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use storage::{Error, ErrorKind, File, Result, Source};

/// The file, before anything is known about its content.
pub(crate) fn open_file(path: &Path) -> std::result::Result<Arc<File>, Failure> {
    // What is no file at all is a mistake on the command line, not a finding about an image.
    File::open(path).map(Arc::new).map_err(|error| match error.kind() {
        ErrorKind::Unsupported => Failure::new(Exit::Usage, error),
        _ => error.into(),
    })
}

/// The disk in the file, and with it the files it refers to as far as that is allowed.
pub(crate) fn open_disk(file: &Arc<File>, input: &Input, files: &Allowed) -> Result<Arc<dyn Disk>> {
    let source: Source = file.clone();
    disk::open(source, input.format.as_deref(), files).map_err(|error| error.at_path(file.path()))
}

/// Opens files that an image refers to, if they lie beneath a directory that the user allowed.
#[derive(Debug)]
pub(crate) struct Allowed {
    /// Where the image lies: what relative names are relative to.
    base: PathBuf,
    directories: Vec<PathBuf>,
    opened: Mutex<Vec<(u64, u64)>>,
}

impl Allowed {
    /// For the image at `path`.
    pub(crate) fn new(path: &Path, directories: &[PathBuf]) -> std::result::Result<Self, Failure> {
        let base = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let canonical = |directory: &PathBuf| {
            directory
                .canonicalize()
                .map_err(|error| Failure::usage(format!("--allow-backing {}: {error}", directory.display())))
        };
        Ok(Allowed {
            base: base.canonicalize().unwrap_or_else(|_| base.to_owned()),
            directories: directories.iter().map(canonical).collect::<std::result::Result<_, _>>()?,
            opened: Mutex::default(),
        })
    }

    /// Device and inode numbers of the files opened.
    pub(crate) fn opened(&self) -> Vec<(u64, u64)> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name as an absolute path without `..`, by its text alone: nothing is asked of the filesystem.
    fn absolute(&self, name: &Path) -> PathBuf {
        let mut path = PathBuf::new();
        for component in self.base.join(name).components() {
            match component {
                Component::ParentDir => drop(path.pop()),
                Component::CurDir => {}
                other => path.push(other),
            }
        }
        path
    }
}

impl Opener for Allowed {
    fn open(&self, name: &str) -> Result<Source> {
        let shown = name.escape_debug();
        let has_scheme = name.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('/'));
        if name.is_empty() || has_scheme || name.contains('\0') {
            return Err(Error::refused(format!("refers to \"{shown}\", which is not the name of a file")));
        }
        let path = self.absolute(Path::new(name));
        let within =
            self.directories.iter().find_map(|directory| Some((directory, path.strip_prefix(directory).ok()?)));
        let Some((directory, rest)) = within else {
            let hint = path.parent().unwrap_or(Path::new("/")).display();
            return Err(Error::refused(format!(
                "refers to another file, \"{shown}\", and files that images name are not opened; if you trust this \
                 image, allow its directory with --allow-backing {hint}"
            )));
        };
        let file = File::open_beneath(directory, rest)?;
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(file.identity());
        Ok(Arc::new(file))
    }
}

/// What was found out about an image, and why not more.
pub(crate) struct Examined {
    pub(crate) facts: Facts,
    /// Why the disk could not be opened; the facts are then those of the header.
    pub(crate) failure: Option<Error>,
}

/// Opens and inspects the image. A file that is no image at all, or a machine that fails, is an error; an image that
/// is damaged, not supported or refused gives facts all the same.
pub(crate) fn examine(path: &Path, input: &Input) -> std::result::Result<Examined, Failure> {
    let file = open_file(path)?;
    let (shown, source): (_, Source) = (path.to_string_lossy(), file.clone());
    let error = match open_disk(&file, input, &Allowed::new(path, &input.allow_backing)?) {
        Ok(disk) => {
            let facts = inspect::inspect(&shown, &source, &disk).map_err(|error| error.at_path(path))?;
            file.check_unchanged()?;
            return Ok(Examined { facts, failure: None });
        }
        Err(error) if error.kind() == ErrorKind::Io => return Err(error.into()),
        Err(error) => error,
    };
    let facts = inspect::unreadable(&shown, &source, &error);
    Ok(Examined { facts, failure: Some(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_beneath_an_allowed_directory_are_opened() {
        let directory = tempfile::tempdir().unwrap();
        let allowed = directory.path().join("allowed");
        std::fs::create_dir(&allowed).unwrap();
        for name in ["canary", "allowed/base"] {
            std::fs::write(directory.path().join(name), "x").unwrap();
        }
        let image = allowed.join("top.qcow2");
        let closed = Allowed::new(&image, &[]).unwrap();
        let open = Allowed::new(&image, std::slice::from_ref(&allowed)).unwrap();
        assert!(open.open("base").is_ok());
        assert!(open.open(&allowed.join("base").to_string_lossy()).is_ok());
        assert_eq!(closed.open("base").unwrap_err().kind(), ErrorKind::Refused);
        let canary = directory.path().join("canary");
        for name in ["../canary", &canary.to_string_lossy(), "json:{}", "nbd://host", "fd:3", "", "a\0b", "/etc/passwd"]
        {
            assert_eq!(open.open(name).unwrap_err().kind(), ErrorKind::Refused, "{name}");
        }
        assert_eq!(open.opened().len(), 2);
    }
}
