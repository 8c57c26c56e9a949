//! Writing: fixed disks, and dynamic ones with blocks in the order in which they are first written.

use super::dynamic::{DynamicHeader, HEADER_LEN, UNUSED, bitmap_len};
use super::footer::{Footer, Kind};
use super::geometry::Geometry;
use super::{MAX_SIZE, NAME, SECTOR};
use crate::options::Options;
use crate::{CreateOptions, Ranges, blocks};
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use storage::{Error, Result, Turn, WriteAt, check_range, to_usize};

/// The block size that every program reads.
const BLOCK_SIZE: u32 = 2 << 20;

/// Where the header stands: after the footer copy.
const HEADER_OFFSET: u64 = SECTOR;

/// Where the block table stands: after the header.
const TABLE_OFFSET: u64 = HEADER_OFFSET + HEADER_LEN as u64;

/// What `create` knows, and what it is.
pub(super) const OPTIONS: &[(&str, &str)] = &[
    (
        "force_size",
        "on: the disk is as long as it is said to be (default); off: rounded up to a geometry, as qemu-img does",
    ),
    ("subformat", "dynamic (default), or fixed: all of the disk, and a footer"),
];

pub(super) fn create(file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
    let (kind, footer) = asked_for(options)?;
    let size = footer.current_size;
    match kind {
        Kind::Fixed => Ok(Box::new(Fixed { file, footer })),
        _ => {
            let blocks = to_usize(size.div_ceil(u64::from(BLOCK_SIZE)))?;
            let blocks = Blocks { places: vec![UNUSED; blocks], next: first_block(size) };
            Ok(Box::new(Dynamic { file, footer, size, blocks: Mutex::new(blocks) }))
        }
    }
}

fn asked_for(options: &CreateOptions) -> Result<(Kind, Footer)> {
    Options::refuse_compression(options, NAME)?;
    let given = Options::new(options, NAME, OPTIONS)?;
    let kind = given.choose("subformat", &[("dynamic", Kind::Dynamic), ("fixed", Kind::Fixed)])?;
    let force_size = given.flag("force_size", true)?;
    Ok((kind, footer(options.size, kind, force_size)?))
}

/// How long the file will be.
pub(super) fn measure(options: &CreateOptions, data: &mut Ranges<'_>) -> Result<u64> {
    let (kind, footer) = asked_for(options)?;
    if kind == Kind::Fixed {
        return Ok(footer.current_size + SECTOR);
    }
    let block = u64::from(BLOCK_SIZE);
    let blocks = blocks::count(data, &[block])?[0];
    Ok(first_block(footer.current_size) + blocks * (bitmap_len(BLOCK_SIZE) + block) + SECTOR)
}

/// Where the first block of a dynamic disk goes: behind the table.
fn first_block(size: u64) -> u64 {
    TABLE_OFFSET + (size.div_ceil(u64::from(BLOCK_SIZE)) * 4).next_multiple_of(SECTOR)
}

/// By default the size is exact, the geometry full and the creator one whose current size counts for all readers.
/// Otherwise it is as Virtual PC wants it: rounded up to what a geometry can say.
fn footer(size: u64, kind: Kind, force_size: bool) -> Result<Footer> {
    if !size.is_multiple_of(SECTOR) {
        return Err(Error::unsupported(format!(
            "a VHD is whole sectors of {SECTOR} bytes long, and {size} is not; pad the disk with zeros first"
        )));
    }
    let geometry = if force_size { Geometry::FULL } else { Geometry::at_least(size) };
    let current_size = if geometry.is_full() { size } else { geometry.size() };
    if current_size > MAX_SIZE {
        return Err(Error::unsupported(format!("a VHD is at most {MAX_SIZE} bytes (2040 GiB) long, and not {size}")));
    }
    Ok(Footer {
        offset: 0,
        features: 2,
        data_offset: if kind == Kind::Fixed { u64::MAX } else { HEADER_OFFSET },
        creator: if force_size { *b"win " } else { *b"qemu" },
        current_size,
        geometry,
        disk_type: kind as u32,
        saved_state: false,
    })
}

