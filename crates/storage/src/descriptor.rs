//! An open file, and how it uses the page cache.

use crate::behind::Behind;
use crate::direct::Direct;
use crate::{Cache, Error, Extent, Result, State};
use rustix::fs::{FallocateFlags, OFlags, SeekFrom};
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Zeros written at once where no hole can be made.
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// A regular file or block device, open for positioned reads and writes.
#[derive(Debug)]
pub(crate) struct Descriptor {
    file: fs::File,
    cache: Cache,
    direct: Option<Direct>,
    behind: Option<Behind>,
}

impl Descriptor {
    /// For reading only.
    pub(crate) fn source(file: fs::File, cache: Cache, size: u64) -> Self {
        let behind = if cache == Cache::Behind { Behind::of_source(&file, size) } else { None };
        let direct = cache.is_direct().then(|| Direct::reopen(&file, false, OFlags::NONBLOCK)).flatten();
        Descriptor { file, cache, direct, behind }
    }

    /// For writing and for reading back. `file` was opened with [`flags`](Self::flags).
    pub(crate) fn target(file: fs::File, cache: Cache) -> Self {
        let behind = (cache == Cache::Behind).then(Behind::of_target);
        let flags = Self::flags(cache) | OFlags::NONBLOCK;
        let direct = cache.is_direct().then(|| Direct::reopen(&file, true, flags)).flatten();
        Descriptor { file, cache, direct, behind }
    }

    /// What a target is opened with.
    pub(crate) fn flags(cache: Cache) -> OFlags {
        if cache.is_sync() { OFlags::DSYNC } else { OFlags::empty() }
    }

    pub(crate) fn file(&self) -> &fs::File {
        &self.file
    }

    /// What is not as it was asked for.
    pub(crate) fn note(&self) -> Option<&'static str> {
        (self.cache.is_direct() && self.direct.is_none())
            .then_some("the filesystem refuses direct I/O; the page cache is used")
    }

    pub(crate) fn read(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        match &self.direct {
            Some(direct) => direct.read(&self.file, buf, offset)?,
            None => self.file.read_exact_at(buf, offset)?,
        }
        self.touched(offset, buf.len());
        Ok(())
    }

    pub(crate) fn write(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        match &self.direct {
            Some(direct) => direct.write(&self.file, buf, offset)?,
            None => self.file.write_all_at(buf, offset)?,
        }
        self.touched(offset, buf.len());
        Ok(())
    }

    fn touched(&self, offset: u64, len: usize) {
        if let Some(behind) = &self.behind {
            behind.touched(&self.file, offset.saturating_add(len as u64));
        }
    }

    /// Makes `range` read as zeros: a hole, or where that cannot be made, zeros.
    pub(crate) fn zero(&self, range: Range<u64>) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if rustix::fs::fallocate(&self.file, hole, range.start, range.end - range.start).is_ok() {
            return Ok(());
        }
        let mut at = range.start;
        while at < range.end {
            let len = usize::try_from(range.end - at).unwrap_or(usize::MAX).min(ZEROS.len());
            self.write(&ZEROS[..len], at)?;
            at += len as u64;
        }
        Ok(())
    }

    /// Makes what was written durable, if that is wanted.
    pub(crate) fn flush(&self) -> io::Result<()> {
        if self.cache != Cache::Unsafe {
            self.file.sync_all()?;
        }
        if let Some(behind) = &self.behind {
            behind.all(&self.file);
        }
        Ok(())
    }

    /// The run at `offset` of a regular file of `size` bytes. A filesystem that cannot tell has data everywhere.
    pub(crate) fn extent(&self, size: u64, offset: u64) -> Extent {
        let run = |end: u64, state| Extent { range: offset..end.min(size), state };
        let data = match self.seek(SeekFrom::Data(offset)) {
            Ok(data) => data,
            // No data from here to the end.
            Err(rustix::io::Errno::NXIO) => return run(size, State::Unmapped),
            Err(_) => return run(size, State::Data),
        };
        if data > offset {
            return run(data, State::Unmapped);
        }
        match self.seek(SeekFrom::Hole(offset)) {
            Ok(hole) if hole > offset => run(hole, State::Data),
            _ => run(size, State::Data),
        }
    }

    fn seek(&self, to: SeekFrom) -> rustix::io::Result<u64> {
        rustix::io::retry_on_intr(|| rustix::fs::seek(&self.file, to))
    }
}

/// Length of a block device, of which the filesystem that names it knows nothing.
pub(crate) fn device_size(file: &fs::File) -> Result<u64> {
    rustix::fs::seek(file, SeekFrom::End(0)).map_err(|error| Error::io("has no size", error.into()))
}
