//! The log: whether the filesystem was unmounted cleanly, and what a crash left to be put in place.
//!
//! Specification: XFS Algorithms & Data Structures, "Journaling Log". Read here: logs of both versions, records that
//! wrap around the end, writes that a crash has torn. Not supported: a log on another device; to replay the log of
//! version 4, or one of a machine that puts the high byte first.

mod record;
mod ring;

use super::superblock::Superblock;
use record::Record;
use ring::{BLOCK, IN_FLIGHT, MAX_RECORD, Ring};
use storage::{Error, ReadAt, Result};

/// Longest stretch of a log that is replayed, in blocks: 128 MiB, all of which is held in memory.
const MAX_LIVE: u64 = (128 << 20) / BLOCK;

/// What stands in a log.
#[derive(Debug)]
enum State {
    /// Nothing that is not in place.
    Clean,
    /// Records from the oldest that is needed to the newest, in order.
    Dirty(Vec<Record>),
}

/// Finds the newest record, and those before it that are still needed.
fn state(volume: &dyn ReadAt, superblock: &Superblock) -> Result<State> {
    let Some((at, len)) = superblock.log()? else {
        return Err(Error::unsupported("XFS log: it is on another device"));
    };
    let ring = Ring { volume, at, len: len / BLOCK };
    let Some(mut head) = ring.head()? else { return Ok(State::Clean) };
    // Each torn record moves the head back to its beginning.
    for _ in 0..=IN_FLIGHT {
        let Some(last) = ring.last_before(head)? else {
            return Err(Error::corrupt(at, "XFS log: there is no record before its head"));
        };
        if last.uuid != superblock.log_uuid() && last.uuid != [0; 16] {
            return Err(Error::corrupt(at + last.start * BLOCK, "XFS log: a record of another filesystem"));
        }
        if last.next == head && last.is_unmount() && last.intact != Some(false) {
            return Ok(State::Clean);
        }
        match live(&ring, last.tail, head)? {
            Live::Whole(records) => return Ok(State::Dirty(records)),
            Live::Torn(at) => head = at,
        }
    }
    Err(Error::corrupt(at, "XFS log: more of its newest records are damaged than a crash can have torn"))
}

/// A stretch of the log.
enum Live {
    Whole(Vec<Record>),
    /// One of the newest records is damaged, which begins at this block.
    Torn(u64),
}

/// The records from the place `tail` to the block `head`.
fn live(ring: &Ring<'_>, tail: u64, head: u64) -> Result<Live> {
    let mut block = tail & 0xFFFF_FFFF;
    let span = match block < ring.len {
        true => ring.distance(block, head),
        false => return Err(Error::corrupt(ring.at, format!("XFS log: it begins at block {block}, past its end"))),
    };
    if span > MAX_LIVE {
        return Err(Error::unsupported(format!("XFS log: {span} blocks of it wait; up to {MAX_LIVE} are replayed")));
    }
    let first = block;
    let mut records: Vec<Record> = Vec::new();
    while block != head {
        let left = ring.distance(block, head);
        let record = match Record::read(ring, block) {
            Err(error) if error.kind() == storage::ErrorKind::Io => return Err(error),
            Ok(record) if record.intact != Some(false) && ring.distance(block, record.next) <= left => record,
            // Only what was on its way can be torn.
            _ if left <= IN_FLIGHT * MAX_RECORD && block != first => return Ok(Live::Torn(block)),
            Err(error) => return Err(error),
            Ok(_) => return Err(Error::corrupt(ring.at + block * BLOCK, "XFS log: a record has a wrong checksum")),
        };
        block = record.next;
        records.push(record);
    }
    Ok(Live::Whole(records))
}

/// Fills in whether it was unmounted cleanly.
pub(super) fn note(volume: &dyn ReadAt, superblock: &Superblock, info: &mut crate::tree::Info) -> Result<()> {
    match state(volume, superblock) {
        Ok(State::Clean) => info.clean = Some(true),
        Ok(State::Dirty(_)) => {
            info.clean = Some(false);
            info.notes.push("it was not unmounted: its log holds changes that are not yet in place".into());
        }
        Err(error) if error.kind() == storage::ErrorKind::Io => return Err(error),
        Err(error) => {
            info.clean = (error.kind() == storage::ErrorKind::Corrupt).then_some(false);
            info.notes.push(format!("whether it was unmounted cleanly is not known: {error}"));
        }
    }
    Ok(())
}
