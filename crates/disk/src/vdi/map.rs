//! The block map: one number for each block of the disk, kept as runs.
//!
//! A run takes 8 bytes in memory, and a disk that was written in order has few of them. The worst map takes twice its
//! size in the file, and is never longer than that.

use super::BLOCK;
use super::header::Header;
use crate::fields::le32;
use std::ops::Range;
use storage::{Error, ReadAt, Result, check_range, to_usize};

/// Entry of a block that was never written.
const FREE: u32 = 0xffff_ffff;

/// Entry of a block of zeros.
const ZERO: u32 = 0xffff_fffe;

/// Bytes of the map that are read at once.
const PIECE: u64 = 1 << 20;

/// Where a run of blocks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Free,
    Zero,
    /// From this byte of the file on.
    At(u64),
}

/// Runs of blocks in order, without gaps.
#[derive(Debug)]
pub(super) struct Map {
    blocks: u32,
    data_offset: u64,
    /// First block of each run.
    starts: Vec<u32>,
    /// Its entry.
    entries: Vec<u32>,
}

impl Map {
    fn push(&mut self, block: u32, entry: u32) {
        if let (Some(&start), Some(&first)) = (self.starts.last(), self.entries.last()) {
            let continued = match first {
                FREE | ZERO => entry == first,
                _ => first.checked_add(block - start) == Some(entry) && entry < ZERO,
            };
            if continued {
                return;
            }
        }
        self.starts.push(block);
        self.entries.push(entry);
    }

    /// The run that the block at byte `offset` of the disk lies in: its range in bytes, and where it begins in the
    /// file. The last run may reach past the end of the disk.
    pub(super) fn run(&self, offset: u64) -> (Range<u64>, Place) {
        let block = offset / BLOCK;
        let i = self.starts.partition_point(|&start| u64::from(start) <= block).saturating_sub(1);
        let end = self.starts.get(i + 1).copied().unwrap_or(self.blocks);
        let place = match self.entries[i] {
            FREE => Place::Free,
            ZERO => Place::Zero,
            entry => Place::At(self.data_offset + u64::from(entry) * BLOCK),
        };
        (u64::from(self.starts[i]) * BLOCK..u64::from(end) * BLOCK, place)
    }
}

/// A map, and what was counted on the way.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) map: Map,
    pub(super) allocated: u64,
    /// Blocks that do not lie behind the one before them.
    pub(super) fragmented: u64,
    /// Where the last block of the file that is in use ends.
    pub(super) end: u64,
}

/// Reads and judges the map. What is wrong goes to `found`, which ends the reading by an error; an entry that it lets
/// pass is left out.
pub(super) fn read(file: &dyn ReadAt, header: &Header, found: &mut dyn FnMut(Error) -> Result<()>) -> Result<Counted> {
    let len = u64::from(header.blocks) * 4;
    refuse_overlap(header, len)?;
    check_range(file.size(), header.map_offset, len)
        .map_err(|error| error.within("the VDI's block map reaches past the end of the file; truncated?"))?;
    let mut reader = Reader::new(file, header);
    let mut piece = vec![0; to_usize(len.min(PIECE))?];
    let mut block = 0;
    for start in (0..len).step_by(to_usize(PIECE)?) {
        let piece = &mut piece[..to_usize((len - start).min(PIECE))?];
        file.read_at(piece, header.map_offset + start)?;
        for entry in piece.chunks_exact(4) {
            reader.take(block, le32(entry, 0), found)?;
            block += 1;
        }
    }
    reader.finish(found)
}

/// Header, map and data must lie apart.
fn refuse_overlap(header: &Header, len: u64) -> Result<()> {
    if header.map_offset < header.end {
        let what = format!("VDI header: the block map begins at byte {}, inside the header", header.map_offset);
        return Err(Error::corrupt(340, what));
    }
    if header.data_offset < header.map_offset + len {
        let what = format!(
            "VDI header: the blocks begin at byte {}, before the block map ends at byte {}",
            header.data_offset,
            header.map_offset + len
        );
        return Err(Error::corrupt(344, what));
    }
    Ok(())
}

