//! MBR disks.

use crate::build::mbr::{disk, flag, record};
use crate::build::put;
use crate::{ids, layout, places};
use volume::{Kind, Table};

#[test]
fn primaries_keep_their_numbers() {
    let mut bytes = disk(1000);
    record(&mut bytes, 0, &[(0, 0, 0), (0x83, 100, 50), (0, 0, 0), (0xEF, 200, 10)]);
    flag(&mut bytes, 3, 0x80);
    let layout = layout(bytes);
    assert_eq!((layout.table, layout.disk_id.as_deref()), (Some(Table::Mbr), Some("1234abcd")));
    assert_eq!(places(&layout), [(2, 100, 50), (4, 200, 10)]);
    let esp = &layout.volumes[1];
    assert_eq!((esp.partition_type.as_deref(), esp.uuid.as_deref()), (Some("0xef"), Some("1234abcd-04")));
    assert!(esp.bootable && layout.mbr_active && !layout.volumes[0].bootable);
    assert_eq!(ids(&layout), [""; 0]);
}

#[test]
fn an_entry_counts_by_its_length_whatever_its_type() {
    let mut bytes = disk(1000);
    record(&mut bytes, 0, &[(0x83, 100, 0), (0, 200, 10)]);
    assert_eq!(places(&layout(bytes)), [(2, 200, 10)]);
}

/// Two containers, and rubbish in the last entries of a link.
#[test]
fn logical_partitions_are_counted_from_5() {
    let mut bytes = disk(3000);
    record(&mut bytes, 0, &[(0x83, 10, 90), (0x0F, 100, 900), (0x85, 2000, 500)]);
    record(&mut bytes, 100, &[(0x83, 1, 50), (0x05, 200, 300), (0x83, 4_000_000, 7), (0x83, 60, 10)]);
    record(&mut bytes, 300, &[(0x82, 2, 100), (0x83, 150, 150), (0x83, 150, 150)]);
    record(&mut bytes, 2000, &[(0x83, 1, 400)]);
    let layout = layout(bytes);
    let expected = [(1, 10, 90), (2, 100, 900), (3, 2000, 500), (5, 101, 50), (6, 160, 10), (7, 302, 100)];
    assert_eq!(places(&layout)[..6], expected);
    assert_eq!(places(&layout)[6..], [(8, 450, 150), (9, 2001, 400)]);
    assert_eq!(layout.volumes[1].kind, Kind::Extended);
    assert_eq!(layout.volumes[3].uuid.as_deref(), Some("1234abcd-05"));
    assert_eq!(ids(&layout), ["mbr-several-extended", "mbr-logical-duplicate"]);
}

#[test]
fn a_link_is_never_followed_twice() {
    for (first, second) in [((5, 300, 100), (5, 300, 100)), ((5, 300, 100), (5, 0x10, 100)), ((5, 0, 50), (0, 0, 0))] {
        let mut bytes = disk(3000);
        record(&mut bytes, 0, &[(5, 100, 900)]);
        record(&mut bytes, 100, &[(0x83, 1, 10), first]);
        record(&mut bytes, 400, &[(0x83, 1, 10), second]);
        record(&mut bytes, 116, &[(0x83, 1, 10), (5, 300, 100)]);
        let layout = layout(bytes);
        assert!(places(&layout).len() <= 4, "{layout:?}");
        assert_eq!(ids(&layout).contains(&"mbr-extended-loop"), first.1 != 0, "{layout:?}");
    }
}

#[test]
fn a_chain_that_goes_backward_is_followed_as_linux_does() {
    let mut bytes = disk(3000);
    record(&mut bytes, 0, &[(5, 100, 900)]);
    record(&mut bytes, 100, &[(0x83, 1, 10), (5, 300, 100)]);
    record(&mut bytes, 400, &[(0x83, 1, 10), (5, 200, 100)]);
    record(&mut bytes, 300, &[(0x83, 1, 10)]);
    let layout = layout(bytes);
    assert_eq!(places(&layout)[1..], [(5, 101, 10), (6, 401, 10), (7, 301, 10)]);
    assert_eq!(ids(&layout), ["mbr-extended-backward"]);
}

#[test]
fn what_leaves_the_container_is_left_out_but_counted() {
    let mut bytes = disk(3000);
    record(&mut bytes, 0, &[(5, 100, 900)]);
    record(&mut bytes, 100, &[(0x83, 2000, 10), (5, 300, 100)]);
    record(&mut bytes, 400, &[(0x83, 1, 10), (5, 1500, 100)]);
    record(&mut bytes, 1600, &[(0x83, 1, 10)]);
    let layout = layout(bytes);
    assert_eq!(places(&layout)[1..], [(6, 401, 10)]);
    assert_eq!(ids(&layout), ["mbr-logical-outside", "mbr-extended-outside"]);
}

