//! A file or block device that is there already, as a target.

use crate::descriptor::{Descriptor, device_size};
use crate::{Cache, Error, Extent, ReadAt, Result, State, WriteAt, check_range};
use rustix::fs::OFlags;
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A regular file or block device that is overwritten where it is: neither created nor cut to a length.
///
/// A block device that is mounted, or belongs to a volume group or an array, is refused. Nothing protects the old
/// content: what was begun and not finished is rubbish.
#[derive(Debug)]
pub struct ExistingFile {
    file: Descriptor,
    path: PathBuf,
    size: u64,
    identity: (u64, u64),
    regular: bool,
}

impl ExistingFile {
    /// Opens what `path` names. What is written stays in the page cache.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Cache::Writeback)
    }

    /// The same, with the page cache used as asked for.
    pub fn open_with(path: impl AsRef<Path>, cache: Cache) -> Result<Self> {
        let path = path.as_ref();
        Self::open_inner(path, cache).map_err(|error| error.at_path(path))
    }

    fn open_inner(path: &Path, cache: Cache) -> Result<Self> {
        let named = fs::metadata(path).map_err(not_opened)?;
        let device = named.file_type().is_block_device();
        if !device && !named.is_file() {
            return Err(Error::refused("is neither a file nor a block device"));
        }
        // Linux: O_EXCL without O_CREAT claims a block device, and fails where something else has claimed it.
        let claim = if device { OFlags::EXCL } else { OFlags::empty() };
        let flags = Descriptor::flags(cache) | claim | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = fs::OpenOptions::new().read(true).write(true).custom_flags(flags.bits().cast_signed()).open(path);
        let file = opened.map_err(not_opened)?;
        let metadata = file.metadata().map_err(|error| Error::io("cannot be examined", error))?;
        if (metadata.dev(), metadata.ino()) != (named.dev(), named.ino()) {
            return Err(Error::refused("was replaced while it was opened; run again"));
        }
        let size = if device { device_size(&file)? } else { metadata.size() };
        Ok(ExistingFile {
            file: Descriptor::target(file, cache),
            path: path.to_owned(),
            size,
            identity: (metadata.dev(), metadata.ino()),
            regular: !device,
        })
    }

    /// The name it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Device and inode number, to be compared with those of the source.
    pub fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// What is not as it was asked for, such as direct I/O.
    pub fn note(&self) -> Option<&str> {
        self.file.note()
    }

    /// Makes what was written durable.
    pub fn commit(self) -> Result<()> {
        self.flush()
    }

    fn flush(&self) -> Result<()> {
        self.file.flush().map_err(|error| self.failed("flushing to disk", error))
    }

    fn failed(&self, what: impl Into<String>, error: io::Error) -> Error {
        Error::io(what, error).at_path(&self.path)
    }

    fn check(&self, offset: u64, len: u64) -> Result<()> {
        check_range(self.size, offset, len).map_err(|error| error.at_path(&self.path))
    }
}

fn not_opened(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::not_found("no such file; without -n it is created"),
        io::ErrorKind::ResourceBusy => {
            Error::refused("is in use: mounted, or part of a volume group or array; free it first")
        }
        _ => Error::io("cannot be opened for writing", error),
    }
}

impl ReadAt for ExistingFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.check(offset, buf.len() as u64)?;
        let read = self.file.read(buf, offset);
        read.map_err(|error| self.failed(format!("reading {} bytes back at byte {offset}", buf.len()), error))
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.check(offset, 1)?;
        if self.regular {
            return Ok(self.file.extent(self.size, offset));
        }
        Ok(Extent { range: offset..self.size, state: State::Data })
    }
}

impl WriteAt for ExistingFile {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.check(offset, buf.len() as u64)?;
        let written = self.file.write(buf, offset);
        written.map_err(|error| self.failed(format!("writing {} bytes at byte {offset}", buf.len()), error))
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        self.check(range.start, range.end.saturating_sub(range.start))?;
        let wiped = self.file.zero(range.clone());
        wiped.map_err(|error| self.failed(format!("wiping bytes {}..{}", range.start, range.end), error))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.flush()
    }
}
