//! The files that are uploaded, and the one that tells how far that is.

use crate::exit::{Exit, Failure};
use crate::image::open_file;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{File, ReadAt};

/// Image files, open from before they were judged until their objects are whole.
pub(super) struct Files(Vec<Arc<File>>);

impl Files {
    /// Opens them. What is uploaded is read more than once, and so it lies on this machine.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        let open = |path: &PathBuf| {
            if path == Path::new("-") || path.to_string_lossy().contains("://") {
                return Err(Failure::usage(format!(
                    "{}: is no file of this machine; what is uploaded is read more than once, so keep it in a file",
                    path.display()
                )));
            }
            open_file(path)
        };
        paths.iter().map(open).collect::<Result<_, _>>().map(Files)
    }

    /// Their bytes.
    pub(super) fn sources(&self) -> impl Iterator<Item = &dyn ReadAt> {
        self.0.iter().map(|file| &**file as &dyn ReadAt)
    }

    /// Fails if one was written to since it was opened.
    pub(super) fn check_unchanged(&self) -> storage::Result<()> {
        self.0.iter().try_for_each(|file| file.check_unchanged())
    }

    /// Fails if those of the names are others than were opened, or were written to while they were judged.
    pub(super) fn check_same(&self, paths: &[PathBuf]) -> Result<(), Failure> {
        for (file, path) in self.0.iter().zip(paths) {
            file.check_unchanged()?;
            if open_file(path)?.identity() != file.identity() {
                let what = format!("{}: was replaced while it was judged; run the same command again", path.display());
                return Err(Failure::new(Exit::Temporary, what));
            }
        }
        Ok(())
    }
}

/// Where journals are kept: in the state directory of the user.
pub(super) fn journals() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
    let directory = state.map(|state| state.join("bootworthy")).ok_or_else(|| {
        Failure::usage("neither XDG_STATE_HOME nor HOME is set: say with --journal where to write down how far it is")
    })?;
    std::fs::create_dir_all(&directory).map_err(|error| Failure::from(error).about(&directory))?;
    Ok(directory)
}
