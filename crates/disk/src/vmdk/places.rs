//! What takes which sectors of the file: nothing may be taken twice.

use super::header::{Header, TABLE_SECTORS};
use super::tables::{Place, Tables};
use super::{Found, SECTOR};
use std::fmt;
use std::ops::Range;
use storage::{Error, Result};

/// Who takes sectors that are not grains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Header,
    Descriptor,
    Directory,
    SecondDirectory,
    Table(u32),
    SecondTable(u32),
    End,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Header => f.write_str("the header"),
            Owner::Descriptor => f.write_str("the descriptor"),
            Owner::Directory => f.write_str("the grain directory"),
            Owner::SecondDirectory => f.write_str("the second grain directory"),
            Owner::Table(i) => write!(f, "grain table {i}"),
            Owner::SecondTable(i) => write!(f, "the second grain table {i}"),
            Owner::End => f.write_str("the end of the stream"),
        }
    }
}

/// Sectors that are not grains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Taken {
    start: u64,
    end: u64,
    owner: Owner,
}

/// The places of the metadata, in order.
#[derive(Debug)]
pub(super) struct Places(Vec<Taken>);

impl Places {
    /// All that `header` leads to. A directory entry of 0 has no table.
    pub(super) fn metadata(header: &Header, directory: &[u32], second: &[u32], is_stream: bool) -> Self {
        let part = |start: u64, len: u64, owner| Taken { start, end: start.saturating_add(len), owner };
        let mut metadata = vec![
            part(0, 1, Owner::Header),
            part(header.descriptor_offset, header.descriptor_size, Owner::Descriptor),
            part(header.gd_offset, header.directory_sectors(), Owner::Directory),
        ];
        if let Some(offset) = header.redundant_offset() {
            metadata.push(part(offset, header.directory_sectors(), Owner::SecondDirectory));
        }
        if is_stream {
            // The directory's marker, and all behind it.
            metadata.push(part(header.gd_offset - 1, 1, Owner::End));
            metadata.push(part(header.gd_offset + header.directory_sectors(), u64::MAX, Owner::End));
        }
        let mut tables = |directory: &[u32], owner: fn(u32) -> Owner| {
            let present = (0..).zip(directory).filter(|(_, place)| **place != 0);
            metadata.extend(present.map(|(i, &place)| part(u64::from(place), TABLE_SECTORS, owner(i))));
        };
        tables(directory, Owner::Table);
        tables(second, Owner::SecondTable);
        metadata.retain(|part| part.start < part.end);
        metadata.sort_unstable();
        Places(metadata)
    }

    /// Refuses metadata that overlaps, before any table is read: one that is named a million times must not be read a
    /// million times.
    pub(super) fn check_metadata(&self) -> Result<()> {
        match self.0.windows(2).find(|pair| pair[1].start < pair[0].end) {
            None => Ok(()),
            Some(pair) => Err(Error::corrupt(
                pair[1].start.saturating_mul(SECTOR),
                format!("VMDK: {} overlaps {}", pair[1].owner, pair[0].owner),
            )),
        }
    }

    /// Whose the sectors of a grain already are, if they are metadata.
    pub(super) fn check_grain(&self, sectors: Range<u64>) -> Result<(), String> {
        let after = self.0.partition_point(|part| part.end <= sectors.start);
        match self.0.get(after).filter(|part| part.start < sectors.end) {
            Some(part) => Err(format!("overlaps {}", part.owner)),
            None => Ok(()),
        }
    }

    /// Sector behind the last.
    pub(super) fn end(&self) -> u64 {
        self.0.iter().rev().map(|part| part.end).find(|&end| end != u64::MAX).unwrap_or(0)
    }
}

/// Grains whose places overlap. Of compressed ones only the beginnings are compared: their lengths are not known yet.
pub(super) fn check_grains(header: &Header, tables: &Tables, found: Found<'_>) -> Result<()> {
    if tables.is_ascending() {
        return Ok(());
    }
    let sectors = if header.is_compressed() { 1 } else { header.grain_size };
    let mut runs: Vec<(u32, u64, u64)> = Vec::new();
    let mut i = 0;
    while i < tables.grains() {
        let (end, place) = tables.run(i);
        if let Place::At(sector) = place {
            runs.push((sector, u64::from(sector) + (end - i) * sectors, i));
        }
        i = end;
    }
    runs.sort_unstable();
    for pair in runs.windows(2).filter(|pair| u64::from(pair[1].0) < pair[0].1) {
        let what = format!("VMDK: grains {} and {} of the disk overlap in the file", pair[0].2, pair[1].2);
        found(Error::corrupt(u64::from(pair[1].0) * SECTOR, what))?;
    }
    Ok(())
}
