//! Where each run of blocks is: the BAT, read once and kept in order.
//!
//! A run takes 12 bytes, and a disk that was written in order has few of them.

use std::ops::Range;
use storage::{Error, Result};

/// Runs that are kept: 192 MiB of memory. A disk of 64 TiB has that many blocks of 4 MiB, each of which may lie apart
/// from the next; writers give disks of such a size blocks of 32 MiB and more.
const MAX_RUNS: usize = 1 << 24;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere; reads as zeros.
    Absent,
    /// Zeros, and said to be.
    Zero,
    /// In the file, from this byte: a whole MiB.
    At(u64),
}

// A place in 64 bits: a whole MiB leaves room below, and none begins in the first.
const ABSENT: u64 = 0;
const ZERO: u64 = 1;

/// Runs in order, without gaps, to the end of the disk.
#[derive(Debug)]
pub(super) struct Map {
    size: u64,
    block_size: u64,
    /// Numbers of the blocks with which they begin.
    starts: Vec<u32>,
    places: Vec<u64>,
}

impl Map {
    /// For a disk of `size` bytes in blocks of `block_size`, to be filled from the start.
    pub(super) fn new(size: u64, block_size: u64) -> Self {
        Map { size, block_size, starts: Vec::new(), places: Vec::new() }
    }

    /// Adds a run that begins at block `start`, where the last ended; joined with that if it is its continuation.
    pub(super) fn push(&mut self, start: u64, place: Place) -> Result<()> {
        let new = match place {
            Place::Absent => ABSENT,
            Place::Zero => ZERO,
            Place::At(at) => at,
        };
        let start = u32::try_from(start).map_err(|_| Error::out_of_memory(start))?;
        if let (Some(&last), Some(&begun)) = (self.places.last(), self.starts.last()) {
            let len = if last > ZERO { u64::from(start - begun) * self.block_size } else { 0 };
            if last.checked_add(len) == Some(new) {
                return Ok(());
            }
        }
        if self.starts.len() == MAX_RUNS {
            let what = format!("VHDX BAT: the disk is in more than {MAX_RUNS} pieces, which is more than are kept");
            return Err(Error::unsupported(what));
        }
        let exhausted = |_| Error::out_of_memory(self.block_size);
        self.starts.try_reserve(1).map_err(exhausted)?;
        self.places.try_reserve(1).map_err(exhausted)?;
        self.starts.push(start);
        self.places.push(new);
        Ok(())
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn block_size(&self) -> u64 {
        self.block_size
    }

    /// Number of runs.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Number of the run that `offset` lies in.
    pub(super) fn find(&self, offset: u64) -> usize {
        let block = offset / self.block_size;
        self.starts.partition_point(|&start| u64::from(start) <= block).saturating_sub(1)
    }

    /// Run number `i`: which bytes of the disk, and where they are.
    pub(super) fn run(&self, i: usize) -> (Range<u64>, Place) {
        let start = u64::from(self.starts[i]) * self.block_size;
        let end = self.starts.get(i + 1).map_or(self.size, |&next| u64::from(next) * self.block_size);
        let place = match self.places[i] {
            ABSENT => Place::Absent,
            ZERO => Place::Zero,
            at => Place::At(at),
        };
        (start..end, place)
    }

    /// Run number `i` if it is in the file: which bytes of the disk, and which of the file, whole blocks of them.
    pub(super) fn stored(&self, i: usize) -> Option<(Range<u64>, Range<u64>)> {
        let (range, Place::At(at)) = self.run(i) else { return None };
        let len = (range.end - range.start).next_multiple_of(self.block_size);
        Some((range, at..at.saturating_add(len)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn continuations_are_joined_and_nothing_else() {
        let mut map = Map::new(15 * MIB + 512, 2 * MIB);
        let places = [
            Place::Absent,
            Place::Absent,
            Place::At(4 * MIB),
            Place::At(6 * MIB),
            Place::At(9 * MIB),
            Place::Zero,
            Place::Zero,
            Place::Absent,
        ];
        for (block, place) in (0..).zip(places) {
            map.push(block, place).unwrap();
        }
        let runs: Vec<_> = (0..map.len()).map(|i| map.run(i)).collect();
        assert_eq!(
            runs,
            [
                (0..4 * MIB, Place::Absent),
                (4 * MIB..8 * MIB, Place::At(4 * MIB)),
                (8 * MIB..10 * MIB, Place::At(9 * MIB)),
                (10 * MIB..14 * MIB, Place::Zero),
                (14 * MIB..15 * MIB + 512, Place::Absent),
            ]
        );
        assert_eq!([0, 4 * MIB - 1, 4 * MIB, 8 * MIB, 15 * MIB + 511].map(|at| map.find(at)), [0, 0, 1, 2, 4]);
        let stored: Vec<_> = (0..map.len()).filter_map(|i| map.stored(i)).collect();
        assert_eq!(stored, [(4 * MIB..8 * MIB, 4 * MIB..8 * MIB), (8 * MIB..10 * MIB, 9 * MIB..11 * MIB)]);
        assert!(map.push(1 << 32, Place::Zero).is_err());
    }
}
