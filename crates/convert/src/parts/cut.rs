//! Where parts begin, and the memory they are put together in.

use std::ops::Range;
use storage::{Error, Result, to_usize};

/// Memory is taken in pieces of at most this many bytes.
const CHUNK: u64 = 256 << 10;

/// The first part is a multiple of this long where it is one of its own: stores refuse parts below 100 KiB.
const HEAD: u64 = 128 << 10;

/// Parts in memory that are not whole, at most: the one that is being written, and two in which the rest of a cluster
/// may be.
const BEGUN: u64 = 3;

/// What is foretold at once, at most: a segment with a cluster on either side, and metadata that was gathered.
const ONE_TURN: u64 = 12 << 20;

/// How to cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of each part, but for the last, and for the first where that is what is written last.
    pub part_size: u64,
    /// Bytes of memory for all parts that are in it, from the first byte written until they are let go. At least
    /// [`least_memory`](Self::least_memory), and half a megabyte more than is in front of the image and written last.
    pub memory: u64,
}

/// Parts of 16 MiB, and room for four.
impl Default for Cut {
    fn default() -> Self {
        Cut { part_size: 16 << 20, memory: 64 << 20 }
    }
}

impl Cut {
    /// Memory without which a conversion into parts of that size might not go on.
    pub const fn least_memory(part_size: u64) -> u64 {
        part_size.saturating_mul(BEGUN).saturating_add(ONE_TURN)
    }

    /// How many parts an image of `len` bytes has, at most.
    pub const fn most_parts(part_size: u64, len: u64) -> u64 {
        len.div_ceil(if part_size == 0 { 1 } else { part_size }).saturating_add(1)
    }
}

/// What is where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    part_size: u64,
    /// Bytes of the first part, if it is of another length.
    head: Option<u64>,
    chunk: u64,
}

impl Geometry {
    pub(super) fn new(part_size: u64) -> Result<Self> {
        if part_size == 0 {
            return Err(Error::refused("parts of no bytes"));
        }
        Ok(Geometry { part_size, head: None, chunk: part_size.div_ceil(part_size.div_ceil(CHUNK)) })
    }

    /// Makes what is in front a part of its own.
    pub(super) fn reserve(&mut self, end: u64) -> Result<()> {
        self.head = Some(end.checked_next_multiple_of(HEAD).ok_or_else(|| Error::out_of_memory(end))?);
        Ok(())
    }

    /// Whether part `i`, counted from 0, is passed on last.
    pub(super) fn is_head(&self, i: u64) -> bool {
        i == 0 && self.head.is_some()
    }

    /// Chunks of what is in front.
    pub(super) fn head_chunks(&self) -> u64 {
        self.head.unwrap_or(0).div_ceil(self.chunk)
    }

    pub(super) fn chunk(&self) -> u64 {
        self.chunk
    }

    /// Which part a byte is in.
    pub(super) fn part_at(&self, offset: u64) -> u64 {
        match self.head {
            None => offset / self.part_size,
            Some(head) if offset < head => 0,
            Some(head) => 1 + (offset - head) / self.part_size,
        }
    }

    /// Where a part is.
    pub(super) fn range(&self, i: u64) -> Range<u64> {
        let (head, before) = match self.head {
            None => (0, i),
            Some(head) if i == 0 => return 0..head,
            Some(head) => (head, i - 1),
        };
        let start = head.saturating_add(before.saturating_mul(self.part_size));
        start..start.saturating_add(self.part_size)
    }

    /// What a range has of each part.
    pub(super) fn split(self, range: Range<u64>) -> impl Iterator<Item = (u64, Range<u64>)> {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let part = self.part_at(at);
            let found = at..self.range(part).end.min(range.end);
            at = found.end;
            (!found.is_empty()).then_some((part, found))
        })
    }

    /// What a range within part `i` has of each chunk: the number of the chunk, and the range in it.
    pub(super) fn chunks(self, i: u64, range: Range<u64>) -> Result<Vec<(usize, Range<usize>)>> {
        let start = self.range(i).start;
        let (mut at, end) = (range.start - start, range.end - start);
        let mut chunks = Vec::new();
        while at < end {
            let (number, within) = (at / self.chunk, at % self.chunk);
            let len = (self.chunk - within).min(end - at);
            chunks.push((to_usize(number)?, to_usize(within)?..to_usize(within + len)?));
            at += len;
        }
        Ok(chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_side_by_side() {
        for (size, reserved) in [(100, 0), (100 << 10, 1), (16 << 20, 3 << 20), (300_000, 131_072)] {
            let mut geometry = Geometry::new(size).unwrap();
            if reserved > 0 {
                geometry.reserve(reserved).unwrap();
                assert!(geometry.range(0).end >= reserved && geometry.range(0).end >= 100 << 10);
            }
            assert!(geometry.chunk() <= CHUNK && geometry.chunk() * size.div_ceil(CHUNK) >= size);
            for i in 0..20 {
                let range = geometry.range(i);
                assert_eq!((geometry.part_at(range.start), geometry.part_at(range.end - 1)), (i, i));
                assert_eq!(geometry.range(i + 1).start, range.end);
                assert!(geometry.is_head(i) || range.end - range.start == size);
            }
            let all = geometry.range(0).end / 2..geometry.range(7).end + 1;
            let split: Vec<_> = geometry.split(all.clone()).collect();
            assert!(split.len() == 9 && split[0].1.start == all.start && split[8].1.end == all.end);
            for (i, range) in split {
                let chunks = geometry.chunks(i, range.clone()).unwrap();
                let len: usize = chunks.iter().map(|(_, within)| within.len()).sum();
                assert_eq!(len as u64, range.end - range.start);
            }
        }
        assert!(Geometry::new(0).is_err());
    }
}
