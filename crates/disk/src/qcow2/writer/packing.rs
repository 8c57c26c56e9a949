//! Where compressed clusters go: one behind the other, to the byte; and what does not shrink, in clusters of its own.

use super::shape::Shape;
use super::tables::Tables;
use crate::qcow2::tables::{COMPRESSED, COPIED, OFFSET, packed};
use storage::{Error, Result, to_usize};

const SECTOR: u64 = 512;

/// Bitmap of a cluster with all its subclusters; compressed ones have none.
const ALL_SUBCLUSTERS: u64 = u32::MAX as u64;

/// What has been given a place so far.
pub(super) struct Packing {
    cluster_size: u64,
    pub(super) tables: Tables,
    /// Where the next compressed cluster goes, if there is room.
    next: u64,
    /// Where the next cluster of the file begins.
    end: u64,
    /// Users of each cluster of the file.
    users: Vec<u16>,
    /// As many users as can be counted.
    most: u16,
}

impl Packing {
    pub(super) fn new(shape: &Shape) -> Result<Self> {
        let most = if shape.refcount_order >= 4 { u16::MAX } else { (1 << (1 << shape.refcount_order)) - 1 };
        let (cluster_size, tables) = (shape.cluster_size, Tables::new(shape)?);
        // The header has the first cluster.
        Ok(Packing { cluster_size, tables, next: cluster_size, end: cluster_size, users: vec![1], most })
    }

    /// Where the clusters of the file end.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Users of a cluster of the file.
    pub(super) fn users(&self, cluster: u64) -> u64 {
        usize::try_from(cluster).ok().and_then(|i| self.users.get(i)).map_or(0, |&users| u64::from(users))
    }

    /// Whether the cluster of the disk has a place.
    pub(super) fn holds(&self, cluster: u64) -> bool {
        self.tables.holds(cluster)
    }

    /// Gives a cluster of the disk that was compressed to `len` bytes a place.
    pub(super) fn place_packed(&mut self, cluster: u64, len: u64) -> Result<u64> {
        let bits = self.cluster_size.trailing_zeros();
        let (begun, room) = (self.next / self.cluster_size, self.next.next_multiple_of(self.cluster_size) - self.next);
        // A piece may run into the cluster behind, if that is the next of the file.
        let fits = len <= room || self.next + room == self.end;
        if room == 0 || !fits || self.users(begun) >= u64::from(self.most) {
            self.next = self.end;
        }
        let place = self.next;
        let sector_bits = bits - 8;
        if (place + len) >> (62 - sector_bits) != 0 {
            return Err(too_long());
        }
        self.next += len;
        self.extend(self.next)?;
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
        self.extend(place + self.cluster_size)?;
        self.count(place, self.cluster_size, 1)?;
        self.set(cluster, COPIED | place)?;
        Ok(place)
    }

    /// Takes the place of a cluster of the disk from it, if it has one.
    pub(super) fn forget(&mut self, cluster: u64) -> Result<()> {
        if self.holds(cluster) { self.set(cluster, 0) } else { Ok(()) }
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

    fn extend(&mut self, to: u64) -> Result<()> {
        self.end = self.end.max(to.next_multiple_of(self.cluster_size));
        self.users.resize(to_usize(self.end / self.cluster_size)?, 0);
        Ok(())
    }

    /// One user more or less of the clusters of the file that a range touches.
    fn count(&mut self, offset: u64, len: u64, change: i16) -> Result<()> {
        let clusters = to_usize(offset / self.cluster_size)?..=to_usize((offset + len - 1) / self.cluster_size)?;
        for users in &mut self.users[clusters] {
            *users = users.checked_add_signed(change).expect("counted as often up as down, and up to `most`");
        }
        Ok(())
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
        let shape = Shape::new(&CreateOptions { size: 1 << 20, options, compress: true }).unwrap();
        Packing::new(&shape).unwrap()
    }

    #[test]
    fn pieces_lie_side_by_side_and_run_on() {
        let mut packing = packing(&[("cluster_size", "4k")]);
        let places: Vec<_> = (0..3).map(|i| packing.place_packed(i, 3000).unwrap()).collect();
        assert_eq!(places, [4096, 7096, 10_096]);
        assert_eq!([0, 1, 2, 3].map(|cluster| packing.users(cluster)), [1, 2, 2, 1]);
        // An own cluster in between: what does not fit before it goes behind it, and what fits fills up.
        assert_eq!(packing.place_plain(3).unwrap(), 4 * 4096);
        assert_eq!(packing.place_packed(4, 3000).unwrap(), 13_096);
        assert_eq!(packing.place_packed(5, 3000).unwrap(), 5 * 4096);
        assert_eq!(packing.end(), 6 * 4096);
        let entry = |packing: &mut Packing, cluster| packed(packing.tables.entry(cluster).unwrap()[0], 12);
        let second = entry(&mut packing, 1);
        assert!(second.offset == 7096 && second.len >= 3000 && second.len < 3000 + SECTOR);
    }

    #[test]
    fn users_are_as_many_as_can_be_counted() {
        for (bits, most) in [("1", 1), ("2", 3), ("4", 15)] {
            let mut packing = packing(&[("cluster_size", "4k"), ("refcount_bits", bits)]);
            for i in 0..100 {
                packing.place_packed(i, 50).unwrap();
            }
            assert_eq!(packing.users(1), most);
            assert!((1..packing.end() / 4096).all(|cluster| (1..=most).contains(&packing.users(cluster))));
        }
    }

    #[test]
    fn what_is_replaced_is_not_counted() {
        let mut packing = packing(&[("cluster_size", "4k")]);
        packing.place_packed(0, 3000).unwrap();
        packing.place_packed(1, 3000).unwrap();
        packing.place_plain(0).unwrap();
        packing.forget(1).unwrap();
        assert_eq!([0, 1, 2, 3].map(|cluster| packing.users(cluster)), [1, 0, 0, 1]);
    }
}
