//! The bytes of a part as the body of a request: paced, stoppable, and summed once more as they go.

use super::pace::Pace;
use super::progress::Progress;
use crate::crc64::Crc64;
use crate::error::{Error, Result};
use crate::hash::RunningMd5;
use crate::http::Unread;
use crate::stop::Stop;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use storage::ReadAt;

/// Bytes that are read at once.
const BLOCK: usize = 256 << 10;
/// Bytes that are let through at once, so that a slow rate is a steady one.
const PACED: usize = 16 << 10;

/// The checksums of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
    pub(super) size: u64,
}

/// What all parts of an upload share.
pub(super) struct Shared<'a> {
    pub(super) stop: &'a Stop,
    /// Another part failed for good.
    pub(super) halted: AtomicBool,
    pub(super) pace: Pace,
    pub(super) progress: &'a dyn Progress,
}

/// Bytes that are read at places.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) source: &'a dyn ReadAt,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Shared<'_> {
    pub(super) fn check(&self) -> Result<()> {
        if self.halted.load(Ordering::SeqCst) { Err(Error::stopped()) } else { self.stop.check() }
    }

    /// Reads a piece for its checksums.
    pub(super) fn sum(&self, piece: Piece<'_>) -> Result<Sums> {
        let (mut md5, mut crc) = (RunningMd5::default(), Crc64::new());
        self.read(piece, |block| {
            md5.update(block);
            crc.update(block);
        })?;
        Ok(Sums { md5: md5.finish(), crc64: crc.finish(), size: piece.end - piece.start })
    }

    /// Reads a piece for its CRC-64/XZ alone: the MD5 costs several times as much, and only parts that are sent need it.
    pub(super) fn crc64(&self, piece: Piece<'_>) -> Result<u64> {
        let mut crc = Crc64::new();
        self.read(piece, |block| crc.update(block))?;
        Ok(crc.finish())
    }

    fn read(&self, piece: Piece<'_>, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut block = vec![0; BLOCK];
        let mut at = piece.start;
        while at < piece.end {
            self.check()?;
            let len = usize::try_from(piece.end - at).unwrap_or(BLOCK).min(BLOCK);
            piece.source.read_at(&mut block[..len], at).map_err(Error::source)?;
            take(&block[..len]);
            at += len as u64;
        }
        Ok(())
    }
}

impl<'a> Piece<'a> {
    pub(super) fn whole(source: &'a dyn ReadAt) -> Self {
        Piece { source, start: 0, end: source.size() }
    }
}

/// A reader of one part.
pub(super) struct PartBody<'a, 'b> {
    shared: &'a Shared<'b>,
    source: &'a dyn ReadAt,
    range: Range<u64>,
    start: u64,
    block: Vec<u8>,
    /// What of the block was not given yet.
    left: Range<usize>,
    crc: Crc64,
    /// How much of this part was counted as sent, in this attempt or an earlier one.
    counted: &'a mut u64,
}

impl<'a, 'b> PartBody<'a, 'b> {
    pub(super) fn new(shared: &'a Shared<'b>, piece: Piece<'a>, counted: &'a mut u64) -> Self {
        let Piece { source, start, end } = piece;
        PartBody {
            shared,
            source,
            range: start..end,
            start,
            block: vec![0; BLOCK],
            left: 0..0,
            crc: Crc64::new(),
            counted,
        }
    }

    /// The checksum of all that was read, if that is the whole part.
    pub(super) fn sum(&self) -> Option<u64> {
        self.range.is_empty().then(|| self.crc.finish())
    }

    fn fill(&mut self) -> io::Result<()> {
        let len = usize::try_from(self.range.end - self.range.start).unwrap_or(BLOCK).min(BLOCK);
        let read = self.source.read_at(&mut self.block[..len], self.range.start);
        read.map_err(|error| Unread::Source(Error::source(error).to_string()))?;
        self.crc.update(&self.block[..len]);
        self.range.start += len as u64;
        self.left = 0..len;
        Ok(())
    }

    /// Only what is beyond all that was counted before counts.
    fn count(&mut self) {
        let given = self.range.start - self.start - self.left.len() as u64;
        if given > *self.counted {
            self.shared.progress.sent(given - *self.counted);
            *self.counted = given;
        }
    }
}

impl Read for PartBody<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.shared.check().map_err(|_| Unread::Stopped)?;
        if self.left.is_empty() {
            self.fill()?;
        }
        let most = if self.shared.pace.is_limited() { PACED } else { BLOCK };
        let len = self.left.len().min(buf.len()).min(most);
        let wait = self.shared.pace.wait(len, Instant::now());
        if !wait.is_zero() {
            self.shared.stop.sleep(wait).map_err(|_| Unread::Stopped)?;
        }
        buf[..len].copy_from_slice(&self.block[self.left.start..self.left.start + len]);
        self.left.start += len;
        self.count();
        Ok(len)
    }
}
