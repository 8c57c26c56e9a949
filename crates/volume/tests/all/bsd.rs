//! BSD labels, in slices and over whole disks.

use crate::build::bsd::{Entry, label};
use crate::build::{mbr, put};
use crate::images::{corpora, open, skip, unpack};
use crate::{ids, layout};
use volume::{Kind, Layout, Table, scan};

/// Slice, letter, first sector, sectors and type of the partitions of labels.
fn labelled(layout: &Layout) -> Vec<(Option<u32>, char, u64, u64, String)> {
    let of = |volume: &volume::Volume| match volume.kind {
        Kind::Bsd { slice, letter } => {
            let kind = volume.partition_type.clone().unwrap();
            Some((slice, letter, volume.offset.unwrap() / 512, volume.size / 512, kind))
        }
        _ => None,
    };
    layout.volumes.iter().filter_map(of).collect()
}

fn told(slice: u32, letter: char, start: u64, sectors: u64, kind: &str) -> (Option<u32>, char, u64, u64, String) {
    (Some(slice), letter, start, sectors, kind.to_owned())
}

/// A disk with a slice of that type at sector 100, of 1000, as its second.
fn sliced(system: u8, entries: &[Entry]) -> Layout {
    let mut disk = mbr::disk(2000);
    mbr::record(&mut disk, 0, &[(0x83, 10, 90), (system, 100, 1000)]);
    label(&mut disk, 101 * 512, entries);
    put(&mut disk, 116 * 512, b"root");
    layout(disk)
}

#[test]
fn positions_count_from_where_the_whole_begins() {
    let relative = sliced(0xA5, &[(800, 16, 7), (100, 816, 1), (1000, 0, 0), (50, 920, 27)]);
    let absolute = sliced(0xA5, &[(800, 116, 7), (100, 916, 1), (1000, 100, 0), (50, 1020, 27)]);
    for layout in [relative, absolute] {
        let expected =
            [told(2, 'a', 116, 800, "4.2BSD"), told(2, 'b', 916, 100, "swap"), told(2, 'd', 1020, 50, "ZFS")];
        assert_eq!(labelled(&layout), expected);
        assert_eq!((layout.table, ids(&layout)), (Some(Table::Mbr), vec![]));
        let kinds: Vec<_> = layout.volumes[..2].iter().map(|volume| (volume.kind, volume.number)).collect();
        assert_eq!(kinds, [(Kind::Partition, Some(1)), (Kind::Slice, Some(2))]);
        let mut start = [0; 4];
        layout.volumes[2].source.read_at(&mut start, 0).unwrap();
        assert_eq!(&start, b"root");
    }
}

#[test]
fn a_label_without_the_whole_counts_from_where_all_of_it_fits() {
    assert_eq!(labelled(&sliced(0xA5, &[(800, 16, 7)])), [told(2, 'a', 116, 800, "4.2BSD")]);
    assert_eq!(labelled(&sliced(0xA5, &[(900, 116, 7)])), [told(2, 'a', 116, 900, "4.2BSD")]);
}

#[test]
fn what_lies_outside_is_named_and_left_out() {
    let layout = sliced(0xA5, &[(800, 16, 7), (300, 816, 7), (1000, 0, 0), (u32::MAX, u32::MAX, 7), (10, 820, 9)]);
    assert_eq!(labelled(&layout), [told(2, 'a', 116, 800, "4.2BSD"), told(2, 'e', 920, 10, "0x09")]);
    assert_eq!(ids(&layout), ["bsd-partition-outside"; 2]);
    let layout = sliced(0xA5, &[(800, 116, 7), (300, 10, 7), (1000, 100, 0)]);
    assert_eq!((labelled(&layout).len(), ids(&layout)), (1, vec!["bsd-partition-outside"]));
    let layout = sliced(0xA5, &[(800, 16, 7), (300, 700, 7), (1000, 0, 0)]);
    assert_eq!((labelled(&layout).len(), ids(&layout)), (2, vec!["bsd-partition-overlap"]));
}

