//! The BSD label: what divides a slice, which is what BSD calls an MBR partition, or a whole disk.
//!
//! 148 bytes and one entry of 16 bytes a partition, in the second sector, in little-endian order; with magic numbers
//! and a checksum. Partition `c` is all that the label divides. FreeBSD `sys/sys/disk/bsd.h` and `sys/geom/part/g_part_bsd.c`,
//! bsdlabel(5).
//!
//! Read: labels of FreeBSD, in slices (MBR type A5, GPT type `freebsd`) and over whole disks, and those of OpenBSD and
//! NetBSD (A6, A9), which count from the start of the disk always and list what lies outside their slice too. Not
//! read: labels with the highest byte of numbers first, the 64-bit sizes of OpenBSD.

use crate::problem as defect;
use crate::{Kind, Layout, Table, Volume, overlap};
use std::sync::Arc;
use storage::{ErrorKind, Result, Slice, Source, read_vec};

/// BSD labels.
#[derive(Debug)]
pub(crate) struct Scheme;

const MAGIC: [u8; 4] = [0x57, 0x45, 0x56, 0x82];
/// Bytes of a label before its entries, and of one entry.
const FIXED: usize = 148;
const ENTRY: usize = 16;
/// Most entries of a label: NetBSD has 22, FreeBSD 20.
const MAX_ENTRIES: usize = 22;
/// The entry that is all that the label divides.
const WHOLE: usize = 2;
/// Where a label may begin besides the second sector: what other machines than PCs use, in bytes.
const ELSEWHERE: [u64; 2] = [64, 128];
/// GPT type of a partition that holds a label of FreeBSD.
const GPT_FREEBSD: &str = "516E7CB4-6ECF-11D6-8FF8-00022D09712B";

impl crate::Scheme for Scheme {
    fn name(&self) -> &'static str {
        "bsd"
    }

    fn scan(&self, layout: &mut Layout, fresh: usize) -> Result<()> {
        for index in fresh..layout.volumes.len() {
            if let Some(parent) = Parent::of(layout, index) {
                divide(layout, index, &parent)?;
            }
        }
        Ok(())
    }
}

/// What a label may divide.
struct Parent {
    source: Source,
    /// Where it begins on the disk, and its length by its table, in bytes.
    offset: u64,
    size: u64,
    /// Number of the slice; none for a disk.
    slice: Option<u32>,
    /// Whether it is FreeBSD's.
    freebsd: bool,
}

impl Parent {
    fn of(layout: &Layout, index: usize) -> Option<Self> {
        let volume = &layout.volumes[index];
        let freebsd = match (volume.kind, volume.partition_type.as_deref()) {
            (Kind::Disk, _) => !layout.is_divided() && matches!(layout.table, None | Some(Table::Mbr)),
            (Kind::Partition, Some("0xa5" | GPT_FREEBSD)) => true,
            (Kind::Partition, Some("0xa6" | "0xa9")) => false,
            _ => return None,
        };
        if volume.kind == Kind::Disk && !freebsd {
            return None;
        }
        let (source, size) = (volume.source.clone(), volume.size);
        Some(Parent { source, offset: volume.offset?, size, slice: volume.number, freebsd })
    }
}

/// Adds what the label in `parent`, the volume at `index`, lists.
fn divide(layout: &mut Layout, index: usize, parent: &Parent) -> Result<()> {
    let Some((at, label)) = find(parent, layout.sector_size)? else { return Ok(()) };
    let entries = match parse(&label) {
        Ok(entries) => entries,
        Err(what) => {
            layout.report(defect::BSD_LABEL_BAD, parent.offset.saturating_add(at), what);
            return Ok(());
        }
    };
    let mut ranges = Vec::new();
    let base = base(&entries, parent);
    for entry in entries.iter().filter(|entry| entry.is_listed(parent)) {
        let place = entry.start.checked_sub(base).and_then(|start| Some(start..start.checked_add(entry.size)?));
        match place.filter(|place| place.end <= parent.size) {
            Some(place) => {
                layout.volumes.push(partition(parent, entry, place.start));
                ranges.push((u32::from(entry.letter), place));
            }
            // Other BSDs list the other partitions of the disk too.
            None if !parent.freebsd => {}
            None => {
                let (letter, end) = (entry.letter, entry.start.saturating_add(entry.size));
                let what =
                    format!("partition {letter} (bytes {} to {end}) lies outside what its label divides", entry.start);
                layout.report(
                    defect::BSD_PARTITION_OUTSIDE,
                    parent.offset.saturating_add(at),
                    what + "; it is left out",
                );
            }
        }
    }
    if ranges.is_empty() {
        return Ok(());
    }
    for (one, other) in overlap::overlaps(ranges) {
        let letter = |number| char::from_u32(number).unwrap_or('?');
        let what = format!("partitions {} and {} overlap", letter(one), letter(other));
        layout.report(defect::BSD_PARTITION_OVERLAP, parent.offset.saturating_add(at), what);
    }
    match layout.volumes[index].kind {
        Kind::Disk => layout.table = Some(Table::Bsd),
        _ => layout.volumes[index].kind = Kind::Slice,
    }
    Ok(())
}

