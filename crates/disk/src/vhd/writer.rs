//! Writing: fixed disks, and dynamic ones.

mod dynamic;
mod stamp;

use super::dynamic::{HEADER_LEN, bitmap_len};
use super::footer::{Footer, Kind};
use super::geometry::Geometry;
use super::{MAX_SIZE, NAME, SECTOR};
use crate::options::Options;
use crate::{CreateOptions, Ranges, blocks};
use dynamic::Dynamic;
use stamp::Stamp;
use std::ops::Range;
use std::sync::Arc;
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
    ("timestamp", "when the file was made, in seconds since 2000 (default: now)"),
    ("unique_id", "the identity of the disk, 32 hexadecimal digits (default: one of its own)"),
];

pub(super) fn create(file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
    let (kind, footer) = asked_for(options)?;
    let Stamp { unique_id, timestamp } = Stamp::new(&Options::new(options, NAME, OPTIONS)?)?;
    let (size, footer) = (footer.current_size, footer.to_bytes(unique_id, timestamp, 0x000a_0000));
    match kind {
        Kind::Fixed => Ok(Box::new(Fixed { file, size, footer })),
        _ => Ok(Box::new(Dynamic::new(file, size, &footer)?)),
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

struct Fixed {
    file: Arc<dyn WriteAt>,
    size: u64,
    footer: [u8; 512],
}

impl WriteAt for Fixed {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        self.file.write_at(buf, offset)
    }

    /// The order of the disk is that of the file, which may have a use for turns.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        pieces.iter().try_for_each(|(offset, bytes)| check_range(self.size, *offset, bytes.len() as u64))?;
        self.file.write_segment(pieces, turn)
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.size, range.start, range.end.saturating_sub(range.start))?;
        self.file.zero_at(range)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.file.write_at(&self.footer, self.size)
    }
}
