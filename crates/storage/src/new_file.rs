//! A file that appears under its name only when it is complete.

use crate::descriptor::Descriptor;
use crate::{Cache, Error, Extent, File, ReadAt, Result, WriteAt, check_range};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use std::fs;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A new file, written without a name (`O_TMPFILE`), so that nothing is left behind even by `kill -9`; where the
/// filesystem cannot do that, under a temporary name beside the target that is removed when this is dropped.
///
/// [`commit`](Self::commit) makes it durable and gives it its name. Clones of the writing side are made by sharing it
/// in an `Arc`.
#[derive(Debug)]
pub struct NewFile {
    file: Descriptor,
    target: PathBuf,
    naming: Naming,
    temporary: Option<PathBuf>,
    written_to: AtomicU64,
}

/// How a file gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Naming {
    /// None may be there.
    New,
    /// Whatever is there gives way.
    Replace,
    /// It never has one.
    Never,
}

impl NewFile {
    /// Begins a file that will be called `target`. An existing one is refused unless `replace`; it stays untouched
    /// until [`commit`](Self::commit). What is written stays in the page cache.
    pub fn create(target: impl AsRef<Path>, replace: bool) -> Result<Self> {
        Self::create_with(target, replace, Cache::Writeback)
    }

    /// The same, with the page cache used as asked for.
    pub fn create_with(target: impl AsRef<Path>, replace: bool, cache: Cache) -> Result<Self> {
        let target = target.as_ref();
        Self::create_inner(target, replace, cache).map_err(|error| error.at_path(target))
    }

    /// A file in `directory` that has no name and never gets one: gone when it is dropped.
    pub fn scratch(directory: impl AsRef<Path>) -> Result<Self> {
        let target = directory.as_ref().join("scratch file");
        let (file, temporary) = open_unnamed(&target, Cache::Unsafe).map_err(|error| error.at_path(&directory))?;
        if let Some(name) = temporary {
            fs::remove_file(&name).map_err(|error| Error::io("cannot be removed", error).at_path(&name))?;
        }
        Ok(Self::new(Descriptor::target(file, Cache::Unsafe), target, None, Naming::Never))
    }

    fn create_inner(target: &Path, replace: bool, cache: Cache) -> Result<Self> {
        match fs::symlink_metadata(target) {
            Ok(there) if there.is_dir() => return Err(Error::refused("is a directory")),
            Ok(there) if !there.is_file() && !there.is_symlink() => {
                return Err(Error::refused("exists and is not a regular file"));
            }
            Ok(_) if !replace => return Err(Error::refused("exists already; --force replaces it")),
            _ => {}
        }
        // Replacing through a symbolic link replaces what it points to, not the link.
        let target = if target.is_symlink() {
            fs::canonicalize(target).unwrap_or_else(|_| target.to_owned())
        } else {
            target.to_owned()
        };
        let (file, temporary) = open_unnamed(&target, cache)?;
        let naming = if replace { Naming::Replace } else { Naming::New };
        Ok(Self::new(Descriptor::target(file, cache), target, temporary, naming))
    }

    fn new(file: Descriptor, target: PathBuf, temporary: Option<PathBuf>, naming: Naming) -> Self {
        NewFile { file, target, naming, temporary, written_to: AtomicU64::new(0) }
    }

