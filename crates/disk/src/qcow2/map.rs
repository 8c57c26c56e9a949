//! Where each run of the disk's bytes is: the tables, read once and kept in order.
//!
//! A run takes 16 bytes, and a disk that was written in order has few of them. The worst disk takes twice what its
//! tables take.

use std::ops::Range;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Not here: in the backing file, or zeros. There may be a place for it all the same.
    Absent(Option<u64>),
    /// Zeros; there may be a place for other data.
    Zero(Option<u64>),
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

// A place in 64 bits: a kind in the upper two, a number in the rest. What is not stored may have a place too, which
// leaves the low bits free.
const KIND_SHIFT: u32 = 62;
const NUMBER: u64 = (1 << KIND_SHIFT) - 1;
const PLAIN: u64 = 0;
const IS_ZERO: u64 = 1;
const HAS_PLACE: u64 = 2;
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
            Place::Absent(at) => PLAIN << KIND_SHIFT | at.map_or(0, |at| at | HAS_PLACE),
            Place::Zero(at) => PLAIN << KIND_SHIFT | at.map_or(0, |at| at | HAS_PLACE) | IS_ZERO,
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
                PLAIN if last & HAS_PLACE == 0 => new == last,
                PLAIN | AT => new == last + (start - begun),
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
            PLAIN => {
                let at = (number & HAS_PLACE != 0).then_some(number & !(IS_ZERO | HAS_PLACE));
                if number & IS_ZERO != 0 { Place::Zero(at) } else { Place::Absent(at) }
            }
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
        let at = self.at + u64::from(i) * subcluster_size;
        let place_at = (self.at != 0).then_some(at);
        let place = match kind(i) {
            (1, _) => Place::At(at),
            (_, 1) => Place::Zero(place_at),
            _ => Place::Absent(place_at),
        };
        (end, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_are_joined_and_nothing_else() {
        let mut map = Map::new(11 * 512);
        let packed = Packed { offset: 5, len: 7 };
        let places = [
            Place::Absent(None),
            Place::Absent(None),
            Place::At(1024),
            Place::At(1536),
            Place::At(4096),
            Place::Zero(None),
            Place::Compressed(packed),
            Place::Compressed(packed),
            Place::Zero(Some(512)),
            Place::Zero(Some(1024)),
            Place::Absent(Some(1536)),
        ];
        for (i, place) in places.into_iter().enumerate() {
            map.push(i as u64 * 512, place);
        }
        let runs: Vec<_> = map.runs().collect();
        assert_eq!(
            runs,
            [
                (0..1024, Place::Absent(None)),
                (1024..2048, Place::At(1024)),
                (2048..2560, Place::At(4096)),
                (2560..3072, Place::Zero(None)),
                (3072..3584, Place::Compressed(packed)),
                (3584..4096, Place::Compressed(packed)),
                (4096..5120, Place::Zero(Some(512))),
                (5120..5632, Place::Absent(Some(1536))),
            ]
        );
        assert_eq!([0, 1023, 1024, 2047, 5631].map(|offset| map.find(offset)), [0, 0, 1, 1, 7]);
    }

    #[test]
    fn subclusters_have_runs_of_their_own() {
        let mixed = Subclusters { at: 1 << 20, allocated: 0b0110, zero: 0b1000 };
        assert_eq!(mixed.run(0, 512), (1, Place::Absent(Some(1 << 20))));
        assert_eq!(mixed.run(1, 512), (3, Place::At((1 << 20) + 512)));
        assert_eq!(mixed.run(3, 512), (4, Place::Zero(Some((1 << 20) + 3 * 512))));
        assert_eq!(mixed.run(4, 512), (32, Place::Absent(Some((1 << 20) + 4 * 512))));
        assert_eq!(Subclusters { at: 0, allocated: 0, zero: 1 }.run(0, 512), (1, Place::Zero(None)));
    }
}