/// 200 logical partitions are read, and the 300 links of a longer chain are not all.
#[test]
fn long_chains_end_at_the_limit() {
    for (links, found) in [(200, 200), (300, 256)] {
        let mut bytes = disk(4000);
        record(&mut bytes, 0, &[(5, 100, 3900)]);
        for link in 0..links {
            let next = if link + 1 < links { (5, (link + 1) * 10, 10) } else { (0, 0, 0) };
            record(&mut bytes, 100 + link as usize * 10, &[(0x83, 1, 9), next]);
        }
        let layout = layout(bytes);
        assert_eq!(layout.volumes.len(), 1 + found);
        assert_eq!(ids(&layout).contains(&"mbr-extended-too-long"), links == 300);
    }
}

#[test]
fn an_extended_partition_may_be_empty() {
    let mut bytes = disk(1000);
    record(&mut bytes, 0, &[(5, 100, 900)]);
    let layout = layout(bytes);
    assert_eq!((places(&layout), ids(&layout)), (vec![(1, 100, 900)], vec![]));
}

#[test]
fn sectors_of_4096_bytes_are_counted_as_such() {
    let mut bytes = disk(8000);
    record(&mut bytes, 0, &[(0x83, 10, 20), (5, 100, 200)]);
    record(&mut bytes, 800, &[(0x83, 1, 2)]);
    let layout = volume::scan(&crate::source(bytes), Some(4096)).unwrap();
    let found: Vec<_> = layout.volumes.iter().map(|volume| (volume.offset.unwrap(), volume.size)).collect();
    assert_eq!(found, [(40960, 81920), (409_600, 819_200), (413_696, 8192)]);
    assert_eq!(layout.sector_size, 4096);
}

/// The start of a partition is there although its end is not.
#[test]
fn a_partition_that_is_cut_keeps_its_length() {
    let mut bytes = disk(1000);
    record(&mut bytes, 0, &[(0x83, 900, 200), (0x83, 5000, 10), (0x83, u32::MAX, u32::MAX)]);
    let layout = layout(bytes);
    let sizes: Vec<_> = layout.volumes.iter().map(|volume| (volume.size / 512, volume.source.size() / 512)).collect();
    assert_eq!(sizes, [(200, 100), (10, 0), (u64::from(u32::MAX), 0)]);
    assert_eq!(ids(&layout), ["mbr-partition-beyond-end"; 3]);
}

#[test]
fn what_only_looks_like_a_table_is_one_disk() {
    let fat = b"\xEB\x3C\x90mkfs.fat\x00\x02\x04\x01\x00\x02\x00\x02\x00\x80\xF8\x14\x00".as_slice();
    let exfat = b"\xEB\x76\x90EXFAT   ".as_slice();
    let ntfs = b"\xEB\x52\x90NTFS    ".as_slice();
    for start in [fat, exfat, ntfs, &[0xC9, 0xC2, 0xD4, 0xC1]] {
        let mut bytes = disk(1000);
        record(&mut bytes, 0, &[(0x83, 100, 50)]);
        put(&mut bytes, 0, start);
        let layout = layout(bytes);
        assert_eq!((layout.table, layout.volumes.len(), layout.volumes[0].kind), (None, 1, Kind::Disk), "{start:x?}");
        assert_eq!(ids(&layout), [""; 0]);
    }
    // FreeBSD's boot blocks at the start of a disk without slices.
    let mut bytes = disk(1000);
    record(&mut bytes, 0, &[(0, 0, 0), (0, 0, 0), (0, 0, 0), (0xA5, 0, 50_000)]);
    assert_eq!(layout(bytes).table, None);
    // Boot code where the entries would be.
    let mut bytes = disk(1000);
    bytes[440..510].copy_from_slice(&[0xE8; 70]);
    let layout = layout(bytes);
    assert_eq!((layout.table, layout.volumes.len(), ids(&layout).len()), (None, 1, 0));
}

#[test]
fn disks_without_anything() {
    for bytes in [vec![], vec![0; 100], vec![0; 512], vec![0; 1 << 20], vec![0xFF; 1 << 20]] {
        let size = bytes.len() as u64;
        let layout = layout(bytes);
        let only = &layout.volumes[..];
        assert!(matches!(only, [disk] if disk.kind == Kind::Disk && disk.size == size && disk.number.is_none()));
        assert_eq!((only[0].offset, layout.table, layout.sector_size), (Some(0), None, 512));
    }
    // A table without entries divides nothing: a filesystem may begin at byte 0.
    let layout = layout(disk(1000));
    assert_eq!((layout.table, layout.volumes.len(), layout.volumes[0].kind), (Some(Table::Mbr), 1, Kind::Disk));
    assert!(volume::scan(&crate::source(vec![0; 4096]), Some(520)).is_err());
}
