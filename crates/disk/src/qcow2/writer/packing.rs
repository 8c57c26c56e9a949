//! Where compressed clusters go: one behind the other, to the byte; and what does not shrink, in clusters of its own.

use super::metadata;
use super::pieces::Pieces;
use super::refcounts::Refcounts;
use super::shape::Shape;
use super::tables::Tables;
use crate::qcow2::tables::{COMPRESSED, COPIED, OFFSET, packed};
use std::ops::Range;
use storage::{Error, Result, WriteAt};

const SECTOR: u64 = 512;

/// Bitmap of a cluster with all its subclusters; compressed ones have none.
const ALL_SUBCLUSTERS: u64 = u32::MAX as u64;

/// What has been given a place so far.
pub(super) struct Packing {
    cluster_size: u64,
    tables: Tables,
    refcounts: Refcounts,
    /// Where the next compressed cluster goes, if there is room.
    next: u64,
    /// Where the next cluster of the file begins.
    end: u64,
    /// As many users as can be counted.
    most: u64,
}

impl Packing {
    pub(super) fn new(shape: &Shape) -> Result<Self> {
        let (cluster_size, tables, mut refcounts) = (shape.cluster_size, Tables::new(shape)?, Refcounts::new(shape));
        let (end, most) = (shape.start(), u64::MAX >> (64 - (1 << shape.refcount_order)));
        refcounts.change(0..end / cluster_size, 1)?;
        Ok(Packing { cluster_size, tables, refcounts, next: end, end, most })
    }

    /// Whether the cluster of the disk has a place.
    pub(super) fn holds(&self, cluster: u64) -> Result<bool> {
        self.tables.holds(cluster)
    }

    /// No cluster of the disk before this one changes any more. Gives away metadata that is to be written.
    pub(super) fn pass(&mut self, cluster: u64) -> Result<Pieces> {
        self.tables.close_before(cluster);
        if !self.tables.are_due() {
            return Ok(Pieces::default());
        }
        let from = self.end;
        let mut pieces = self.tables.take_closed(&mut self.end)?;
        if self.end > from {
            self.refcounts.change(from / self.cluster_size..self.end / self.cluster_size, 1)?;
            self.refcounts.take_whole(&mut self.end, &mut pieces)?;
            // No piece runs on across these.
            self.next = self.end;
        }
        Ok(pieces)
    }

    /// Writes all metadata that is left, and the header.
    pub(super) fn finish(&mut self, file: &dyn WriteAt, shape: &Shape) -> Result<()> {
        let from = self.end;
        self.tables.finish(file, &mut self.end)?;
        self.refcounts.change(from / self.cluster_size..self.end / self.cluster_size, 1)?;
        metadata::write(file, shape, &self.refcounts, self.end)
    }

    /// What of the file is still open: the room behind what was packed, and all from the end on.
    pub(super) fn open(&self) -> (Range<u64>, u64) {
        (self.next..self.next.next_multiple_of(self.cluster_size), self.end)
    }

    /// Gives a cluster of the disk that was compressed to `len` bytes a place.
    pub(super) fn place_packed(&mut self, cluster: u64, len: u64) -> Result<u64> {
        let bits = self.cluster_size.trailing_zeros();
        let (begun, room) = (self.next / self.cluster_size, self.next.next_multiple_of(self.cluster_size) - self.next);
        // A piece may run into the cluster behind, if that is the next of the file.
        let fits = len <= room || self.next + room == self.end;
        if room == 0 || !fits || self.refcounts.users(begun) >= self.most {
            self.next = self.end;
        }
        let place = self.next;
        let sector_bits = bits - 8;
        if (place + len) >> (62 - sector_bits) != 0 {
            return Err(too_long());
        }
        self.next += len;
        self.count(place, len, 1)?;
        let sectors = (place + len - 1) / SECTOR - place / SECTOR;
        self.set(cluster, COMPRESSED | sectors << (62 - sector_bits) | place)?;
        Ok(place)
    }

    /// Gives a cluster of the disk that is stored as it is a place.
    pub(super) fn place_plain(&mut self, cluster: u64) -> Result<u64> {
        let place = self.end;
        if place & !OFFSET != 0 {
            return Err(too_long());
        }
        self.count(place, self.cluster_size, 1)?;
        self.set(cluster, COPIED | place)?;
        Ok(place)
    }

