//! Persistent bitmaps: only which clusters they take.

use super::header::Header;
use crate::fields::{be32, be64, bytes};
use storage::{Error, ReadAt, Result, check_range, read_vec};

/// Length of a directory entry before its variable parts.
const ENTRY_LEN: u64 = 24;
/// Longest directory; qemu's limit is 1 KiB for each of 65,535 bitmaps.
const MAX_DIRECTORY: u64 = 64 << 20;
/// Place of a cluster in a table entry.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;

/// Offset and length of everything that bitmaps take.
pub(super) fn taken(file: &dyn ReadAt, header: &Header) -> Result<Vec<(u64, u64)>> {
    let extension = &header.extensions.bitmaps;
    if extension.len() < 24 {
        return Err(Error::corrupt(0, "qcow2 bitmaps extension: is too short"));
    }
    let (len, offset) = (be64(extension, 8), be64(extension, 16));
    if len > MAX_DIRECTORY {
        return Err(Error::corrupt(offset, format!("qcow2 bitmap directory: {len} bytes are too many")));
    }
    let directory = read_vec(file, offset, len).map_err(|error| error.within("qcow2 bitmap directory"))?;
    let mut found = vec![(offset, len)];
    let mut rest = directory.as_slice();
    let mut left = file.size();
    while rest.len() as u64 >= ENTRY_LEN {
        let (table, entries) = (be64(rest, 0), u64::from(be32(rest, 8)));
        let name = u64::from(u16::from_be_bytes(bytes(rest, 18)));
        let len = (ENTRY_LEN + u64::from(be32(rest, 20)) + name).next_multiple_of(8);
        found.push((table, entries * 8));
        // Each table is read once; a directory of many entries with one table must not cost more than the file.
        check_range(left, 0, entries * 8).map_err(|error| error.within("qcow2 bitmap tables"))?;
        left -= entries * 8;
        let content = read_vec(file, table, entries * 8).map_err(|error| error.within("qcow2 bitmap table"))?;
        let places = content.chunks_exact(8).map(|entry| be64(entry, 0) & OFFSET).filter(|&place| place != 0);
        found.extend(places.map(|place| (place, header.cluster_size())));
        rest = usize::try_from(len).ok().and_then(|len| rest.get(len..)).unwrap_or_default();
    }
    Ok(found)
}
