//! What is wrong with a table that is intact: values that contradict each other or the disk.

use super::copy::{Copy, Entry};
use crate::problem as defect;
use crate::{Layout, overlap};
use std::collections::BTreeMap;
use std::ops::Range;
use storage::ReadAt;

/// The only size of an entry that Linux accepts, in bytes.
const LINUX_ENTRY_SIZE: u32 = 128;

/// Partitions listed of one disk. Linux has minor numbers for 256.
const MAX_PARTITIONS: usize = 512;

/// Checks the ranges that the header names.
pub(super) fn header(layout: &mut Layout, disk: &dyn ReadAt, copy: &Copy) {
    let at = copy.lba * layout.sector_size;
    let sectors = disk.size() / layout.sector_size;
    if copy.entry_size != LINUX_ENTRY_SIZE {
        let what = format!("entries are of {} bytes, not {LINUX_ENTRY_SIZE}", copy.entry_size);
        layout.report(defect::GPT_ENTRY_SIZE, at, what);
    }
    let usable = format!("the usable range is sectors {} to {}", copy.first_usable, copy.last_usable);
    let own = copy.entries_lba..copy.entries_lba + copy.entries_sectors(layout.sector_size);
    if copy.first_usable > copy.last_usable {
        layout.report(defect::GPT_USABLE_RANGE, at, usable + ": it ends before it begins");
    } else if copy.last_usable >= sectors {
        layout.report(defect::GPT_USABLE_RANGE, at, format!("{usable}, but the disk has {sectors}"));
    } else if copy.first_usable <= 1 || own.end > copy.first_usable && own.start <= copy.last_usable {
        layout.report(defect::GPT_USABLE_RANGE, at, format!("{usable}: the table itself, at {own:?}, lies in it"));
    }
}

/// Checks the partitions, and gives those that are ranges at all, in bytes.
pub(super) fn entries<'a>(
    layout: &mut Layout,
    disk: &dyn ReadAt,
    copy: &Copy,
    entries: &'a [Entry],
) -> Vec<(&'a Entry, Range<u64>)> {
    let at = |entry: &Entry| {
        copy.entries_lba * layout.sector_size + u64::from(entry.number - 1) * u64::from(copy.entry_size)
    };
    let sector_size = layout.sector_size;
    let places: BTreeMap<u32, u64> = entries.iter().map(|entry| (entry.number, at(entry))).collect();
    let place = |number: u32| places.get(&number).copied().unwrap_or(0);
    let mut usable = Vec::new();
    let mut guids = BTreeMap::new();
    for entry in entries {
        let number = entry.number;
        let name = format!("partition {number} (sectors {} to {})", entry.first, entry.last);
        let Some(range) = bytes(entry, sector_size) else {
            layout.report(defect::GPT_ENTRY_INVALID, place(number), name + " is no range; it is left out");
            continue;
        };
        if usable.len() == MAX_PARTITIONS {
            let what = format!("only the first {MAX_PARTITIONS} partitions are read");
            layout.report(defect::GPT_TOO_MANY, place(number), what);
            break;
        }
        if range.end > disk.size() {
            let what = format!("{name} ends at byte {}, but the disk ends at byte {}", range.end, disk.size());
            layout.report(defect::GPT_PARTITION_BEYOND_END, place(number), what);
        }
        if entry.first < copy.first_usable || entry.last > copy.last_usable {
            let what = format!("{name} is outside the usable range, {} to {}", copy.first_usable, copy.last_usable);
            layout.report(defect::GPT_ENTRY_OUTSIDE_USABLE, place(number), what);
        }
        if let Some(other) = guids.insert(&entry.guid, number) {
            let what = format!("partitions {other} and {number} have the same GUID, {}", entry.guid);
            layout.report(defect::GPT_DUPLICATE_GUID, place(number), what);
        }
        usable.push((entry, range));
    }
    let ranges = usable.iter().map(|(entry, range)| (entry.number, range.clone())).collect();
    for (one, other) in overlap::overlaps(ranges) {
        layout.report(defect::GPT_ENTRY_OVERLAP, place(other), format!("partitions {one} and {other} overlap"));
    }
    usable
}

/// The bytes of a partition; nothing if they are no range of any disk.
fn bytes(entry: &Entry, sector_size: u64) -> Option<Range<u64>> {
    let end = entry.last.checked_add(1).filter(|&end| end > entry.first)?;
    Some(entry.first.checked_mul(sector_size)?..end.checked_mul(sector_size)?)
}