/// Takes entries one by one.
struct Reader<'a> {
    header: &'a Header,
    file_size: u64,
    /// Which blocks of the file are taken, a bit each. No more than the file can hold.
    taken: Vec<u64>,
    counted: Counted,
    next: u32,
}

impl<'a> Reader<'a> {
    fn new(file: &dyn ReadAt, header: &'a Header) -> Self {
        let held = file.size().saturating_sub(header.data_offset).div_ceil(BLOCK).min(u64::from(header.blocks));
        let words = usize::try_from(held.div_ceil(64)).expect("at most 2^26 words");
        let map =
            Map { blocks: header.blocks, data_offset: header.data_offset, starts: Vec::new(), entries: Vec::new() };
        let counted = Counted { map, allocated: 0, fragmented: 0, end: header.data_offset };
        Reader { header, file_size: file.size(), taken: vec![0; words], counted, next: 0 }
    }

    fn take(&mut self, block: u32, entry: u32, found: &mut dyn FnMut(Error) -> Result<()>) -> Result<()> {
        if entry < ZERO {
            if let Some(what) = self.fault(block, entry) {
                let at = self.header.map_offset + u64::from(block) * 4;
                found(Error::corrupt(at, format!("VDI block map: {what}")))?;
                self.counted.map.push(block, FREE);
                return Ok(());
            }
            self.counted.allocated += 1;
            self.counted.fragmented += u64::from(entry != self.next);
            self.next = entry + 1;
            self.counted.end =
                self.counted.end.max(self.header.data_offset + (u64::from(entry) + 1) * BLOCK).min(self.file_size);
        }
        self.counted.map.push(block, entry);
        Ok(())
    }

    /// Why `entry` cannot be where `block` is. Marks the place as taken.
    fn fault(&mut self, block: u32, entry: u32) -> Option<String> {
        if entry >= self.header.blocks {
            return Some(format!("block {block} has number {entry}, and there are {} blocks", self.header.blocks));
        }
        let start = self.header.data_offset + u64::from(entry) * BLOCK;
        let used = BLOCK.min(self.header.size() - u64::from(block) * BLOCK);
        if start + used > self.file_size {
            let size = self.file_size;
            return Some(format!(
                "block {block} at byte {start} reaches past byte {size}, where the file ends; truncated?"
            ));
        }
        let word = usize::try_from(entry / 64).ok().and_then(|i| self.taken.get_mut(i))?;
        let bit = 1 << (entry % 64);
        let twice = *word & bit != 0;
        *word |= bit;
        twice.then(|| format!("block {block} has number {entry}, as another block has"))
    }

    fn finish(self, found: &mut dyn FnMut(Error) -> Result<()>) -> Result<Counted> {
        let said = u64::from(self.header.blocks_allocated);
        if said != self.counted.allocated {
            let what = format!("VDI header: {said} blocks are said to be there, and {} are", self.counted.allocated);
            found(Error::corrupt(388, what))?;
        }
        Ok(self.counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_are_joined_and_nothing_else() {
        let entries = [FREE, FREE, 0, 1, 3, ZERO, ZERO, FREE, 4, 5];
        let mut map = Map { blocks: 10, data_offset: 512, starts: Vec::new(), entries: Vec::new() };
        for (block, entry) in (0..).zip(entries) {
            map.push(block, entry);
        }
        let at = |block: u64| Place::At(512 + block * BLOCK);
        let wanted = [
            (0..2, Place::Free),
            (2..4, at(0)),
            (4..5, at(3)),
            (5..7, Place::Zero),
            (7..8, Place::Free),
            (8..10, at(4)),
        ];
        for (blocks, place) in wanted {
            for block in blocks.clone() {
                let run = (blocks.start * BLOCK..blocks.end * BLOCK, place);
                assert_eq!(map.run(block * BLOCK + 7), run, "{block}");
            }
        }
    }

    #[test]
    fn a_run_does_not_grow_into_the_special_entries() {
        let mut map = Map { blocks: 3, data_offset: 0, starts: Vec::new(), entries: Vec::new() };
        for (block, entry) in (0..).zip([ZERO - 1, ZERO, FREE]) {
            map.push(block, entry);
        }
        assert_eq!(map.entries, [ZERO - 1, ZERO, FREE]);
    }
}
