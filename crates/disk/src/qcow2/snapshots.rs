//! The table of internal snapshots, and the disks that they keep.

use super::header::{Header, MAX_L1_BYTES};
use crate::Snapshot;
use crate::fields::{be32, be64};
use storage::{Error, ReadAt, Result, read_array, read_vec};

/// Length of an entry before its variable parts.
const ENTRY_LEN: usize = 40;

/// Most extra data of one entry, and of the whole table; qemu's limits.
const MAX_EXTRA: u64 = 1024;
const MAX_TABLE: u64 = 64 << 20;

/// What extra data says of the length of the disk or of the instructions executed where it says nothing.
const NO_ICOUNT: u64 = u64::MAX;

/// The L1 table of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct L1 {
    pub(super) offset: u64,
    pub(super) entries: u64,
}

/// An entry of the table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) l1: L1,
    pub(super) snapshot: Snapshot,
}

/// All entries, and where the table ends.
pub(super) fn read(file: &dyn ReadAt, header: &Header) -> Result<(Vec<Row>, u64)> {
    let mut rows = Vec::new();
    let mut at = header.snapshots_offset;
    for i in 0..header.snapshot_count {
        let within = |error: Error| error.within(format!("qcow2 snapshot {i}"));
        let entry: [u8; ENTRY_LEN] = read_array(file, at).map_err(within)?;
        let length16 = |at: usize| u64::from(u16::from_be_bytes([entry[at], entry[at + 1]]));
        let (extra_len, id_len, name_len) = (u64::from(be32(&entry, 36)), length16(12), length16(14));
        let len = extra_len + id_len + name_len;
        let next = at + (ENTRY_LEN as u64 + len).next_multiple_of(8);
        if extra_len > MAX_EXTRA || next - header.snapshots_offset > MAX_TABLE {
            return Err(within(Error::corrupt(at, "its entry in the snapshot table is too long")));
        }
        let rest = read_vec(file, at + ENTRY_LEN as u64, len).map_err(within)?;
        let (extra, names) = rest.split_at(storage::to_usize(extra_len)?);
        let (id, name) = names.split_at(storage::to_usize(id_len)?);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let extra = |at: usize| (extra.len() >= at + 8).then(|| be64(extra, at));
        let seconds = |at: usize| u64::from(be32(&entry, at)) * 1_000_000_000;
        rows.push(Row {
            l1: L1 { offset: be64(&entry, 0), entries: u64::from(be32(&entry, 8)) },
            snapshot: Snapshot {
                id: text(id),
                name: text(name),
                vm_state_size: extra(0).unwrap_or(u64::from(be32(&entry, 32))),
                date_ns: seconds(16) + u64::from(be32(&entry, 20)),
                vm_clock_ns: be64(&entry, 24),
                icount: extra(16).filter(|&icount| icount != NO_ICOUNT),
                disk_size: extra(8).unwrap_or(header.size),
            },
        });
        at = next;
    }
    Ok((rows, at))
}

/// The header of the disk as it was when a snapshot was taken.
///
/// `wanted` is an id or else a name, or `snapshot.id=…,snapshot.name=…` of which all that is said must be true.
pub(super) fn header_of(file: &dyn ReadAt, header: &Header, wanted: &str) -> Result<Header> {
    let (rows, _) = read(file, header)?;
    let row = find(&rows, wanted).ok_or_else(|| {
        let known: Vec<_> = rows.iter().map(|row| format!("{} {:?}", row.snapshot.id, row.snapshot.name)).collect();
        let there =
            if known.is_empty() { "there are none".to_owned() } else { format!("there are {}", known.join(", ")) };
        Error::not_found(format!("the qcow2 has no snapshot {wanted:?}; {there}"))
    })?;
    let L1 { offset, entries } = row.l1;
    if entries * 8 > MAX_L1_BYTES {
        let what = format!("qcow2 snapshot {:?}: an L1 table of {entries} entries is too large", row.snapshot.name);
        return Err(Error::corrupt(header.snapshots_offset, what));
    }
    let then = Header { size: row.snapshot.disk_size, l1_offset: offset, l1_size: entries, ..header.clone() };
    then.check(file.size()).map_err(|error| error.within(format!("qcow2 snapshot {:?}", row.snapshot.name)))?;
    Ok(then)
}

fn find<'r>(rows: &'r [Row], wanted: &str) -> Option<&'r Row> {
    let fields: Option<Vec<(&str, &str)>> = wanted.split(',').map(|field| field.split_once('=')).collect();
    let is_known = |name: &str| ["snapshot.id", "snapshot.name"].contains(&name);
    match fields {
        Some(fields) if fields.iter().all(|(name, _)| is_known(name)) => rows.iter().find(|row| {
            fields.iter().all(|&(name, value)| {
                value == if name == "snapshot.id" { &row.snapshot.id } else { &row.snapshot.name }
            })
        }),
        _ => {
            let by_id = rows.iter().find(|row| row.snapshot.id == wanted);
            by_id.or_else(|| rows.iter().find(|row| row.snapshot.name == wanted))
        }
    }
}
