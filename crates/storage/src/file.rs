//! A file or block device of this machine as a source.

use crate::descriptor::{Descriptor, device_size};
use crate::{Cache, Error, Extent, ReadAt, Result, State, check_range};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What tells whether a file is still the one that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// A regular file or block device, opened for reading.
///
/// Read by `pread`, never mapped: a mapped file that shrinks kills the process.
#[derive(Debug)]
pub struct File {
    file: Descriptor,
    path: PathBuf,
    size: u64,
    stamp: Stamp,
    holes: bool,
}

impl File {
    /// Opens `path`. Directories, pipes, sockets and character devices are refused without blocking. What is read stays
    /// in the page cache.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Cache::Writeback)
    }

    /// The same, with the page cache used as asked for.
    pub fn open_with(path: impl AsRef<Path>, cache: Cache) -> Result<Self> {
        let path = path.as_ref();
        Self::open_inner(path, cache).map_err(|error| error.at_path(path))
    }

    fn open_inner(path: &Path, cache: Cache) -> Result<Self> {
        // O_NONBLOCK: opening a FIFO that nobody writes to must not wait. No effect on files and block devices.
        let flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
        Self::examine(opened.map_err(not_opened)?, path, cache)
    }

    /// Opens `name`, a path relative to `directory`, without leaving it: no `..` past it, no links on the way, no
    /// absolute path. For names that an image or a guest gives.
    pub fn open_beneath(directory: &Path, name: &Path) -> Result<Self> {
        let path = directory.join(name);
        Self::open_beneath_inner(directory, name, &path).map_err(|error| error.at_path(&path))
    }

    fn open_beneath_inner(directory: &Path, name: &Path, path: &Path) -> Result<Self> {
        let flags = OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::RDONLY;
        let directory = fs::File::open(directory).map_err(not_opened)?;
        let stay = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let opened = rustix::fs::openat2(&directory, name, flags, Mode::empty(), stay);
        let file = opened.map_err(|error| match error {
            rustix::io::Errno::XDEV | rustix::io::Errno::LOOP => {
                Error::refused("leads out of the directory that is allowed, or through a link")
            }
            other => not_opened(other.into()),
        })?;
        Self::examine(file.into(), path, Cache::Writeback)
    }

    fn examine(file: fs::File, path: &Path, cache: Cache) -> Result<Self> {
        let metadata = file.metadata().map_err(|error| Error::io("cannot be examined", error))?;
        let (size, holes) = match FileType::from_raw_mode(metadata.mode()) {
            FileType::RegularFile => (metadata.size(), true),
            FileType::BlockDevice => (device_size(&file)?, false),
            FileType::Directory => return Err(Error::unsupported("is a directory, not a disk image")),
            FileType::CharacterDevice => {
                return Err(Error::unsupported("is a character device, not a disk image"));
            }
            FileType::Fifo | FileType::Socket => {
                return Err(Error::unsupported("is a pipe or socket; a file that can be read at any place is needed"));
            }
            _ => return Err(Error::unsupported("is neither a file nor a block device")),
        };
        let file = Descriptor::source(file, cache, size);
        Ok(File { file, path: path.to_owned(), size, stamp: Stamp::of(&metadata), holes })
    }

    /// The name it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that the file takes on its filesystem.
    pub fn allocated(&self) -> u64 {
        self.file.file().metadata().map_or(0, |metadata| metadata.blocks().saturating_mul(512))
    }

    /// Device and inode number: the same for two names of one file.
    pub fn identity(&self) -> (u64, u64) {
        (self.stamp.device, self.stamp.inode)
    }

    /// Fails if the file was written to, truncated or grown since it was opened.
    pub fn check_unchanged(&self) -> Result<()> {
        let metadata =
            self.file.file().metadata().map_err(|error| Error::io("cannot be examined", error).at_path(&self.path))?;
        // A block device's times change for reasons that are not its content.
        if self.holes && Stamp::of(&metadata) != self.stamp {
            return Err(Error::refused("the file changed while it was read; stop what writes to it and run again")
                .at_path(&self.path));
        }
        Ok(())
    }

    /// What is not as it was asked for, such as direct I/O.
    pub fn note(&self) -> Option<&str> {
        self.file.note()
    }

    pub(crate) fn descriptor(&self) -> &fs::File {
        self.file.file()
    }
}

fn not_opened(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => Error::not_found("no such file"),
        _ => Error::io("cannot be opened", error),
    }
}

impl ReadAt for File {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64).map_err(|error| error.at_path(&self.path))?;
        self.file.read(buf, offset).map_err(|error| {
            let what = match error.kind() {
                std::io::ErrorKind::UnexpectedEof => "the file became shorter while it was read".to_owned(),
                _ => format!("reading {} bytes at byte {offset}", buf.len()),
            };
            Error::io(what, error).at_path(&self.path)
        })
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size, offset, 1).map_err(|error| error.at_path(&self.path))?;
        if self.holes {
            return Ok(self.file.extent(self.size, offset));
        }
        Ok(Extent { range: offset..self.size, state: State::Data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Extents};
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    #[test]
    fn holes_are_seen() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(8 << 20).unwrap();
        file.as_file().write_all_at(&[1; 4096], 4 << 20).unwrap();
        file.flush().unwrap();
        let source = File::open(file.path()).unwrap();
        let data: u64 =
            Extents::new(&source).map(|run| run.unwrap()).filter(Extent::is_data).map(|run| run.size()).sum();
        assert!((4096..8 << 20).contains(&data), "{data}");
        let mut buf = [0; 2];
        source.read_at(&mut buf, (4 << 20) - 1).unwrap();
        assert_eq!(buf, [0, 1]);
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        for path in ["/", "/dev/null", "/dev/zero"] {
            let error = File::open(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        }
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert_eq!(File::open(&fifo).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(File::open(dir.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn nothing_outside_an_allowed_directory_is_opened() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("allowed");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("base"), "x").unwrap();
        fs::write(directory.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
        assert!(File::open_beneath(&inside, Path::new("base")).is_ok());
        for name in ["../secret", "link", "/etc/passwd", "base/../../secret"] {
            let error = File::open_beneath(&inside, Path::new(name)).unwrap_err();
            assert_ne!(error.kind(), ErrorKind::NotFound, "{name}: {error}");
        }
    }

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(10_000).unwrap();
        let source = File::open(file.path()).unwrap();
        source.check_unchanged().unwrap();
        file.as_file().set_len(100).unwrap();
        assert_eq!(source.read_at(&mut [0; 10], 5_000).unwrap_err().kind(), ErrorKind::Io);
        assert_eq!(source.check_unchanged().unwrap_err().kind(), ErrorKind::Refused);
    }
}
