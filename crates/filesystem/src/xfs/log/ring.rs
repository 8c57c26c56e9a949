//! The log as a ring of blocks of 512 bytes, each of which begins with the number of the pass in which it was written.
//!
//! Specification: XFS Algorithms & Data Structures, "Journaling Log"; where the head is and what a torn write leaves there,
//! as Linux takes it at a mount.

use super::record::{self, Record};
use crate::field::be32;
use storage::{Error, ReadAt, Result, read_array, read_vec};

pub(super) const BLOCK: u64 = 512;
/// Blocks of the longest record: 256 KiB and eight headers.
pub(super) const MAX_RECORD: u64 = 512 + 8;
/// Records that may be on their way to the log at once: so many may be torn, or written out of order.
pub(super) const IN_FLIGHT: u64 = 8;

/// A log on its volume.
pub(super) struct Ring<'a> {
    pub(super) volume: &'a dyn ReadAt,
    /// Where it begins, in bytes.
    pub(super) at: u64,
    /// Blocks.
    pub(super) len: u64,
}

impl Ring<'_> {
    /// `count` blocks from `block` on, around the end.
    pub(super) fn read(&self, block: u64, count: u64) -> Result<Vec<u8>> {
        let first = block % self.len;
        let before_end = count.min(self.len - first);
        let mut bytes = read_vec(self.volume, self.at + first * BLOCK, before_end * BLOCK)?;
        if before_end < count {
            bytes.extend(read_vec(self.volume, self.at, (count - before_end).min(self.len) * BLOCK)?);
        }
        Ok(bytes)
    }

    /// Blocks from `from` on to `to`.
    pub(super) fn distance(&self, from: u64, to: u64) -> u64 {
        (to % self.len + self.len - from % self.len) % self.len
    }

    /// The pass in which a block was written.
    fn pass(&self, block: u64) -> Result<u32> {
        Ok(pass(&read_array::<8>(self.volume, self.at + block * BLOCK)?))
    }

    /// The first block that `is_after`, if those before it are not and all behind it are; `len` if there is none.
    fn first(&self, is_after: impl Fn(u32) -> bool) -> Result<u64> {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            match is_after(self.pass(middle)?) {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        Ok(low)
    }

    /// The block that would be written next; none in a log that was never written.
    pub(super) fn head(&self) -> Result<Option<u64>> {
        let (first, last) = (self.pass(0)?, self.pass(self.len - 1)?);
        let (head, stale) = match (first, last) {
            (0, _) => return Ok(None),
            (_, 0) => (self.first(|pass| pass == 0)?, 0),
            _ if first == last => (self.len, last.wrapping_sub(1)),
            _ if first == last.wrapping_add(1) => (self.first(|pass| pass != first)?, last),
            _ => return Err(Error::corrupt(self.at, "XFS log: it begins and ends in passes that do not follow each other")),
        };
        Ok(Some(self.before_holes(head, stale)? % self.len))
    }

    /// Before the head, blocks of the pass before may have been left where a write did not reach them.
    fn before_holes(&self, head: u64, stale: u32) -> Result<u64> {
        let window = (IN_FLIGHT * MAX_RECORD).min(self.len);
        let start = head + self.len - window;
        let blocks = self.read(start, window)?;
        let hole = blocks.chunks_exact(512).zip(start..).find(|(block, at)| {
            // What lies around the end is of the pass before by right.
            let stale = if *at < self.len { stale.wrapping_sub(1) } else { stale };
            pass(block) == stale
        });
        Ok(hole.map_or(head, |(_, at)| at))
    }

    /// The last record that begins before `head`, and its first block.
    pub(super) fn last_before(&self, head: u64) -> Result<Option<Record>> {
        let window = MAX_RECORD.min(self.len);
        let start = head + self.len - window;
        let blocks = self.read(start, window)?;
        let found = blocks.chunks_exact(512).rposition(|block| block.starts_with(record::MAGIC));
        found.map(|at| Record::read(self, (start + at as u64) % self.len)).transpose()
    }
}

/// The pass that stands in a block; a record's header has its magic number first.
fn pass(block: &[u8]) -> u32 {
    match block.starts_with(record::MAGIC) {
        true => be32(block, 4),
        false => be32(block, 0),
    }
}