/// As on disk, with an identity of its own: two disks of one identity cannot be attached to one machine.
fn stamped(footer: &Footer) -> [u8; 512] {
    let mut id = [0; 16];
    for half in id.chunks_mut(8) {
        half.copy_from_slice(&RandomState::new().hash_one(footer.current_size).to_be_bytes());
    }
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    // Seconds since the year 2000.
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800);
    let age = SystemTime::now().duration_since(epoch).unwrap_or_default().as_secs();
    footer.to_bytes(id, u32::try_from(age).unwrap_or(u32::MAX), 0x000a_0000)
}

struct Fixed {
    file: Arc<dyn WriteAt>,
    footer: Footer,
}

impl WriteAt for Fixed {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.footer.current_size, offset, buf.len() as u64)?;
        self.file.write_at(buf, offset)
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.footer.current_size, range.start, range.end.saturating_sub(range.start))?;
        self.file.zero_at(range)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.file.write_at(&stamped(&self.footer), self.footer.current_size)
    }
}

struct Dynamic {
    file: Arc<dyn WriteAt>,
    footer: Footer,
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

impl Blocks {
    /// Sector of block `i`, which is given one if it has none.
    fn place(&mut self, i: usize) -> Result<u32> {
        if self.places[i] == UNUSED {
            let sector = u32::try_from(self.next / SECTOR).ok().filter(|&sector| sector != UNUSED);
            self.places[i] = sector.ok_or_else(|| Error::unsupported("the VHD would be longer than 2 TiB"))?;
            self.next += bitmap_len(BLOCK_SIZE) + u64::from(BLOCK_SIZE);
        }
        Ok(self.places[i])
    }
}

impl Dynamic {
    fn lock(&self) -> std::sync::MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parts of a range that lie in one block each: block number, offset within, length.
fn parts(range: Range<u64>) -> impl Iterator<Item = (u64, u64, u64)> {
    let block = u64::from(BLOCK_SIZE);
    let numbers = range.start / block..range.end.div_ceil(block);
    numbers
        .map(move |i| {
            let start = range.start.max(i * block);
            (i, start - i * block, range.end.min((i + 1) * block).saturating_sub(start))
        })
        .filter(|&(_, _, len)| len > 0)
}

impl WriteAt for Dynamic {
    fn write_at(&self, mut buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        for (i, within, len) in parts(offset..offset + buf.len() as u64) {
            let sector = self.lock().place(to_usize(i)?)?;
            let (part, rest) = buf.split_at(to_usize(len)?);
            self.file.write_at(part, u64::from(sector) * SECTOR + bitmap_len(BLOCK_SIZE) + within)?;
            buf = rest;
        }
        Ok(())
    }

    /// Blocks are given their places in turn; bytes are written whenever.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        turn.take(&mut || {
            let mut blocks = self.lock();
            for (offset, bytes) in pieces {
                check_range(self.size, *offset, bytes.len() as u64)?;
                let touched = parts(*offset..*offset + bytes.len() as u64);
                touched.map(|(i, ..)| blocks.place(to_usize(i)?)).try_for_each(|place| place.map(drop))?;
            }
            Ok(())
        })?;
        pieces.iter().try_for_each(|(offset, bytes)| self.write_at(bytes, *offset))
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.size, range.start, range.end.saturating_sub(range.start))?;
        for (i, within, len) in parts(range) {
            let sector = self.lock().places[to_usize(i)?];
            if sector != UNUSED {
                let start = u64::from(sector) * SECTOR + bitmap_len(BLOCK_SIZE) + within;
                self.file.zero_at(start..start + len)?;
            }
        }
        Ok(())
    }

    /// Bitmaps, table, header and copy; the footer last.
    fn finish(self: Box<Self>) -> Result<()> {
        let blocks = self.blocks.into_inner().unwrap_or_else(PoisonError::into_inner);
        let bitmap = vec![0xff; to_usize(bitmap_len(BLOCK_SIZE))?];
        for &sector in blocks.places.iter().filter(|&&sector| sector != UNUSED) {
            self.file.write_at(&bitmap, u64::from(sector) * SECTOR)?;
        }
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
        let footer = stamped(&self.footer);
        self.file.write_at(&footer, 0)?;
        self.file.write_at(&footer, blocks.next)
    }
}
