//! The tables of internal snapshots: only where their L1 tables are. What they hold is not read.

use super::header::Header;
use crate::fields::{be32, be64};
use storage::{Error, ReadAt, Result, read_array};

/// Length of an entry before its variable parts.
const ENTRY_LEN: usize = 40;

/// Most extra data of one entry, and of the whole table; qemu's limits.
const MAX_EXTRA: u64 = 1024;
const MAX_TABLE: u64 = 64 << 20;

/// The L1 table of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct L1 {
    pub(super) offset: u64,
    pub(super) entries: u64,
}

/// The L1 tables of all snapshots, and where the snapshot table ends.
pub(super) fn read(file: &dyn ReadAt, header: &Header) -> Result<(Vec<L1>, u64)> {
    let mut found = Vec::new();
    let mut at = header.snapshots_offset;
    for i in 0..header.snapshot_count {
        let within = |error: Error| error.within(format!("qcow2 snapshot {i}"));
        let entry: [u8; ENTRY_LEN] = read_array(file, at).map_err(within)?;
        let length16 = |at: usize| u64::from(u16::from_be_bytes([entry[at], entry[at + 1]]));
        let extra = u64::from(be32(&entry, 36));
        let next = at + (ENTRY_LEN as u64 + extra + length16(12) + length16(14)).next_multiple_of(8);
        if extra > MAX_EXTRA || next - header.snapshots_offset > MAX_TABLE || next > file.size().next_multiple_of(8) {
            return Err(within(Error::corrupt(at, "its entry in the snapshot table is too long")));
        }
        found.push(L1 { offset: be64(&entry, 0), entries: u64::from(be32(&entry, 8)) });
        at = next;
    }
    Ok((found, at))
}
