//! Dynamic disks: blocks in the order in which they are first written, each behind its bitmap.

use super::super::dynamic::{DynamicHeader, UNUSED, bitmap_len};
use super::super::footer::Footer;
use super::super::{MAX_SIZE, SECTOR};
use super::{BLOCK_SIZE, HEADER_OFFSET, TABLE_OFFSET, first_block, stamped};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::{Error, Result, Turn, WriteAt, check_range, to_usize};

/// Bytes of a block, without its bitmap.
const BLOCK: u64 = BLOCK_SIZE as u64;

/// Says that all sectors of a block are there.
static BITMAP: [u8; 512] = [0xff; 512];

const _: () = assert!(bitmap_len(BLOCK_SIZE) == BITMAP.len() as u64 && MAX_SIZE / BLOCK < u32::MAX as u64);

pub(super) struct Dynamic {
    file: Arc<dyn WriteAt>,
    footer: Footer,
    made: Option<u64>,
    size: u64,
    blocks: Mutex<Blocks>,
}

/// The table as it grows.
struct Blocks {
    /// Sector of each block's bitmap.
    places: Vec<u32>,
    /// Where the next block goes.
    next: u64,
}

/// What is written, and its place in the file.
type Part<'b> = (u64, &'b [u8]);

impl Blocks {
    /// Where the data of block `i` begins, which is given a place if it has none; its bitmap is then to be written.
    fn place(&mut self, i: u64, parts: &mut Vec<Part<'_>>) -> Result<u64> {
        let place = &mut self.places[to_usize(i)?];
        if *place == UNUSED {
            let sector = u32::try_from(self.next / SECTOR).ok().filter(|&sector| sector != UNUSED);
            *place = sector.ok_or_else(|| Error::unsupported("the VHD would be longer than 2 TiB"))?;
            parts.push((self.next, &BITMAP));
            self.next += bitmap_len(BLOCK_SIZE) + BLOCK;
        }
        Ok(u64::from(*place) * SECTOR + bitmap_len(BLOCK_SIZE))
    }

    /// Adds what is written with its places; the rest of the last block that is written to.
    fn add<'b>(&mut self, mut bytes: &'b [u8], offset: u64, parts: &mut Vec<Part<'b>>) -> Result<Range<u64>> {
        let mut rest = 0..0;
        for (i, within, len) in split(offset..offset + bytes.len() as u64) {
            let start = self.place(i, parts)?;
            let (part, behind) = bytes.split_at(to_usize(len)?);
            parts.push((start + within, part));
            rest = start + within + len..start + BLOCK;
            bytes = behind;
        }
        Ok(rest)
    }
}

impl Dynamic {
    pub(super) fn new(file: Arc<dyn WriteAt>, footer: Footer, made: Option<u64>) -> Result<Self> {
        let size = footer.current_size;
        let places = vec![UNUSED; to_usize(size.div_ceil(BLOCK))?];
        file.reserve(0..first_block(size))?;
        Ok(Dynamic { file, footer, made, size, blocks: Mutex::new(Blocks { places, next: first_block(size) }) })
    }

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, parts: &[Part<'_>]) -> Result<()> {
        parts.iter().try_for_each(|(place, bytes)| self.file.write_at(bytes, *place))
    }
}

/// The parts of a range that lie in one block each: block number, offset within, length.
fn split(range: Range<u64>) -> impl Iterator<Item = (u64, u64, u64)> {
    let numbers = range.start / BLOCK..range.end.div_ceil(BLOCK);
    numbers
        .map(move |i| {
            let start = range.start.max(i * BLOCK);
            (i, start - i * BLOCK, range.end.min((i + 1) * BLOCK).saturating_sub(start))
        })
        .filter(|&(_, _, len)| len > 0)
}

impl WriteAt for Dynamic {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        let mut parts = Vec::new();
        self.lock().add(buf, offset, &mut parts)?;
        self.write(&parts)
    }

    /// Blocks are given their places in turn; bytes are written whenever.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        pieces.iter().try_for_each(|(offset, bytes)| check_range(self.size, *offset, bytes.len() as u64))?;
        let mut parts = Vec::new();
        turn.take(&mut || {
            let (mut blocks, mut rest) = (self.lock(), 0..0);
            for (offset, bytes) in pieces {
                rest = blocks.add(bytes, *offset, &mut parts)?;
            }
            let end = blocks.next;
            // To foretell may take its time.
            drop(blocks);
            let writes: Vec<_> = parts.iter().map(|(place, bytes)| *place..place + bytes.len() as u64).collect();
            self.file.foretell(&writes, rest, end)
        })?;
        self.write(&parts)
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.size, range.start, range.end.saturating_sub(range.start))?;
        for (i, within, len) in split(range) {
            let sector = self.lock().places[to_usize(i)?];
            if sector != UNUSED {
                let start = u64::from(sector) * SECTOR + bitmap_len(BLOCK_SIZE) + within;
                self.file.zero_at(start..start + len)?;
            }
        }
        Ok(())
    }

    /// Table, header and copy; the footer last.
    fn finish(self: Box<Self>) -> Result<()> {
        let blocks = self.blocks.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut table: Vec<u8> = blocks.places.iter().flat_map(|sector| sector.to_be_bytes()).collect();
        table.resize(table.len().next_multiple_of(to_usize(SECTOR)?), 0xff);
        self.file.write_at(&table, TABLE_OFFSET)?;
        let header = DynamicHeader {
            offset: HEADER_OFFSET,
            table_offset: TABLE_OFFSET,
            max_table_entries: u32::try_from(blocks.places.len()).expect("the size is limited"),
            block_size: BLOCK_SIZE,
            parent: String::new(),
        };
        self.file.write_at(&header.to_bytes(), HEADER_OFFSET)?;
        let footer = stamped(&self.footer, self.made);
        self.file.write_at(&footer, 0)?;
        self.file.write_at(&footer, blocks.next)
    }
}
