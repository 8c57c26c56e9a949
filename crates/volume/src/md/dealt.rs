//! Bytes that lie on several members: one behind the other, or in stripes.

use std::sync::Arc;
use storage::{Error, Extent, ReadAt, Result, Slice, Source, State, check_range, to_usize};

/// What a member contributes, of which the end may be missing.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) slice: Arc<Slice>,
    /// Length by the superblock.
    pub(super) size: u64,
}

impl ReadAt for Part {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.slice.read_at(buf, offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        if offset >= self.slice.size() {
            check_range(self.size, offset, 1)?;
            // Reading it fails.
            return Ok(Extent { range: offset..self.size, state: State::Data });
        }
        self.slice.extent_at(offset)
    }
}

/// Members as one.
#[derive(Debug)]
pub(super) struct Dealt {
    /// Each with the byte of the whole where it ends, if they lie one behind the other.
    parts: Vec<(Source, u64)>,
    /// Length of a stripe, in bytes; all parts are of one length then, which is a multiple of it.
    chunk: Option<u64>,
    size: u64,
}

impl Dealt {
    pub(super) fn joined(parts: Vec<Source>) -> Dealt {
        let mut size = 0_u64;
        let parts = parts.into_iter().map(|part| {
            size = size.saturating_add(part.size());
            (part, size)
        });
        Dealt { parts: parts.collect(), chunk: None, size }
    }

    /// `chunk` is not 0, and the parts are of one length.
    pub(super) fn striped(parts: Vec<Source>, chunk: u64) -> Dealt {
        let size = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.size()));
        Dealt { parts: parts.into_iter().map(|part| (part, size)).collect(), chunk: Some(chunk), size }
    }

    /// The member that holds a byte, where it is there, and for how many bytes it goes on.
    fn place(&self, offset: u64) -> Result<(&Source, u64, u64)> {
        let Some(chunk) = self.chunk else {
            let index = self.parts.partition_point(|(_, end)| *end <= offset);
            let (part, end) =
                self.parts.get(index).ok_or_else(|| Error::corrupt(offset, "past the end of an array"))?;
            return Ok((part, part.size() - (end - offset), end - offset));
        };
        let (stripe, byte) = (offset / chunk, offset % chunk);
        let count = self.parts.len() as u64;
        let (part, _) = &self.parts[to_usize(stripe % count)?];
        Ok((part, stripe / count * chunk + byte, chunk - byte))
    }
}

impl ReadAt for Dealt {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        while !buf.is_empty() {
            let (part, at, left) = self.place(offset)?;
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
            let (head, rest) = buf.split_at_mut(len);
            part.read_at(head, at)?;
            (buf, offset) = (rest, offset + len as u64);
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size, offset, 1)?;
        let (part, at, left) = self.place(offset)?;
        let below = part.extent_at(at)?;
        Ok(Extent { range: offset..offset + (below.range.end - at).min(left), state: below.state })
    }
}
