//! What the filesystems on a disk do not use: blocks that they mark free, and the content of swap.
//!
//! Only of filesystems that are clean, and of volumes that lie on the disk in one run and overlap no other.

use crate::look::words;
use facts::printable;
use filesystem::{See, Unused as Found};
use std::ops::Range;
use storage::{ErrorKind, ReadAt as _, Result, Source};
use volume::{Kind, Volume};

/// Ranges that are kept: 32 MiB of memory. Where there are more, the shortest are not worth it.
const MAX_RANGES: usize = 2 << 20;

/// What is not used on a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unused {
    /// Bytes of the disk, in order and apart.
    pub ranges: Vec<Range<u64>>,
    /// What was found out about each volume, in sentences.
    pub volumes: Vec<String>,
}

/// Finds it. An error is a failure of this machine, or a disk whose volumes cannot be told.
pub fn unused(disk: &Source) -> Result<Unused> {
    let layout = volume::scan(disk, None)?;
    let mut all = Unused::default();
    for volume in layout.volumes.iter().filter(|volume| volume.kind != Kind::Extended) {
        let name = name(volume);
        let mut ranges = Ranges::default();
        let found = match volume.offset {
            Some(offset) => of_volume(volume, &layout.volumes, &mut |range| ranges.put(range, offset))?,
            None => Found::Unknown { why: "it does not lie on the disk in one run".to_owned() },
        };
        all.volumes.push(match found {
            Found::Known { fs_type, bytes } => format!("{name}: {fs_type}, {bytes} bytes are free"),
            Found::Unknown { why } => format!("{name}: kept whole: {}", printable(&why)),
        });
        all.ranges.append(&mut ranges.kept);
    }
    all.ranges.sort_unstable_by_key(|range| range.start);
    Ok(all)
}

fn name(volume: &Volume) -> String {
    printable(&crate::volumes::id(volume).0)
}

fn of_volume(volume: &Volume, all: &[Volume], see: &mut See<'_>) -> Result<Found> {
    let unknown = |why: &str| Ok(Found::Unknown { why: why.to_owned() });
    if volume.source.size() < volume.size {
        return unknown("the disk ends before it does");
    }
    if let Some(whole) = volume.part_of.as_ref().filter(|whole| whole.of != "lvm2") {
        return unknown(&format!("it is a part of something larger ({})", whole.of));
    }
    match all.iter().find(|other| !std::ptr::eq(*other, volume) && collides(volume, other)) {
        Some(other) => unknown(&format!("it overlaps {}", name(other))),
        None => match filesystem::unused(&*volume.source, see) {
            Err(error) if error.kind() != ErrorKind::Io => unknown(&words(&error)),
            found => found,
        },
    }
}

/// Whether the two claim the same bytes. A logical volume lies in its partition by right, and a logical partition in the
/// extended one.
fn collides(volume: &Volume, other: &Volume) -> bool {
    let range = |volume: &Volume| volume.offset.map(|offset| offset..offset.saturating_add(volume.size));
    let (Some(ours), Some(theirs)) = (range(volume), range(other)) else { return false };
    let overlap = ours.start < theirs.end && theirs.start < ours.end;
    let within = |inner: &Range<u64>, outer: &Range<u64>| outer.start <= inner.start && inner.end <= outer.end;
    let by_right = match (volume.kind, other.kind) {
        (_, Kind::Extended | Kind::Slice | Kind::Disk) => true,
        (Kind::Logical, Kind::Partition) => within(&ours, &theirs),
        (Kind::Partition, Kind::Logical) => within(&theirs, &ours),
        _ => false,
    };
    overlap && !by_right
}

/// Ranges that are worth keeping.
#[derive(Default)]
struct Ranges {
    kept: Vec<Range<u64>>,
    shortest: u64,
}

impl Ranges {
    fn put(&mut self, range: Range<u64>, offset: u64) -> Result<()> {
        if range.end - range.start >= self.shortest {
            self.kept.push(offset + range.start..offset + range.end);
        }
        if self.kept.len() > MAX_RANGES {
            while self.kept.len() > MAX_RANGES / 2 {
                self.shortest = (self.shortest * 2).max(4096);
                let shortest = self.shortest;
                self.kept.retain(|range| range.end - range.start >= shortest);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ranges_leave_the_longest() {
        let mut ranges = Ranges::default();
        for i in 0..3 * MAX_RANGES as u64 {
            let len = if i % 1000 == 0 { 1 << 20 } else { 1024 };
            ranges.put(i << 21..(i << 21) + len, 512).unwrap();
        }
        assert!(ranges.kept.len() <= MAX_RANGES);
        assert!(
            ranges.kept.iter().filter(|range| range.end - range.start == 1 << 20).count()
                == (3 * MAX_RANGES).div_ceil(1000)
        );
        assert_eq!(ranges.kept[0], 512..512 + (1 << 20));
    }
}
