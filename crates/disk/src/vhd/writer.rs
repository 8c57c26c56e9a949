//! Writing: fixed disks, and dynamic ones.

mod dynamic;

use super::dynamic::{HEADER_LEN, bitmap_len};
use super::footer::{Footer, Kind};
use super::geometry::Geometry;
use super::{MAX_SIZE, NAME, SECTOR};
use crate::options::Options;
use crate::{CreateOptions, Ranges, blocks};
use dynamic::Dynamic;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;
use storage::{Error, Result, Turn, WriteAt, check_range};

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
    let made = options.made;
    match kind {
        Kind::Fixed => Ok(Box::new(Fixed { file, footer, made })),
        _ => Ok(Box::new(Dynamic::new(file, footer, made)?)),
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
fn stamped(footer: &Footer, made: Option<u64>) -> [u8; 512] {
    let mut id = [0; 16];
    for (number, half) in (1..).zip(id.chunks_mut(8)) {
        let word = match made {
            Some(moment) => spread(moment ^ footer.current_size.rotate_left(32), number),
            None => RandomState::new().hash_one(footer.current_size),
        };
        half.copy_from_slice(&word.to_be_bytes());
    }
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    // Seconds since the year 2000.
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let age = made.unwrap_or_else(now).saturating_sub(946_684_800);
    footer.to_bytes(id, u32::try_from(age).unwrap_or(u32::MAX), 0x000a_0000)
}

/// A word in which every bit of `seed` shows: a step of SplitMix64.
fn spread(seed: u64, number: u64) -> u64 {
    let mut word = seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ word >> 31
}

struct Fixed {
    file: Arc<dyn WriteAt>,
    footer: Footer,
    made: Option<u64>,
}

impl WriteAt for Fixed {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.footer.current_size, offset, buf.len() as u64)?;
        self.file.write_at(buf, offset)
    }

    /// The order of the disk is that of the file, which may have a use for turns.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        let size = self.footer.current_size;
        pieces.iter().try_for_each(|(offset, bytes)| check_range(size, *offset, bytes.len() as u64))?;
        self.file.write_segment(pieces, turn)
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.footer.current_size, range.start, range.end.saturating_sub(range.start))?;
        self.file.zero_at(range)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.file.write_at(&stamped(&self.footer, self.made), self.footer.current_size)
    }
}
