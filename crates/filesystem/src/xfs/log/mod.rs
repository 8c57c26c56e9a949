//! The log: whether the filesystem was unmounted cleanly, and what a crash left to be put in place.
//!
//! Specification: XFS Algorithms & Data Structures, "Journaling Log". Read here: logs of both versions, records that
//! wrap around the end, writes that a crash has torn. Not supported: a log on another device; to replay the log of
//! version 4, or one of a machine that puts the high byte first.

mod change;
mod record;
mod replay;
mod replayed;
mod ring;
mod stamp;
#[cfg(test)]
mod tests;
mod transaction;

use super::superblock::Superblock;
use record::Record;
use ring::{BLOCK, IN_FLIGHT, MAX_RECORD, Ring};
use std::sync::Arc;
use storage::{Error, ErrorKind, ReadAt, Result, Source};

/// Longest stretch of a log that is replayed, in blocks: 128 MiB, all of which is held in memory.
const MAX_LIVE: u64 = (128 << 20) / BLOCK;
/// Features of a log that change what its items mean: up to the one for extended attributes.
const KNOWN_FEATURES: u32 = 0x1;

/// What stands in a log.
pub(super) struct Log {
    /// Unmounted cleanly; none where that cannot be told.
    pub(super) clean: Option<bool>,
    pub(super) notes: Vec<String>,
    /// What is to be replayed.
    records: Vec<Record>,
}

impl Log {
    /// Only the newest record, which says whether it was unmounted; what is to be replayed is left out.
    pub(super) fn glance(volume: &dyn ReadAt, superblock: &Superblock) -> Result<Self> {
        let newest = ring(volume, superblock).and_then(|ring| match ring.head()? {
            None => Ok(State::Clean),
            Some(head) => match newest(&ring, superblock, head)? {
                (_, true) => Ok(State::Clean),
                _ => Ok(State::Dirty(Vec::new())),
            },
        });
        Self::of(newest)
    }

    /// All of it that counts. A log that cannot be read is a note.
    pub(super) fn read(volume: &dyn ReadAt, superblock: &Superblock) -> Result<Self> {
        Self::of(ring(volume, superblock).and_then(|ring| state(&ring, superblock)))
    }

    fn of(state: Result<State>) -> Result<Self> {
        let (clean, note, records) = match state {
            Ok(State::Clean) => (Some(true), None, Vec::new()),
            Ok(State::Dirty(records)) => {
                let note = "it was not unmounted: its log holds changes that are not yet in place";
                (Some(false), Some(note.to_owned()), records)
            }
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => {
                let clean = (error.kind() == ErrorKind::Corrupt).then_some(false);
                (clean, Some(format!("whether it was unmounted cleanly is not known: {error}")), Vec::new())
            }
        };
        Ok(Log { clean, notes: note.into_iter().collect(), records })
    }

    /// The volume as it will be after the next mount, if that is another, and a note on what that rests upon.
    ///
    /// A log that cannot be replayed is left alone: then the newest changes are missing, and the note says so.
    pub(super) fn replay(self, volume: &Source, superblock: &Superblock) -> Result<(Option<Source>, Option<String>)> {
        if self.records.is_empty() {
            return Ok((None, None));
        }
        match replayed(volume, superblock, self.records) {
            Ok((volume, note)) => Ok((Some(volume), Some(note))),
            Err(error) if error.kind() == ErrorKind::Io => Err(error),
            Err(error) => Ok((None, Some(format!("the log is not replayed, the newest changes are missing: {error}")))),
        }
    }
}

fn replayed(volume: &Source, superblock: &Superblock, records: Vec<Record>) -> Result<(Source, String)> {
    if !superblock.features.v5 {
        return Err(Error::unsupported("the log of XFS version 4 is not replayed here"));
    }
    if superblock.features.log_incompat & !KNOWN_FEATURES != 0 {
        return Err(Error::unsupported("newer XFS: its log has features that are not known here"));
    }
    let transactions = transaction::assemble(records)?;
    let (volume, is_moving) = replay::replay(volume.clone(), superblock, &transactions)?;
    let mut note = format!("{} sectors are read from the log", volume.len());
    if is_moving {
        note.push_str("; extents were about to be moved between files, which is not finished here");
    }
    Ok((Arc::new(volume), note))
}

enum State {
    /// Nothing that is not in place.
    Clean,
    /// Records from the oldest that is needed to the newest, in order.
    Dirty(Vec<Record>),
}

fn ring<'a>(volume: &'a dyn ReadAt, superblock: &Superblock) -> Result<Ring<'a>> {
    match superblock.log()? {
        Some((at, len)) => Ok(Ring { volume, at, len: len / BLOCK }),
        None => Err(Error::unsupported("XFS log: it is on another device")),
    }
}

/// The newest record before `head`, and whether it is that of a clean unmount.
fn newest(ring: &Ring<'_>, superblock: &Superblock, head: u64) -> Result<(Record, bool)> {
    let Some(last) = ring.last_before(head)? else {
        return Err(Error::corrupt(ring.at, "XFS log: there is no record before its head"));
    };
    if last.uuid != superblock.log_uuid() && last.uuid != [0; 16] {
        return Err(Error::corrupt(ring.at + last.start * BLOCK, "XFS log: a record of another filesystem"));
    }
    let clean = last.next == head && last.is_unmount() && last.intact != Some(false);
    Ok((last, clean))
}

/// Finds the newest record, and those before it that are still needed.
fn state(ring: &Ring<'_>, superblock: &Superblock) -> Result<State> {
    let Some(mut head) = ring.head()? else { return Ok(State::Clean) };
    // Each torn record moves the head back to its beginning.
    for _ in 0..=IN_FLIGHT {
        let (last, clean) = newest(ring, superblock, head)?;
        if clean {
            return Ok(State::Clean);
        }
        match live(ring, last.tail, head)? {
            Live::Whole(records) => return Ok(State::Dirty(records)),
            Live::Torn(at) => head = at,
        }
    }
    Err(Error::corrupt(ring.at, "XFS log: more of its newest records are damaged than a crash can have torn"))
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
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Ok(record) if record.intact != Some(false) && ring.distance(block, record.next) <= left => record,
            // Only what was on its way can be torn.
            _ if block != first && left <= IN_FLIGHT * MAX_RECORD && ring.records(block + 1, left - 1)? < IN_FLIGHT => {
                return Ok(Live::Torn(block));
            }
            Err(error) => return Err(error),
            Ok(_) => return Err(Error::corrupt(ring.at + block * BLOCK, "XFS log: a record has a wrong checksum")),
        };
        block = record.next;
        records.push(record);
    }
    Ok(Live::Whole(records))
}
