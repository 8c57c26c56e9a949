//! The log (section 2.3): changes that were written there first and may not have reached their places.
//!
//! They are replayed in memory, as section 2.3.3 prescribes where a file is only read; the file stays as it is.

use super::entry::{Change, Entry, Ring, SECTOR};
use super::header::Header;
use super::patches::{Patch, Patches};
use std::collections::BTreeSet;
use storage::{Error, ReadAt, Result};

/// Longest log that is replayed. All known writers make one of 1 MiB unless told otherwise; memory and time are in
/// proportion to it.
const MAX_LOG: u64 = 256 << 20;

/// How many times its own length of a log is read at most in search of entries. Once is enough for what a writer wrote,
/// as entries follow each other there, and torn ones may be counted twice.
const MAX_READ: u64 = 4;

/// Where headers and the file identifier end: what stands before cannot be changed by way of the log.
const HEADERS_END: u64 = 192 << 10;

/// What the log says about the file; nothing where there is nothing to replay.
pub(super) fn replay(file: &dyn ReadAt, header: &Header) -> Result<Patches> {
    if !header.is_dirty() {
        return Ok(Patches::none(file.size()));
    }
    active(file, header).map_err(|error| error.within("VHDX log"))
}

fn active(file: &dyn ReadAt, header: &Header) -> Result<Patches> {
    let len = header.log.end - header.log.start;
    if len > MAX_LOG {
        let what = format!("{len} bytes are not replayed, {MAX_LOG} at most; attach the disk to a machine once");
        return Err(Error::unsupported(what));
    }
    let ring = Ring::new(file, &header.log, header.log_guid);
    let entries = Entries::read(ring)?;
    let Some(sequence) = entries.active() else {
        let what = "is to be replayed, and there is no whole sequence of entries in it; where the writer was killed \
                    before it wrote any, qemu-img convert reads the disk as if there were no log";
        return Err(Error::corrupt(header.log.start, what));
    };
    let (size, head) = (file.size(), &entries.found[*sequence.last().expect("no sequence is empty")]);
    if size < head.flushed_file_offset {
        let what = format!("the file is {size} bytes long and had {} when it was written to", head.flushed_file_offset);
        return Err(Error::corrupt(size, what + "; truncated?"));
    }
    let mut patches = Patches::none(size.max(head.last_file_offset));
    for i in sequence {
        entries.found[i].for_each(ring, |change| {
            let patch = patch(ring, change);
            let is_outside = patch.range.start >= HEADERS_END
                && (patch.range.end <= header.log.start || patch.range.start >= header.log.end);
            if !is_outside && !patch.range.is_empty() {
                let what = "an entry changes the headers or the log itself, which is not possible";
                return Err(Error::corrupt(patch.range.start, what));
            }
            patches.push(patch)
        })?;
    }
    Ok(patches)
}

fn patch(ring: Ring<'_>, change: Change) -> Patch {
    match change {
        Change::Zero(range) => Patch { range, sector: None },
        Change::Data { to, from, leading, trailing } => {
            Patch { range: to..to + SECTOR, sector: Some((ring.place(from), leading, trailing)) }
        }
    }
}

/// All entries that are right, whatever sequence they belong to.
struct Entries {
    sectors: u64,
    /// In the order of their places.
    found: Vec<Entry>,
}

impl Entries {
    fn read(ring: Ring<'_>) -> Result<Self> {
        let (mut budget, mut found) = (MAX_READ * ring.sectors(), Vec::new());
        for first in 0..ring.sectors() {
            found.extend(Entry::read(ring, first, &mut budget)?);
        }
        Ok(Entries { sectors: ring.sectors(), found })
    }

    /// Number of the entry that begins with a sector.
    fn at(&self, sector: u64) -> Option<usize> {
        self.found.binary_search_by_key(&(sector % self.sectors), |entry| entry.first).ok()
    }

    /// The entries from the one that begins with `tail`, each with the next number and right behind its predecessor.
    ///
    /// Ends, because numbers grow and each entry has one.
    fn sequence(&self, tail: u64) -> Vec<usize> {
        let mut sequence: Vec<usize> = self.at(tail).into_iter().collect();
        while let Some(last) = sequence.last().map(|&i| &self.found[i]) {
            match self.at(last.first + last.sectors) {
                Some(next) if last.sequence.checked_add(1) == Some(self.found[next].sequence) => sequence.push(next),
                _ => break,
            }
        }
        sequence
    }

    /// The newest sequence that is whole: the one to replay, from its tail to its head.
    ///
    /// Sequences are looked for at every entry that is not part of one that was looked at: if the tail of the head is
    /// not within a sequence, it is not within the rest of it either.
    fn active(&self) -> Option<Vec<usize>> {
        let (mut seen, mut active) = (BTreeSet::new(), (0, None));
        for entry in &self.found {
            if seen.contains(&entry.first) {
                continue;
            }
            let sequence = self.sequence(entry.first);
            let head = &self.found[*sequence.last()?];
            let tail = sequence.iter().position(|&i| self.found[i].first == head.tail);
            if let Some(tail) = tail.filter(|_| head.sequence > active.0) {
                active = (head.sequence, Some(sequence[tail..].to_vec()));
            }
            seen.extend(sequence.iter().map(|&i| self.found[i].first));
        }
        active.1
    }
}
