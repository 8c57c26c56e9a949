//! What lies where on a disk, to scale.

use facts::{Content, DiskMap, Facts, Filesystem, Known, Volume, VolumeKind};

/// Stretches of one map; further volumes are counted only.
const MOST: usize = 24;
/// A volume of fewer parts is drawn by what its filesystem says of it as a whole.
const FINE: usize = 4;
/// A gap is shown from this part of the disk on: less is alignment.
const GAP: u64 = 200;

/// A disk and what lies on it, in order, without overlaps.
pub(crate) struct Map<'f> {
    /// Counted from 1.
    pub(crate) number: u32,
    /// Length of the disk.
    pub(crate) size: u64,
    pub(crate) stretches: Vec<Stretch<'f>>,
    /// Volumes that the map has no room for.
    pub(crate) more: usize,
    /// Where there is something, if that was looked at.
    heat: Option<&'f DiskMap>,
}

/// A part of the disk.
pub(crate) struct Stretch<'f> {
    pub(crate) size: u64,
    /// None: nothing is there.
    pub(crate) volume: Option<&'f Volume>,
}

/// What a part of a volume is used for, as shares of 1. What is neither is allocated and not in use, or unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// Holds data.
    pub(crate) allocated: f64,
    /// Not in use, as the filesystem says.
    pub(crate) free: f64,
}

impl<'f> Map<'f> {
    /// Of each disk whose length is known and that holds something.
    pub(crate) fn all(facts: &'f Facts) -> Vec<Self> {
        let others = facts.data_disks.iter().map(|found| &found.disk);
        let disks = (1..).zip(std::iter::once(&facts.disk).chain(others));
        let known = disks.filter_map(|(number, disk)| Some((number, disk.value()?.size)));
        known.filter_map(|(number, size)| Map::of(facts, number, size)).collect()
    }

    fn of(facts: &'f Facts, number: u32, size: u64) -> Option<Self> {
        let mut laid = laid(facts, number, size);
        let more = laid.len().saturating_sub(MOST);
        laid.truncate(MOST);
        let heat = facts.map.as_ref().filter(|_| number == 1);
        let mut map = Map { number, size, stretches: Vec::new(), more, heat };
        let mut end = 0;
        for (start, length, volume) in laid {
            map.gap(start.saturating_sub(end));
            map.stretches.push(Stretch { size: length, volume: Some(volume) });
            end = start + length;
        }
        if more == 0 {
            map.gap(size.saturating_sub(end));
        }
        map.stretches.iter().any(|stretch| stretch.volume.is_some()).then_some(map)
    }

    fn gap(&mut self, size: u64) {
        if size > self.size / GAP {
            self.stretches.push(Stretch { size, volume: None });
        }
    }

    /// How wide each stretch is drawn where there is room for `room`, and none is less than `least`.
    pub(crate) fn widths(&self, room: usize, least: usize) -> Vec<usize> {
        let count = self.stretches.len();
        let spare = u128::try_from(room.saturating_sub(count * least)).unwrap_or(0);
        let total: u128 = self.stretches.iter().map(|stretch| u128::from(stretch.size)).sum::<u128>().max(1);
        let mut passed = 0;
        let edge = |passed: u128| usize::try_from(passed * spare / total).unwrap_or(0);
        let width = |stretch: &Stretch<'_>| {
            let before = edge(passed);
            passed += u128::from(stretch.size);
            least + edge(passed) - before
        };
        self.stretches.iter().map(width).collect()
    }
}

