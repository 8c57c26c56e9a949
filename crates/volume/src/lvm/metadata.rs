//! A metadata area: a header of one sector, and a ring in which the text of the group lies.
//!
//! LVM2's `lib/format_text/layout.h`. The first location of the header is the text in force; a second one is a change
//! that was never committed, and is not read.

use super::label::{SECTOR, checksum, u32_at, u64_at};
use storage::{ErrorKind, ReadAt, Result, read_vec};

const MAGIC: &[u8; 16] = b" LVM2 x[5A%r0N*>";

/// The longest text that is read, in bytes: LVM's own areas are of 1 MiB unless asked otherwise.
pub(super) const MAX_TEXT: u64 = 8 << 20;

/// Flag of a location: the area is not kept up to date.
const IGNORED: u32 = 1;

/// Where the text in force lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Location {
    /// Byte of the volume where the area begins.
    area: u64,
    /// Length of the area: the ring is all of it behind the header.
    area_size: u64,
    /// Byte of the area where the text begins.
    offset: u64,
    pub(super) size: u64,
    pub(super) crc: u32,
}

/// What a metadata area holds.
#[derive(Debug)]
pub(super) enum Area {
    /// A group's text.
    Text(Location),
    /// No group.
    Empty,
    /// Not in use.
    Ignored,
}

/// Reads the header of the area at `(offset, size)` of a volume; what is wrong with it is the inner error.
pub(super) fn area(volume: &dyn ReadAt, (offset, size): (u64, u64)) -> Result<Result<Area, String>> {
    let header = match tolerate(read_vec(volume, offset, SECTOR as u64))? {
        Ok(header) => header,
        Err(what) => return Ok(Err(format!("the metadata area at byte {offset} cannot be read: {what}"))),
    };
    let field = |at| u64_at(&header, at).unwrap_or(0);
    if header[4..20] != *MAGIC || u32_at(&header, 0) != Some(checksum(&header[4..])) {
        return Ok(Err(format!("the header of the metadata area at byte {offset} is damaged")));
    }
    if u32_at(&header, 20) != Some(1) || field(24) != offset {
        return Ok(Err(format!("the metadata area at byte {offset} is of another version or place")));
    }
    let location = Location {
        area: offset,
        area_size: field(32),
        offset: field(40),
        size: field(48),
        crc: u32_at(&header, 56).unwrap_or(0),
    };
    let flags = u32_at(&header, 60).unwrap_or(0);
    Ok(if flags & IGNORED != 0 {
        Ok(Area::Ignored)
    } else if location.offset == 0 {
        Ok(Area::Empty)
    } else if location.fits() && (size == 0 || location.area_size <= size) {
        Ok(Area::Text(location))
    } else {
        Err(format!("the metadata area at byte {offset} names a text that does not fit in it"))
    })
}

impl Location {
    fn fits(&self) -> bool {
        let ring = self.area_size.saturating_sub(SECTOR as u64);
        (SECTOR as u64..self.area_size).contains(&self.offset) && self.size > 0 && self.size <= ring.min(MAX_TEXT)
    }

    /// The text, if its checksum is right; else what is wrong. It goes on behind the header where the ring ends.
    pub(super) fn read(&self, volume: &dyn ReadAt) -> Result<Result<String, String>> {
        let head = self.size.min(self.area_size - self.offset);
        let mut text = Vec::new();
        for (offset, len) in [(self.offset, head), (SECTOR as u64, self.size - head)] {
            match tolerate(read_vec(volume, self.area.saturating_add(offset), len))? {
                Ok(piece) => text.extend(piece),
                Err(what) => return Ok(Err(format!("the metadata cannot be read: {what}"))),
            }
        }
        if checksum(&text) != self.crc {
            return Ok(Err(format!("the checksum of the metadata is not {:08x}", self.crc)));
        }
        Ok(Ok(String::from_utf8_lossy(&text).into_owned()))
    }
}

/// Puts what the image is to blame for inside.
fn tolerate<T>(result: Result<T>) -> Result<Result<T, String>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(error) => Ok(Err(error.to_string())),
    }
}