    /// Takes the place of a cluster of the disk from it, if it has one.
    pub(super) fn forget(&mut self, cluster: u64) -> Result<()> {
        if self.holds(cluster)? { self.set(cluster, 0) } else { Ok(()) }
    }

    /// The same for many.
    pub(super) fn forget_all(&mut self, clusters: Range<u64>) -> Result<()> {
        let known: Vec<_> = self.tables.used(clusters)?.map(|(cluster, _)| cluster).collect();
        known.into_iter().try_for_each(|cluster| self.set(cluster, 0))
    }

    fn set(&mut self, cluster: u64, new: u64) -> Result<()> {
        let entry = self.tables.entry(cluster)?;
        let plain = new != 0 && new & COMPRESSED == 0;
        if let [_, bitmap] = entry {
            *bitmap = if plain { ALL_SUBCLUSTERS } else { 0 };
        }
        match std::mem::replace(&mut entry[0], new) {
            0 => Ok(()),
            old if old & COMPRESSED != 0 => {
                let old = packed(old, self.cluster_size.trailing_zeros());
                self.count(old.offset, old.len, -1)
            }
            old => self.count(old & OFFSET, self.cluster_size, -1),
        }
    }

    /// One user more or less of the clusters of the file that a range touches.
    fn count(&mut self, offset: u64, len: u64, by: i64) -> Result<()> {
        let clusters = offset / self.cluster_size..(offset + len).div_ceil(self.cluster_size);
        self.end = self.end.max(clusters.end * self.cluster_size);
        self.refcounts.change(clusters, by)
    }
}

fn too_long() -> Error {
    Error::unsupported("the file would be too long for the places of compressed clusters; choose smaller clusters")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CreateOptions;

    fn packing(options: &[(&str, &str)]) -> Packing {
        let options = options.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let shape = Shape::new(&CreateOptions { size: 1 << 20, options, compress: true, made: None }).unwrap();
        Packing::new(&shape).unwrap()
    }

    #[test]
    fn pieces_lie_side_by_side_and_run_on() {
        let mut packing = packing(&[("cluster_size", "4k")]);
        // The header has the first cluster, and the L1 table the second.
        let places: Vec<_> = (0..3).map(|i| packing.place_packed(i, 3000).unwrap()).collect();
        assert_eq!(places, [8192, 11_192, 14_192]);
        assert_eq!([0, 1, 2, 3, 4].map(|cluster| packing.refcounts.users(cluster)), [1, 1, 2, 2, 1]);
        // An own cluster in between: what does not fit before it goes behind it, and what fits fills up.
        assert_eq!(packing.place_plain(3).unwrap(), 5 * 4096);
        assert_eq!(packing.place_packed(4, 3000).unwrap(), 17_192);
        assert_eq!(packing.place_packed(5, 3000).unwrap(), 6 * 4096);
        assert_eq!(packing.end, 7 * 4096);
        let entry = |packing: &mut Packing, cluster| packed(packing.tables.entry(cluster).unwrap()[0], 12);
        let second = entry(&mut packing, 1);
        assert!(second.offset == 11_192 && second.len >= 3000 && second.len < 3000 + SECTOR);
    }

    #[test]
    fn users_are_as_many_as_can_be_counted() {
        for (bits, most) in [("1", 1), ("2", 3), ("4", 15)] {
            let mut packing = packing(&[("cluster_size", "4k"), ("refcount_bits", bits)]);
            for i in 0..100 {
                packing.place_packed(i, 50).unwrap();
            }
            assert_eq!(packing.refcounts.users(2), most);
            assert!((2..packing.end / 4096).all(|cluster| (1..=most).contains(&packing.refcounts.users(cluster))));
        }
    }

    #[test]
    fn what_is_replaced_is_not_counted() {
        let mut packing = packing(&[("cluster_size", "4k")]);
        packing.place_packed(0, 3000).unwrap();
        packing.place_packed(1, 3000).unwrap();
        packing.place_plain(0).unwrap();
        packing.forget(1).unwrap();
        assert_eq!([0, 1, 2, 3, 4].map(|cluster| packing.refcounts.users(cluster)), [1, 1, 0, 0, 1]);
    }
}
