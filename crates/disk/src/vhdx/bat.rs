//! The block allocation table (section 2.5): the state and place of each block, and after those of each chunk the entry
//! of its part of the sector bitmap.

use super::MIB;
use super::map::{Map, Place};
use super::metadata::Metadata;
use crate::fields::le64;
use std::ops::Range;
use storage::{Error, ReadAt, Result, is_zero, read_vec};

const ENTRY_LEN: u64 = 8;

/// Bytes of the table that are read at once: it may have 512 MiB, most of them zeros.
const PIECE: u64 = 1 << 20;

/// The lower 20 bits of an entry: a state in three, and 17 that are zero.
const STATE: u64 = MIB - 1;

// States of payload blocks.
const NOT_PRESENT: u64 = 0;
const UNDEFINED: u64 = 1;
const ZERO: u64 = 2;
const UNMAPPED: u64 = 3;
const FULLY_PRESENT: u64 = 6;
const PARTIALLY_PRESENT: u64 = 7;

/// The table as it was read.
#[derive(Debug)]
pub(super) struct Bat {
    pub(super) map: Map,
    /// What is odd about it and harmless.
    pub(super) note: Option<String>,
}

impl Bat {
    /// Reads the table of a disk without a parent. Damage is handed to `find`; if that goes on, the block counts as
    /// absent.
    pub(super) fn read(
        file: &dyn ReadAt,
        region: &Range<u64>,
        metadata: &Metadata,
        find: &mut dyn FnMut(Error) -> Result<()>,
    ) -> Result<Self> {
        let (blocks, ratio) = (metadata.blocks(), metadata.chunk_ratio());
        let entries = blocks + blocks.saturating_sub(1) / ratio;
        let (len, room) = (entries * ENTRY_LEN, region.end - region.start);
        if len > room {
            let what = format!("VHDX BAT: {room} bytes are too few for the {entries} entries of {blocks} blocks");
            return Err(Error::corrupt(region.start, what));
        }
        let map = Map::new(metadata.size, metadata.block_size);
        let mut reader = Reader { bat: Bat { map, note: None }, start: region.start, ratio, find };
        let mut at = 0;
        while at < len {
            at = reader.next(file, at, len)?;
        }
        Ok(reader.bat)
    }
}

struct Reader<'a> {
    bat: Bat,
    start: u64,
    ratio: u64,
    find: &'a mut dyn FnMut(Error) -> Result<()>,
}

impl Reader<'_> {
    /// Takes the entries from byte `at` of the table, as far as one hole or one run of data of the file goes, and
    /// returns where that ends. Holes are not read.
    fn next(&mut self, file: &dyn ReadAt, at: u64, len: u64) -> Result<u64> {
        let extent = file.extent_at(self.start + at)?;
        let end = (extent.range.end - self.start).min(len);
        let whole = end - end % ENTRY_LEN;
        if !extent.is_data() && whole > at {
            self.absent(at, whole)?;
            return Ok(whole);
        }
        let end = end.next_multiple_of(ENTRY_LEN);
        let mut next = at;
        while next < end {
            let piece = read_vec(file, self.start + next, (end - next).min(PIECE)).map_err(|e| e.within("VHDX BAT"))?;
            let after = next + piece.len() as u64;
            if is_zero(&piece) {
                self.absent(next, after)?;
            } else {
                for entry in piece.chunks_exact(8) {
                    self.entry(next, le64(entry, 0))?;
                    next += ENTRY_LEN;
                }
            }
            next = after;
        }
        Ok(end)
    }

    /// The number of the entry at byte `at` of the table, and of the first payload block from there.
    fn block(&self, at: u64) -> (u64, u64) {
        let number = at / ENTRY_LEN;
        (number, number - number / (self.ratio + 1))
    }

    /// Entries of zeros: blocks that are not there, and no sector bitmaps.
    fn absent(&mut self, at: u64, end: u64) -> Result<()> {
        let (first, after) = (self.block(at).1, self.block(end).1);
        if first < after { self.bat.map.push(first, Place::Absent) } else { Ok(()) }
    }

    fn entry(&mut self, at: u64, entry: u64) -> Result<()> {
        let (number, block) = self.block(at);
        if number % (self.ratio + 1) == self.ratio {
            if entry != 0 {
                // qemu before 8.1 left rubbish there; without a parent nobody reads it.
                self.bat.note.get_or_insert_with(|| {
                    "the VHDX has sector bitmaps, which have a meaning in differencing disks only".to_owned()
                });
            }
            return Ok(());
        }
        if entry & STATE == PARTIALLY_PRESENT {
            let what = "the VHDX is a differencing disk, though it names no parent: blocks are there in part; merge it \
                        with its parent first";
            return Err(Error::unsupported(what));
        }
        let place = match place(entry) {
            Ok(place) => place,
            Err(what) => {
                (self.find)(Error::corrupt(self.start + at, format!("VHDX BAT: block {block}: {what}")))?;
                Place::Absent
            }
        };
        self.bat.map.push(block, place)
    }
}

/// What the entry of a payload block says, or what is wrong with it.
fn place(entry: u64) -> Result<Place, String> {
    match entry & STATE {
        NOT_PRESENT | UNDEFINED | UNMAPPED => Ok(Place::Absent),
        ZERO => Ok(Place::Zero),
        FULLY_PRESENT if entry > STATE => Ok(Place::At(entry & !STATE)),
        FULLY_PRESENT => Err("overlaps the headers".to_owned()),
        state if state > PARTIALLY_PRESENT => Err(format!("bits that are reserved are set ({entry:#018x})")),
        state => Err(format!("state {state} does not exist")),
    }
}
