//! A part that is whole.

use super::cutter::Cutter;
use std::fmt;
use storage::{ReadAt, Result, check_range, to_usize};

/// Read where there is no memory.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// A part of the file that is made. To be read as bytes from 0 to its size; its memory is free again when it is dropped.
pub struct Part<'a> {
    pub(super) cutter: &'a Cutter,
    pub(super) done: Done,
}

/// What is in a part.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) number: u32,
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) chunk: u64,
    /// Nothing where all is zeros.
    pub(super) chunks: Vec<Option<Box<[u8]>>>,
    /// Whether its memory is counted with that of the others.
    pub(super) counted: bool,
}

impl Done {
    /// Chunks that others may have when this is let go.
    pub(super) fn room(&self) -> usize {
        if self.counted { self.chunks.iter().flatten().count() } else { 0 }
    }
}

impl Part<'_> {
    /// Counted from 1, in the order of the file.
    pub fn number(&self) -> u32 {
        self.done.number
    }

    /// Where it begins in the file.
    pub fn offset(&self) -> u64 {
        self.done.offset
    }

    /// All bytes, in order, in slices of different lengths.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let slice = self.slice(at)?;
            at += slice.len() as u64;
            Some(slice)
        })
    }

    /// Some of the bytes that begin at `offset` of the part; nothing behind the last.
    fn slice(&self, offset: u64) -> Option<&[u8]> {
        let Done { size, chunk, chunks, .. } = &self.done;
        let (left, number) = (size.checked_sub(offset).filter(|left| *left > 0)?, offset / chunk);
        let within = usize::try_from(offset % chunk).ok()?;
        let most = usize::try_from(left.min(chunk - offset % chunk)).ok()?;
        Some(match usize::try_from(number).ok().and_then(|number| chunks.get(number)?.as_ref()) {
            Some(memory) => &memory[within..within + most],
            None => &ZEROS[..most.min(ZEROS.len())],
        })
    }
}

impl ReadAt for Part<'_> {
    fn size(&self) -> u64 {
        self.done.size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.done.size, offset, buf.len() as u64)?;
        while let Some(slice) = self.slice(offset).filter(|_| !buf.is_empty()) {
            let len = slice.len().min(to_usize(buf.len() as u64)?);
            let (now, rest) = buf.split_at_mut(len);
            now.copy_from_slice(&slice[..len]);
            (buf, offset) = (rest, offset + len as u64);
        }
        Ok(())
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {} of {} bytes at byte {}", self.done.number, self.done.size, self.done.offset)
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        let room = self.done.room();
        let mut chunks: Vec<_> = std::mem::take(&mut self.done.chunks).into_iter().flatten().collect();
        // Who writes next need not wait for this.
        chunks.iter_mut().for_each(|chunk| chunk.fill(0));
        self.cutter.let_go(chunks, room);
    }
}