/// A label by its magic numbers, with all the entries that it may have, and where it begins.
fn find(parent: &Parent, sector_size: u64) -> Result<Option<(u64, Vec<u8>)>> {
    let len = (FIXED + MAX_ENTRIES * ENTRY) as u64;
    let second = (sector_size != crate::SECTOR).then_some(sector_size);
    for at in [crate::SECTOR].into_iter().chain(second).chain(ELSEWHERE) {
        if at.checked_add(len).is_none_or(|end| end > parent.source.size()) {
            continue;
        }
        match read_vec(&parent.source, at, len) {
            Ok(label) if label[..4] == MAGIC && label[132..136] == MAGIC => return Ok(Some((at, label))),
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            _ => {}
        }
    }
    Ok(None)
}

/// An entry of a label; sizes and positions are in bytes.
#[derive(Debug)]
struct Entry {
    letter: char,
    size: u64,
    start: u64,
    system: u8,
}

impl Entry {
    /// FreeBSD makes devices of entries without a type too.
    fn is_listed(&self, parent: &Parent) -> bool {
        let unused = self.system == 0 && (!parent.freebsd || self.size == parent.size);
        self.size > 0 && self.letter != 'c' && !unused
    }
}

/// The entries of a label, or what is wrong with it.
fn parse(label: &[u8]) -> Result<Vec<Entry>, String> {
    let word = |at: usize| u32::from_le_bytes([label[at], label[at + 1], label[at + 2], label[at + 3]]);
    let half = |at: usize| u16::from_le_bytes([label[at], label[at + 1]]);
    let count = usize::from(half(138));
    if count > MAX_ENTRIES {
        return Err(format!("the label has {count} entries; up to {MAX_ENTRIES} are possible"));
    }
    let covered = &label[..FIXED + count * ENTRY];
    if covered.chunks_exact(2).fold(0, |sum, pair| sum ^ u16::from_le_bytes([pair[0], pair[1]])) != 0 {
        return Err("the checksum of the label is wrong".to_owned());
    }
    let sector = u64::from(word(40));
    if !crate::SECTOR_SIZES.contains(&sector) {
        return Err(format!("the label counts in sectors of {sector} bytes, which no disk has"));
    }
    let entries = ('a'..).take(count).enumerate().map(|(index, letter)| {
        let at = FIXED + index * ENTRY;
        let [size, start] = [at, at + 4].map(|at| u64::from(word(at)) * sector);
        Entry { letter, size, start, system: label[at + 12] }
    });
    Ok(entries.collect())
}

/// What positions count from, in bytes: the start of the disk in old labels, that of the slice in newer ones. FreeBSD goes
/// by where the entry for the whole begins.
fn base(entries: &[Entry], parent: &Parent) -> u64 {
    match entries.get(WHOLE) {
        Some(whole) if parent.freebsd && whole.size > 0 => whole.start,
        _ if !parent.freebsd => parent.offset,
        _ => {
            let listed = || entries.iter().filter(|entry| entry.is_listed(parent));
            let relative = listed().all(|entry| entry.start.saturating_add(entry.size) <= parent.size);
            let absolute = listed().all(|entry| entry.start >= parent.offset);
            if absolute && !relative { parent.offset } else { 0 }
        }
    }
}

/// A partition that lies in its parent, `start` bytes in.
fn partition(parent: &Parent, entry: &Entry, start: u64) -> Volume {
    let there = parent.source.size();
    let begin = start.min(there);
    let source = Slice::new(parent.source.clone(), begin, entry.size.min(there - begin));
    let source = Arc::new(source.expect("both ends were cut to the parent"));
    let kind = Kind::Bsd { slice: parent.slice, letter: entry.letter };
    let offset = parent.offset.checked_add(start);
    Volume { partition_type: Some(type_name(entry.system)), ..Volume::over(kind, offset, entry.size, source) }
}

/// As bsdlabel(8) prints it.
fn type_name(system: u8) -> String {
    match system {
        0 => "unused".to_owned(),
        1 => "swap".to_owned(),
        7 => "4.2BSD".to_owned(),
        8 => "MSDOS".to_owned(),
        14 => "vinum".to_owned(),
        27 => "ZFS".to_owned(),
        other => format!("0x{other:02x}"),
    }
}
