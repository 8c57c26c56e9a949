//! Where each run of the disk's bytes is: the tables, read once and kept in order.
//!
//! A run takes 16 bytes, and a disk that was written in order has few of them. The worst disk takes twice what its
//! tables take.

use std::ops::Range;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Not here: in the backing file, or zeros.
    Absent,
    /// Zeros.
    Zero,
    /// In the data file, from this byte.
    At(u64),
    /// One cluster, compressed.
    Compressed(Packed),
    /// One cluster whose subclusters differ.
    Mixed(Subclusters),
}

/// Where a compressed cluster is: `offset` in the file, and a length that is at least its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// A cluster of 32 subclusters: at `at` in the data file as far as `allocated`, zeros as far as `zero`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subclusters {
    pub(super) at: u64,
    pub(super) allocated: u32,
    pub(super) zero: u32,
}

/// Runs in order, without gaps, to the end of the disk.
#[derive(Debug)]
pub(super) struct Map {
    size: u64,
    starts: Vec<u64>,
    places: Vec<u64>,
    packed: Vec<Packed>,
    mixed: Vec<Subclusters>,
}

// A place in 64 bits: a kind in the upper two, a number in the rest.
const KIND_SHIFT: u32 = 62;
const NUMBER: u64 = (1 << KIND_SHIFT) - 1;
const PLAIN: u64 = 0;
const AT: u64 = 1;
const PACKED: u64 = 2;
const MIXED: u64 = 3;

impl Map {
    /// For a disk of `size` bytes, to be filled from the start.
    pub(super) fn new(size: u64) -> Self {
        Map { size, starts: Vec::new(), places: Vec::new(), packed: Vec::new(), mixed: Vec::new() }
    }

    /// Adds a run that begins at `start`, where the last ended; joined with that if it is its continuation.
    pub(super) fn push(&mut self, start: u64, place: Place) {
        let new = match place {
            Place::Absent => PLAIN << KIND_SHIFT,
            Place::Zero => PLAIN << KIND_SHIFT | 1,
            Place::At(at) => AT << KIND_SHIFT | at,
            Place::Compressed(packed) => {
                self.packed.push(packed);
                PACKED << KIND_SHIFT | (self.packed.len() - 1) as u64
            }
            Place::Mixed(subclusters) => {
                self.mixed.push(subclusters);
                MIXED << KIND_SHIFT | (self.mixed.len() - 1) as u64
            }
        };
        if let (Some(&last), Some(&begun)) = (self.places.last(), self.starts.last()) {
            let continued = match last >> KIND_SHIFT {
                PLAIN => new == last,
                AT => new == last + (start - begun),
                _ => false,
            };
            if continued {
                return;
            }
        }
        self.starts.push(start);
        self.places.push(new);
    }

    /// Number of runs.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Number of the run that `offset` lies in.
    pub(super) fn find(&self, offset: u64) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Run number `i`.
    pub(super) fn run(&self, i: usize) -> (Range<u64>, Place) {
        let end = self.starts.get(i + 1).copied().unwrap_or(self.size);
        let number = self.places[i] & NUMBER;
        let index = || usize::try_from(number).expect("an index was made from a usize");
        let place = match self.places[i] >> KIND_SHIFT {
            PLAIN if number == 0 => Place::Absent,
            PLAIN => Place::Zero,
            AT => Place::At(number),
            PACKED => Place::Compressed(self.packed[index()]),
            _ => Place::Mixed(self.mixed[index()]),
        };
        (self.starts[i]..end, place)
    }

    /// All runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = (Range<u64>, Place)> {
        (0..self.len()).map(|i| self.run(i))
    }
}

impl Subclusters {
    /// The run of like subclusters that begins at number `i`: the number after its last, and where it is.
    pub(super) fn run(&self, i: u32, subcluster_size: u64) -> (u32, Place) {
        let kind = |i: u32| (self.allocated >> i & 1, self.zero >> i & 1);
        let end = (i..32).find(|&next| kind(next) != kind(i)).unwrap_or(32);
        let place = match kind(i) {
            (1, _) => Place::At(self.at + u64::from(i) * subcluster_size),
            (_, 1) => Place::Zero,
            _ => Place::Absent,
        };
        (end, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_are_joined_and_nothing_else() {
        let mut map = Map::new(80);
        let packed = Packed { offset: 5, len: 7 };
        let places = [
            Place::Absent,
            Place::Absent,
            Place::At(100),
            Place::At(110),
            Place::At(140),
            Place::Zero,
            Place::Compressed(packed),
            Place::Compressed(packed),
        ];
        for (i, place) in places.into_iter().enumerate() {
            map.push(i as u64 * 10, place);
        }
        let runs: Vec<_> = map.runs().collect();
        assert_eq!(
            runs,
            [
                (0..20, Place::Absent),
                (20..40, Place::At(100)),
                (40..50, Place::At(140)),
                (50..60, Place::Zero),
                (60..70, Place::Compressed(packed)),
                (70..80, Place::Compressed(packed)),
            ]
        );
        assert_eq!([0, 19, 20, 39, 79].map(|offset| map.find(offset)), [0, 0, 1, 1, 5]);
    }

    #[test]
    fn subclusters_have_runs_of_their_own() {
        let mixed = Subclusters { at: 1 << 20, allocated: 0b0110, zero: 0b1000 };
        assert_eq!(mixed.run(0, 512), (1, Place::Absent));
        assert_eq!(mixed.run(1, 512), (3, Place::At((1 << 20) + 512)));
        assert_eq!(mixed.run(3, 512), (4, Place::Zero));
        assert_eq!(mixed.run(4, 512), (32, Place::Absent));
    }
}