/// Start, length and volume of what lies directly on a disk. What holds others is left out for them, what claims the
/// place of another or lies behind the end too.
fn laid<'f>(facts: &'f Facts, number: u32, size: u64) -> Vec<(u64, u64, &'f Volume)> {
    let direct = |volume: &&Volume| match volume.kind {
        VolumeKind::Partition | VolumeKind::Slice | VolumeKind::Disk => volume.disk.unwrap_or(1) == number,
        VolumeKind::Extended | VolumeKind::Logical | VolumeKind::Array | VolumeKind::Cached => false,
    };
    let place = |volume: &'f Volume| {
        let start = volume.offset.filter(|start| *start < size)?;
        Some((start, volume.size.min(size - start), volume))
    };
    let mut all: Vec<_> = facts.volumes.iter().filter(direct).filter_map(place).collect();
    all.sort_by_key(|(start, length, _)| (*start, *length));
    let inside = |(start, length, volume): &(u64, u64, &Volume)| {
        volume.kind == VolumeKind::Slice
            && all.iter().any(|(first, other, found)| {
                !std::ptr::eq(*found, *volume) && *first >= *start && first + other <= start + length
            })
    };
    let mut end = 0;
    let mut free = |(start, length, _): &(u64, u64, &Volume)| {
        let fits = *start >= end && *length > 0;
        if fits {
            end = start + length;
        }
        fits
    };
    all.iter().filter(|one| !inside(one)).filter(|one| free(one)).copied().collect()
}

/// A volume in a few characters: `1`, `2a`. Whole disks have none.
pub(crate) fn short(volume: &Volume) -> String {
    let name = volume.id.0.as_str();
    match (volume.number, volume.kind) {
        (_, VolumeKind::Disk) => String::new(),
        (Some(number), _) => number.to_string(),
        _ => name.rsplit("bsd/").next().unwrap_or(name).replace('/', "").chars().take(6).collect(),
    }
}

impl Map<'_> {
    /// What the parts of a volume are used for, as finely as it is known.
    pub(crate) fn buckets(&self, volume: &Volume) -> Vec<Bucket> {
        let heat = self.heat.zip(volume.offset).filter(|(heat, _)| heat.bucket > 0);
        let Some((heat, offset)) = heat else { return buckets(volume) };
        let [first, end] = [offset, offset.saturating_add(volume.size)]
            .map(|byte| usize::try_from(byte.div_ceil(heat.bucket)).unwrap_or(usize::MAX));
        let parts: Vec<_> = heat.stored.iter().zip(&heat.free).take(end).skip(first).collect();
        // One or two say less than the filesystem does.
        if parts.len() < FINE {
            return buckets(volume);
        }
        let share = |percent: u8| f64::from(percent.min(100)) / 100.0;
        let bucket = |(&stored, &free): (&u8, &u8)| {
            let free = share(free);
            Bucket { allocated: share(stored).min(1.0 - free), free }
        };
        parts.into_iter().map(bucket).collect()
    }
}

/// How much of a volume is used, where its filesystem tells.
pub(crate) fn buckets(volume: &Volume) -> Vec<Bucket> {
    used(volume).map(|used| Bucket { allocated: used, free: 1.0 - used }).into_iter().collect()
}

/// The share of a filesystem that is used.
pub(crate) fn used(volume: &Volume) -> Option<f64> {
    let Some(Content::Filesystem(Filesystem { size: Known::Is(size), free: Known::Is(free), .. })) =
        volume.content.value()
    else {
        return None;
    };
    #[expect(clippy::cast_precision_loss, reason = "a share for a picture")]
    let share = (*size > 0).then(|| 1.0 - *free.min(size) as f64 / *size as f64);
    share
}