/// They count from the start of the disk, whatever their `c` is, and list the neighbours too.
#[test]
fn labels_of_other_bsds() {
    for system in [0xA6, 0xA9] {
        let layout = sliced(system, &[(800, 116, 7), (100, 916, 1), (2000, 0, 0), (90, 10, 17)]);
        assert_eq!(labelled(&layout), [told(2, 'a', 116, 800, "4.2BSD"), told(2, 'b', 916, 100, "swap")]);
        assert_eq!(ids(&layout), [""; 0]);
    }
    assert_eq!(labelled(&sliced(0x83, &[(800, 16, 7), (0, 0, 0), (1000, 0, 0)])), []);
}

#[test]
fn a_damaged_label_divides_nothing() {
    let mut disk = mbr::disk(2000);
    mbr::record(&mut disk, 0, &[(0xA5, 100, 1000)]);
    label(&mut disk, 101 * 512, &[(800, 16, 7), (0, 0, 0), (1000, 0, 0)]);
    for (at, value) in [(150, 1), (136, 1), (138, 23), (40, 7)] {
        let mut damaged = disk.clone();
        damaged[101 * 512 + at] ^= value;
        let layout = layout(damaged);
        assert_eq!((layout.volumes.len(), layout.volumes[0].kind), (1, Kind::Partition), "{at}");
        assert_eq!(ids(&layout), ["bsd-label-bad"], "{at}");
    }
    // Without either magic number it is none, and with no entries it divides nothing.
    for at in [0, 132] {
        let mut other = disk.clone();
        other[101 * 512 + at] ^= 1;
        let layout = layout(other);
        assert_eq!((layout.volumes.len(), ids(&layout)), (1, vec![]));
    }
    let layout = sliced(0xA5, &[(0, 0, 0), (0, 0, 0), (1000, 0, 0)]);
    assert_eq!((layout.volumes[1].kind, ids(&layout)), (Kind::Partition, vec![]));
}

#[test]
fn a_label_over_the_whole_disk() {
    for first_sector in [vec![], vec![(0, 0, 0), (0, 0, 0), (0, 0, 0), (0xA5, 0, 50_000)]] {
        let mut disk = mbr::disk(2000);
        if first_sector.is_empty() {
            disk[..512].fill(0);
        }
        mbr::record(&mut disk, 0, &first_sector);
        label(&mut disk, 512, &[(1900, 16, 7), (84, 1916, 1), (2000, 0, 0)]);
        let layout = layout(disk);
        let expected = [(None, 'a', 16, 1900, "4.2BSD".to_owned()), (None, 'b', 1916, 84, "swap".to_owned())];
        assert_eq!(labelled(&layout), expected);
        assert_eq!((layout.table, layout.volumes.len(), ids(&layout)), (Some(Table::Bsd), 2, vec![]));
    }
}

#[test]
fn a_slice_that_the_disk_ends_within() {
    let mut disk = mbr::disk(500);
    mbr::record(&mut disk, 0, &[(0xA5, 100, 1000)]);
    label(&mut disk, 101 * 512, &[(800, 16, 7), (100, 816, 1), (1000, 0, 0)]);
    let layout = layout(disk);
    let sizes: Vec<_> = layout.volumes.iter().map(|volume| (volume.size / 512, volume.source.size() / 512)).collect();
    assert_eq!(sizes, [(1000, 400), (800, 384), (100, 0)]);
    assert_eq!(ids(&layout), ["mbr-partition-beyond-end"]);
}

/// A disk that FreeBSD labelled, and a slice of another that was cut out with its label.
#[test]
fn labels_of_the_corpus() {
    let Some(corpora) = corpora() else { return skip("no corpus") };
    let folder = tempfile::tempdir().unwrap();
    let found = |name: &str| scan(&open(&unpack(&corpora.join(name), folder.path())), None).unwrap();
    let layout = found("fs/ufs2.raw.zst");
    assert_eq!(labelled(&layout), [(None, 'a', 16, 8176, "unused".to_owned())]);
    assert_eq!((layout.table, layout.volumes.len(), ids(&layout)), (Some(Table::Bsd), 1, vec![]));
    let layout = found("blkid/pt-bsd.img.zst");
    let kind = "4.2BSD".to_owned();
    assert_eq!(labelled(&layout), [(None, 'e', 256, 4864, kind.clone()), (None, 'f', 4864, 3584, kind)]);
    assert_eq!((layout.table, ids(&layout)), (Some(Table::Bsd), vec!["bsd-partition-overlap"]));
}
