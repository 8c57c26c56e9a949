//! What takes which part of the file: nothing may be taken twice.

use super::features::DATA_FILE;
use super::header::Header;
use super::map::{Map, Packed, Place};
use super::refcounts::Refcounts;
use super::tables::{COPIED, L2, OFFSET};
use std::fmt;
use storage::{Error, ReadAt, Result};

/// Who takes a part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Header,
    L1,
    RefcountTable,
    RefcountBlock(u64),
    Snapshots,
    L2(u64),
    Data(u64),
    Compressed(u64),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Header => f.write_str("the header"),
            Owner::L1 => f.write_str("the L1 table"),
            Owner::RefcountTable => f.write_str("the refcount table"),
            Owner::RefcountBlock(i) => write!(f, "refcount block {i}"),
            Owner::Snapshots => f.write_str("the snapshot table"),
            Owner::L2(i) => write!(f, "L2 table {i}"),
            Owner::Data(guest) => write!(f, "the data of guest byte {guest}"),
            Owner::Compressed(guest) => write!(f, "the compressed data of guest byte {guest}"),
        }
    }
}

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Taken {
    start: u64,
    end: u64,
    owner: Owner,
}

/// Refuses a file in which two structures, or two guest clusters, have the same bytes.
///
/// Two guest clusters may share one only where the image has internal snapshots and the refcount says so.
pub(super) fn refuse(
    file: &dyn ReadAt,
    header: &Header,
    tables: &[L2],
    map: &Map,
    refcounts: Option<&Refcounts>,
) -> Result<()> {
    let mut taken = metadata(header, tables, refcounts);
    let mut data = data(header, map);
    if header.has(DATA_FILE) {
        refuse_twice(&mut data, |_, _| Ok(false))?;
    } else {
        taken.append(&mut data);
        taken.append(&mut compressed(header, map)?);
    }
    let Some(refcounts) = refcounts else { return refuse_twice(&mut taken, |_, _| Ok(false)) };
    let cluster = header.cluster_size();
    refuse_twice(&mut taken, |start, end| {
        let mut shared = header.snapshot_count > 0;
        for number in start / cluster..end / cluster {
            shared = shared && refcounts.get(file, number)? >= 2;
        }
        Ok(shared)
    })?;
    refuse_stray_bit(file, header, map, refcounts, &taken)
}

/// Refuses ordinary tables that the header says are extended: what should be bitmaps of subclusters are then the
/// places of clusters that are in use and that nobody else has.
fn refuse_stray_bit(
    file: &dyn ReadAt,
    header: &Header,
    map: &Map,
    refcounts: &Refcounts,
    taken: &[Taken],
) -> Result<()> {
    let cluster = header.cluster_size();
    for (guest, place) in map.runs() {
        let Place::Mixed(subclusters) = place else { continue };
        let bitmap = (u64::from(subclusters.zero) << 32) | u64::from(subclusters.allocated);
        let at = bitmap & OFFSET;
        if bitmap != COPIED | at || !header.is_aligned(at) || at >= file.size() {
            continue;
        }
        let after = taken.partition_point(|part| part.start <= at);
        let is_taken = after.checked_sub(1).is_some_and(|i| taken[i].end > at);
        if !is_taken && refcounts.get(file, at / cluster)? > 0 {
            let what = format!("qcow2: the subclusters of guest byte {} are an ordinary table entry", guest.start);
            return Err(Error::corrupt(72, what + "; the feature bit for subclusters is set by mistake"));
        }
    }
    Ok(())
}

fn metadata(header: &Header, tables: &[L2], refcounts: Option<&Refcounts>) -> Vec<Taken> {
    let cluster = header.cluster_size();
    let part = |start: u64, len: u64, owner| Taken { start, end: start + len, owner };
    let mut taken = vec![part(0, cluster, Owner::Header), part(header.l1_offset, header.l1_size * 8, Owner::L1)];
    taken.extend(tables.iter().map(|table| part(table.offset, cluster, Owner::L2(table.index))));
    if let Some(refcounts) = refcounts {
        taken.push(part(header.refcount_table_offset, header.refcount_table_clusters * cluster, Owner::RefcountTable));
        taken.extend(refcounts.blocks().map(|(i, offset)| part(offset, cluster, Owner::RefcountBlock(i))));
    }
    if header.snapshot_count > 0 {
        taken.push(part(header.snapshots_offset, u64::from(header.snapshot_count) * 40, Owner::Snapshots));
    }
    taken.retain(|part| part.start < part.end);
    taken
}

fn data(header: &Header, map: &Map) -> Vec<Taken> {
    let parts = map.runs().filter_map(|(guest, place)| {
        let (start, len) = match place {
            Place::At(at) => (at, guest.end - guest.start),
            Place::Mixed(subclusters) if subclusters.allocated != 0 => (subclusters.at, header.cluster_size()),
            _ => return None,
        };
        let end = (start + len).next_multiple_of(header.cluster_size());
        Some(Taken { start, end, owner: Owner::Data(guest.start) })
    });
    parts.collect()
}

/// Compressed clusters lie side by side in clusters of the file: those are taken as a whole, once.
fn compressed(header: &Header, map: &Map) -> Result<Vec<Taken>> {
    let mut packed: Vec<(Packed, u64)> = map
        .runs()
        .filter_map(|(guest, place)| match place {
            Place::Compressed(packed) => Some((packed, guest.start)),
            _ => None,
        })
        .collect();
    packed.sort_unstable_by_key(|(packed, _)| packed.offset);
    let mut taken: Vec<Taken> = Vec::new();
    let mut before = None;
    for (Packed { offset, len }, guest) in packed {
        // The length counts whole sectors, and the next cluster may begin in the last of them.
        if before.is_some_and(|(start, last_sector)| offset == start || offset < last_sector) {
            let what = format!("qcow2: the compressed data of guest byte {guest} overlaps that of another cluster");
            return Err(Error::corrupt(offset, what));
        }
        before = Some((offset, (offset + len - 1) / 512 * 512));
        let start = offset - offset % header.cluster_size();
        let end = (offset + len).next_multiple_of(header.cluster_size());
        match taken.last_mut() {
            Some(last) if last.end >= start => last.end = end.max(last.end),
            _ => taken.push(Taken { start, end, owner: Owner::Compressed(guest) }),
        }
    }
    Ok(taken)
}

fn refuse_twice(taken: &mut [Taken], may_share: impl Fn(u64, u64) -> Result<bool>) -> Result<()> {
    taken.sort_unstable();
    let mut before: Option<Taken> = None;
    for &part in taken.iter() {
        let Some(last) = before else {
            before = Some(part);
            continue;
        };
        if part.start < last.end {
            let both_data = matches!((last.owner, part.owner), (Owner::Data(_), Owner::Data(_)));
            if !both_data || !may_share(part.start, last.end.min(part.end))? {
                return Err(Error::corrupt(part.start, format!("qcow2: {} overlaps {}", part.owner, last.owner)));
            }
        }
        if part.end > last.end {
            before = Some(part);
        }
    }
    Ok(())
}