    /// Makes this file the same as `source`, sharing its blocks, where the filesystem can do that at once (`FICLONE`);
    /// otherwise nothing has happened. What the source holds as zeros stays as it is.
    pub fn clone_from(&self, source: &File) -> Result<bool> {
        use rustix::io::Errno;
        match rustix::fs::ioctl_ficlone(self.file.file(), source.descriptor()) {
            Ok(()) => {
                self.written_to.fetch_max(source.size(), Ordering::Relaxed);
                Ok(true)
            }
            // The disk is full, or broken: another way of copying will not do better.
            Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::IO)) => {
                Err(self.failed("cloning the source", error.into()))
            }
            Err(_) => Ok(false),
        }
    }

    /// What is not as it was asked for, such as direct I/O.
    pub fn note(&self) -> Option<&str> {
        self.file.note()
    }

    /// Cuts the file to this length, or gives it this length with a hole at its end.
    pub(crate) fn set_len(&self, len: u64) -> Result<()> {
        self.file.file().set_len(len).map_err(|error| self.failed(format!("making it {len} bytes long"), error))
    }

    /// The name it will have.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Makes the file durable and gives it its name, replacing what was there if that was asked for.
    pub fn commit(mut self) -> Result<()> {
        if self.naming == Naming::Never {
            return Err(self.failed("naming it", std::io::ErrorKind::Unsupported.into()));
        }
        self.flush()?;
        let result = self.name_it();
        result.map_err(|error| error.at_path(&self.target))?;
        // The name itself must survive a power cut. Not every filesystem can sync a directory: that is its affair.
        if let Ok(directory) = fs::File::open(directory_of(&self.target)) {
            let _ = directory.sync_all();
        }
        Ok(())
    }

    fn name_it(&mut self) -> Result<()> {
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Error::refused("appeared while it was being written; it was left alone")
            }
            _ => Error::io("cannot be given its name", error),
        };
        let own_name = format!("/proc/self/fd/{}", self.file.file().as_raw_fd());
        let link = |to: &Path| {
            rustix::fs::linkat(CWD, &own_name, CWD, to, AtFlags::SYMLINK_FOLLOW).map_err(|error| failed(error.into()))
        };
        if self.temporary.is_none() {
            if self.naming == Naming::New {
                return link(&self.target);
            }
            let temporary = temporary_name(&self.target);
            link(&temporary)?;
            self.temporary = Some(temporary);
        }
        let temporary = self.temporary.clone().expect("set above");
        if self.naming == Naming::Replace {
            fs::rename(&temporary, &self.target).map_err(failed)?;
        } else {
            fs::hard_link(&temporary, &self.target).map_err(failed)?;
            fs::remove_file(&temporary).map_err(failed)?;
        }
        self.temporary = None;
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        self.file.flush().map_err(|error| self.failed("flushing to disk", error))
    }

    fn failed(&self, what: impl Into<String>, error: std::io::Error) -> Error {
        Error::io(what, error).at_path(&self.target)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// A file without a name in the directory of `target`; where that is not possible, with the temporary name given.
fn open_unnamed(target: &Path, cache: Cache) -> Result<(fs::File, Option<PathBuf>)> {
    let (directory, sync) = (directory_of(target), Descriptor::flags(cache));
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::TMPFILE | sync;
    if let Ok(fd) = rustix::fs::open(directory, flags, Mode::from_raw_mode(0o666)) {
        return Ok((fd.into(), None));
    }
    let temporary = temporary_name(target);
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true).custom_flags(sync.bits().cast_signed());
    match options.open(&temporary) {
        Ok(file) => Ok((file, Some(temporary))),
        Err(error) => Err(Error::io(format!("no file can be created in {}", directory.display()), error)),
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn temporary_name(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.partial", std::process::id()))
}

impl ReadAt for NewFile {
    fn size(&self) -> u64 {
        self.file.file().metadata().map_or(0, |metadata| metadata.len())
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        let read = self.file.read(buf, offset);
        read.map_err(|error| self.failed(format!("reading {} bytes back at byte {offset}", buf.len()), error))
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let size = self.size();
        check_range(size, offset, 1).map_err(|error| error.at_path(&self.target))?;
        Ok(self.file.extent(size, offset))
    }
}

impl WriteAt for NewFile {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.written_to.fetch_max(offset.saturating_add(buf.len() as u64), Ordering::Relaxed);
        let written = self.file.write(buf, offset);
        written.map_err(|error| self.failed(format!("writing {} bytes at byte {offset}", buf.len()), error))
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        // A new file is zeros wherever nothing was written.
        if range.start >= self.written_to.load(Ordering::Relaxed) {
            return Ok(());
        }
        let wiped = self.file.zero(range.clone());
        wiped.map_err(|error| self.failed(format!("wiping bytes {}..{}", range.start, range.end), error))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.flush()
    }
}
