//! The clusters that `$Bitmap` has as free.
//!
//! Believed only of a volume that was unmounted, and that nothing but the bitmap has a claim on: no hibernated Windows, no
//! shadow copies, whose old content stays where it was deleted. None of the clusters of NTFS's own files may be free.
//! Not checked, as no mount does: whether every user's clusters are in use.

use super::index;
use super::info::{CHUNK, bitmap, info};
use super::mft::{EXTEND, FIRST_FREE, Mft, ROOT};
use super::name::units;
use super::record::{DATA, Record, number};
use super::runs;
use crate::field::{le64, peek};
use crate::tree::See;
use std::ops::Range;
use storage::{Error, ReadAt, Result};

/// The header of shadow copies, in the boot area: its identifier, and where it names the first catalogue.
const SHADOW: u64 = 0x1E00;
const SHADOW_MARK: [u8; 16] =
    [0x6B, 0x87, 0x08, 0x38, 0x76, 0xC1, 0x48, 0x4E, 0xB7, 0xAE, 0x04, 0x04, 0x6E, 0x6C, 0xC7, 0x52];
const CATALOGUE: usize = 48;
/// How a hibernated Windows begins its file.
const HIBERNATED: &[&[u8]] = &[b"hibr", b"HIBR", b"wake", b"WAKE", b"RSTR"];

/// Gives `see` the free bytes in order.
pub(super) fn unused(volume: &dyn ReadAt, mft: &Mft, see: &mut See<'_>) -> Result<()> {
    check_clean(volume, mft)?;
    let owned = owned(volume, mft)?;
    let bitmap = bitmap(volume, mft)?;
    let (clusters, cluster) = (mft.boot.clusters, mft.boot.cluster);
    let (mut open, mut next): (Option<u64>, u64) = (None, 0);
    let mut give = |run: Range<u64>| {
        let bytes = run.start * cluster..run.end * cluster;
        check_owned(&owned, &bytes)?;
        see(bytes)
    };
    for at in (0..clusters.div_ceil(8)).step_by(1 << 20) {
        for byte in bitmap.read(volume, at, CHUNK.min(clusters.div_ceil(8) - at))? {
            let end = (next + 8).min(clusters);
            // Whole bytes of one kind are the rule.
            let is_uniform = if open.is_some() { byte == 0 } else { byte == 0xFF };
            for bit in if is_uniform { 0..0 } else { 0..end - next } {
                let is_free = byte >> bit & 1 == 0;
                turn(&mut open, next + bit, is_free).map_or(Ok(()), &mut give)?;
            }
            next = end;
        }
    }
    open.map_or(Ok(()), |first| give(first..clusters))
}

/// Opens a run at the first free cluster; gives it at the first that is in use.
fn turn(open: &mut Option<u64>, cluster: u64, is_free: bool) -> Option<Range<u64>> {
    match (*open, is_free) {
        (Some(first), false) => {
            *open = None;
            Some(first..cluster)
        }
        (None, true) => {
            *open = Some(cluster);
            None
        }
        _ => None,
    }
}

/// Whether the bitmap is all that counts.
fn check_clean(volume: &dyn ReadAt, mft: &Mft) -> Result<()> {
    let info = info(volume, &mft.boot)?;
    if let Some(note) = info.notes.first() {
        return Err(Error::refused(format!("the filesystem is not clean: {note}")));
    }
    if info.clean != Some(true) {
        return Err(Error::refused("the filesystem is not known to be clean"));
    }
    let shadow = peek(volume, SHADOW, 64)?.filter(|header| header[..16] == SHADOW_MARK);
    if shadow.is_some_and(|header| le64(&header, CATALOGUE) != 0) {
        return Err(Error::refused("it has shadow copies, which may need what is free otherwise"));
    }
    let hibernated = hibernated(volume, mft)?;
    match hibernated.is_some_and(|start| HIBERNATED.contains(&&start[..])) {
        true => Err(Error::refused("Windows is hibernated in it (hiberfil.sys)")),
        false => Ok(()),
    }
}

/// How `hiberfil.sys` begins, if it is there.
fn hibernated(volume: &dyn ReadAt, mft: &Mft) -> Result<Option<Vec<u8>>> {
    let root = mft.file(volume, ROOT)?;
    let wanted = units("HIBERFIL.SYS");
    let found = index::list(volume, mft, &root)?.into_iter().find(|entry| entry.name.to_ascii_uppercase() == wanted);
    let Some(found) = found else { return Ok(None) };
    let record = mft.file(volume, found.reference)?;
    let Some(data) = mft.stream(volume, &record, DATA, b"")? else { return Ok(None) };
    data.read(volume, 0, data.size.min(4)).map(Some)
}

/// Where NTFS's own files lie, in bytes, in order and apart.
fn owned(volume: &dyn ReadAt, mft: &Mft) -> Result<Vec<Range<u64>>> {
    let mut places = Vec::new();
    let mut files: Vec<u64> = (0..FIRST_FREE.min(mft.records())).collect();
    let extend = mft.record(volume, EXTEND)?;
    if extend.is_in_use() && extend.is_directory() {
        files.extend(index::list(volume, mft, &extend)?.iter().map(|entry| number(entry.reference)));
    }
    for file in files {
        let Ok(record) = mft.record(volume, file) else {
            // Reserved records need never have been written.
            match file {
                12..FIRST_FREE => continue,
                _ => return Err(Error::corrupt(mft.place(file), format!("NTFS: file record {file} is damaged"))),
            }
        };
        if record.is_in_use() {
            own(mft, &record, &mut places)?;
            mft.others(volume, &record)?.iter().try_for_each(|record| own(mft, record, &mut places))?;
        }
    }
    places.sort_unstable_by_key(|place| place.start);
    places.dedup_by(|next, place| {
        let overlap = next.start <= place.end;
        place.end = if overlap { place.end.max(next.end) } else { place.end };
        overlap
    });
    Ok(places)
}

/// The clusters of all attributes in one record.
fn own(mft: &Mft, record: &Record, places: &mut Vec<Range<u64>>) -> Result<()> {
    for attribute in record.attributes()?.into_iter().filter(|attribute| !attribute.is_resident()) {
        let mut pieces = Vec::new();
        runs::unpack(attribute.pairs(), &mft.boot, record.at, &mut pieces)?;
        places.extend(pieces.iter().filter_map(|piece| piece.at.map(|at| at..at + piece.len)));
    }
    Ok(())
}

/// Nothing that is marked free may be NTFS's own.
fn check_owned(owned: &[Range<u64>], free: &Range<u64>) -> Result<()> {
    let first = owned.partition_point(|place| place.end <= free.start);
    match owned.get(first) {
        Some(place) if place.start < free.end => Err(Error::corrupt(
            place.start.max(free.start),
            "NTFS: a cluster of the filesystem's own is marked free; let chkdsk repair it first",
        )),
        _ => Ok(()),
    }
}