/// The share as a number of hundredths.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::{Disk, VolumeId};

    #[test]
    fn parts_of_a_volume_are_those_of_the_disk_that_it_lies_on() {
        let volume = Volume { id: VolumeId::partition(1), offset: Some(200), size: 400, ..Volume::default() };
        let map = DiskMap { bucket: 100, stored: vec![1, 2, 100, 50, 0, 80, 7], free: vec![0, 0, 0, 50, 100, 90, 0] };
        let facts = Facts {
            disk: Known::Is(Disk { size: 700, ..Disk::default() }),
            volumes: vec![volume.clone()],
            map: Some(map),
            ..Facts::default()
        };
        let parts = Map::all(&facts)[0].buckets(&volume);
        let shares: Vec<_> = parts.iter().map(|part| (part.allocated, part.free)).collect();
        assert_eq!(shares.len(), 4);
        assert_eq!(&shares[..3], [(1.0, 0.0), (0.5, 0.5), (0.0, 1.0)]);
        assert!((shares[3].0 - 0.1).abs() < 1e-9, "what is free and stored is free");
        assert!(Map::all(&Facts { map: None, ..facts })[0].buckets(&volume).is_empty());
    }

    fn facts(size: u64, volumes: &[(u32, u64, u64)]) -> Facts {
        let volume = |&(number, offset, size): &(u32, u64, u64)| Volume {
            id: VolumeId::partition(number),
            number: Some(number),
            offset: Some(offset),
            size,
            ..Volume::default()
        };
        let disk = Known::Is(Disk { size, ..Disk::default() });
        Facts { disk, volumes: volumes.iter().map(volume).collect(), ..Facts::default() }
    }

    fn shape(facts: &Facts) -> Vec<(u64, String)> {
        let map = Map::all(facts).remove(0);
        map.stretches.iter().map(|one| (one.size, one.volume.map_or("free".into(), short))).collect()
    }

    fn named(parts: &[(u64, &str)]) -> Vec<(u64, String)> {
        parts.iter().map(|(size, name)| (*size, (*name).to_owned())).collect()
    }

    #[test]
    fn what_lies_on_a_disk_in_order_with_its_gaps() {
        let disk = facts(1000, &[(2, 400, 300), (1, 1, 299)]);
        assert_eq!(shape(&disk), named(&[(299, "1"), (100, "free"), (300, "2"), (300, "free")]));
        assert!(Map::all(&facts(1000, &[])).is_empty());
    }

    #[test]
    fn lies_of_a_table_do_not_overlap_on_the_map() {
        let disk = facts(1000, &[(1, 0, 600), (2, 500, 100), (3, 900, u64::MAX), (4, 5000, 10), (5, u64::MAX, 9)]);
        assert_eq!(shape(&disk), named(&[(600, "1"), (300, "free"), (100, "3")]));
    }

    #[test]
    fn a_slice_stands_aside_for_what_is_in_it() {
        let mut disk = facts(1000, &[(1, 0, 900), (2, 900, 100)]);
        disk.volumes[0].kind = VolumeKind::Slice;
        let inner = Volume { id: VolumeId::bsd(Some(1), 'a'), offset: Some(0), size: 800, ..Volume::default() };
        disk.volumes.push(inner);
        assert_eq!(shape(&disk), named(&[(800, "1a"), (100, "free"), (100, "2")]));
    }

    #[test]
    fn small_ones_have_the_least_width_and_all_together_the_room() {
        let disk = facts(1 << 40, &[(1, 0, 1), (2, 1, (1 << 40) - 2)]);
        let map = Map::all(&disk).remove(0);
        assert_eq!(map.widths(80, 3), [3, 77]);
        let many: Vec<_> = (0..200).map(|index| (index + 1, u64::from(index) * 5, 5)).collect();
        let disk = facts(1000, &many);
        let map = Map::all(&disk).remove(0);
        assert_eq!((map.stretches.len(), map.more), (MOST, 200 - MOST));
        assert_eq!(map.widths(90, 3).iter().sum::<usize>(), 90);
    }

    #[test]
    fn a_share_is_one_of_the_filesystem() {
        let content = |size, free| {
            let filesystem = Filesystem { size: Known::Is(size), free: Known::Is(free), ..Filesystem::default() };
            Volume { content: Known::Is(Content::Filesystem(filesystem)), ..Volume::default() }
        };
        assert_eq!(used(&content(100, 25)), Some(0.75));
        assert_eq!(used(&content(100, 250)), Some(0.0), "a lie stays within bounds");
        assert_eq!(used(&content(0, 0)), None);
        assert_eq!(used(&Volume::default()), None);
    }
}
