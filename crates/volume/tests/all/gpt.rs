//! GPT disks.

use crate::build::gpt::{Gpt, Part, part, patch_header};
use crate::build::{mbr, put};
use crate::{ids, layout, places, source};
use volume::{Kind, Table, scan};

const USUAL: [(u32, u64, u64); 2] = [(1, 2048, 2048), (2, 4096, 4096)];

/// Where the last sector of the usual disk begins.
const END: usize = 16383 * 512;

#[test]
fn everything_an_entry_says() {
    let mut gpt = Gpt::usual();
    gpt.parts[1] = Part { index: 126, attributes: 1 << 48 | 1 << 2, name: "größe 😀", ..part(7, 4096, 8191) };
    let layout = layout(gpt.build());
    assert_eq!((layout.table, layout.sector_size, layout.mbr_active), (Some(Table::Gpt), 512, false));
    assert_eq!(layout.disk_id.as_deref(), Some("d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1"));
    assert_eq!(places(&layout), [(1, 2048, 2048), (127, 4096, 4096)]);
    let [first, second] = &layout.volumes[..] else { panic!("{layout:?}") };
    assert_eq!(first.partition_type.as_deref(), Some("030201A0-0504-0706-0809-0A0B0C0D0EAF"));
    assert_eq!(first.uuid.as_deref(), Some("01010101-0101-0101-0101-010101010101"));
    assert_eq!((first.name.as_deref(), first.bootable, first.attributes), (None, false, 0));
    assert_eq!(second.name.as_deref(), Some("größe 😀"));
    assert!(second.bootable && second.attributes == 1 << 48 | 4 && second.kind == Kind::Partition);
    assert_eq!(ids(&layout), [""; 0]);
}

#[test]
fn sectors_of_4096_bytes_are_found_and_may_be_told() {
    let gpt = Gpt::of(4096, 2048, vec![part(1, 256, 511)]);
    for given in [None, Some(4096), Some(512)] {
        let layout = scan(&source(gpt.build()), given).unwrap();
        assert_eq!((layout.sector_size, places(&layout)), (4096, vec![(1, 256, 256)]));
        assert_eq!(layout.volumes[0].offset, Some(1 << 20));
        assert_eq!(ids(&layout).contains(&"gpt-sector-size"), given == Some(512));
    }
    let mut bytes = gpt.build();
    bytes[4096..8192].fill(0);
    let layout = layout(bytes);
    assert_eq!((layout.sector_size, ids(&layout)), (4096, vec!["gpt-primary-header-bad"]));
}

/// Each part of each copy is damaged alone; the disk is read all the same, and the right part is named.
#[test]
fn the_damaged_part_is_named_and_the_other_copy_used() {
    let table = 16384;
    for (at, id) in [
        (512 + 57, "gpt-primary-header-bad"),
        (512 + 3, "gpt-primary-header-bad"),
        (1024 + 100, "gpt-primary-entries-bad"),
        (END + 57, "gpt-backup-header-bad"),
        (END + 3, "gpt-backup-missing"),
        (END - table + 100, "gpt-backup-entries-bad"),
    ] {
        let mut bytes = Gpt::usual().build();
        bytes[at] ^= 0x40;
        let layout = layout(bytes);
        assert_eq!((places(&layout), ids(&layout)), (USUAL.to_vec(), vec![id]), "byte {at}");
        assert!(!layout.problems[0].severe);
    }
}

#[test]
fn with_both_copies_damaged_the_mbr_is_left() {
    for (primary, backup) in [(512 + 57, END + 57), (1024, END - 16384), (512, END), (512 + 57, END - 16384)] {
        let mut bytes = Gpt::usual().build();
        bytes[primary] ^= 1;
        bytes[backup] ^= 1;
        let layout = layout(bytes);
        assert_eq!((layout.table, places(&layout)), (Some(Table::Mbr), vec![(1, 1, 16383)]));
        assert_eq!(layout.volumes[0].partition_type.as_deref(), Some("0xee"));
        assert_eq!(ids(&layout).len(), 3);
        assert_eq!(ids(&layout)[2], "gpt-invalid");
    }
}

#[test]
fn copies_that_differ_are_both_named_and_the_first_is_used() {
    let mut other = Gpt::usual();
    other.parts[1].last = 8000;
    let mut bytes = Gpt::usual().build();
    put(&mut bytes, END - 16384, &other.build()[END - 16384..]);
    let layout = layout(bytes);
    assert_eq!((places(&layout), ids(&layout)), (USUAL.to_vec(), vec!["gpt-copies-differ"]));
    assert!(layout.problems[0].severe && layout.problems[0].offset == END as u64);
    for (offset, value) in [(56, 7_u64), (48, 16000)] {
        let mut bytes = Gpt::usual().build();
        patch_header(&mut bytes, END, offset, &value.to_le_bytes());
        assert_eq!(ids(&crate::layout(bytes)), ["gpt-copies-differ"]);
    }
}

#[test]
fn a_disk_that_has_grown_and_one_that_was_cut() {
    let mut bytes = Gpt::usual().build();
    bytes.resize(bytes.len() + (1 << 20), 0);
    let grown = layout(bytes.clone());
    assert_eq!((places(&grown), ids(&grown)), (USUAL.to_vec(), vec!["gpt-backup-not-at-end"]));
    // The backup is still where the primary says; without the primary nobody knows.
    bytes[512] = 0;
    assert_eq!(ids(&layout(bytes)), ["gpt-primary-header-bad", "gpt-backup-missing", "gpt-invalid"]);

    let mut bytes = Gpt::usual().build();
    bytes.truncate(6000 * 512);
    let cut = layout(bytes);
    assert_eq!(places(&cut), USUAL);
    assert_eq!(cut.volumes[1].source.size(), (6000 - 4096) * 512);
    let expected = ["gpt-backup-missing", "gpt-backup-not-at-end", "gpt-usable-range", "gpt-partition-beyond-end"];
    assert_eq!(ids(&cut), expected);
}

#[test]
fn entries_of_other_sizes() {
    for size in [128, 256, 4096] {
        let gpt = Gpt { entry_size: size, count: 16384 / size, ..Gpt::usual() };
        let layout = layout(gpt.build());
        assert_eq!(places(&layout), USUAL, "{size}");
        assert_eq!(ids(&layout).contains(&"gpt-entry-size"), size != 128);
    }
    // 1 MiB of entries is read, more is not.
    for count in [8192, 8200] {
        let gpt = Gpt { count, usable: (2060, 14000), ..Gpt::usual() };
        let layout = layout(gpt.build());
        assert_eq!(layout.table == Some(Table::Gpt), count == 8192, "{layout:?}");
    }
    // What cannot be is refused in each copy, without panic and without taking memory.
    for (size, count) in [(0, 128), (64, 256), (129, 127), (128, 0), (128, u32::MAX), (u32::MAX, u32::MAX), (4096, 300)]
    {
        let mut bytes = Gpt::usual().build();
        for at in [512, END] {
            patch_header(&mut bytes, at, 84, &u32::to_le_bytes(size));
            patch_header(&mut bytes, at, 80, &u32::to_le_bytes(count));
        }
        let expected = ["gpt-primary-entries-bad", "gpt-backup-entries-bad", "gpt-invalid"];
        assert_eq!(ids(&layout(bytes)), expected, "{size} {count}");
    }
}

#[test]
fn a_longer_header_is_read_and_an_impossible_one_is_not() {
    let layout = layout(Gpt { header_len: 512, ..Gpt::usual() }.build());
    assert_eq!((places(&layout), ids(&layout)), (USUAL.to_vec(), vec![]));
    for len in [0, 91, 513, u32::MAX] {
        let mut bytes = Gpt::usual().build();
        patch_header(&mut bytes, 512, 12, &u32::to_le_bytes(len));
        assert_eq!(ids(&crate::layout(bytes)), ["gpt-primary-header-bad"], "{len}");
    }
}

#[test]
fn headers_that_point_anywhere() {
    for (field, value) in [(24, 7), (72, u64::MAX), (72, 20000), (72, 1 << 55)] {
        let mut bytes = Gpt::usual().build();
        patch_header(&mut bytes, 512, field, &u64::to_le_bytes(value));
        let layout = layout(bytes);
        assert_eq!(places(&layout), USUAL);
        assert_eq!(ids(&layout).len(), 1, "{layout:?}");
    }
    for alternate in [0, 1, 5, 16382, 16384, u64::MAX] {
        let mut bytes = Gpt::usual().build();
        patch_header(&mut bytes, 512, 32, &u64::to_le_bytes(alternate));
        let layout = layout(bytes);
        assert_eq!((places(&layout), ids(&layout)), (USUAL.to_vec(), vec!["gpt-backup-not-at-end"]), "{alternate}");
    }
}

#[test]
fn entries_that_contradict_each_other_or_the_header() {
    let with = |parts: &[(u8, u64, u64)]| {
        let parts = parts.iter().map(|&(number, first, last)| part(number, first, last)).collect();
        layout(Gpt { parts, ..Gpt::usual() }.build())
    };
    let overlap = with(&[(1, 2048, 5000), (2, 4096, 8191), (3, 9000, 9001)]);
    assert_eq!((places(&overlap).len(), ids(&overlap)), (3, vec!["gpt-entry-overlap"]));
    let tables = with(&[(1, 0, 100), (2, 4096, 16383)]);
    assert_eq!(ids(&tables), ["gpt-entry-outside-usable"; 2]);
    let beyond = with(&[(1, 16000, 17000), (2, 1 << 40, 1 << 41)]);
    assert_eq!(beyond.volumes[0].source.size(), 384 * 512);
    assert_eq!((beyond.volumes[1].source.size(), beyond.volumes[1].size), (0, ((1 << 40) + 1) * 512));
    let invalid = with(&[(1, 4096, 4095), (2, 5, u64::MAX), (3, u64::MAX, u64::MAX), (4, 2, 1 << 56), (5, 2048, 2048)]);
    assert_eq!((places(&invalid), ids(&invalid)), (vec![(5, 2048, 1)], vec!["gpt-entry-invalid"; 4]));

    let mut gpt = Gpt::usual();
    gpt.parts[1].guid = 1;
    assert_eq!(ids(&layout(gpt.build())), ["gpt-duplicate-guid"]);
    for usable in [(9000, 34), (34, 1 << 60), (34, 16384), (0, 16350), (3, 16350)] {
        let layout = layout(Gpt { usable, ..Gpt::usual() }.build());
        assert!(ids(&layout).contains(&"gpt-usable-range"), "{usable:?}");
        assert_eq!(places(&layout), USUAL);
    }
}

#[test]
fn more_partitions_than_any_system_reads() {
    let parts =
        (0..600).map(|index| Part { index, ..part(1, 2048 + u64::from(index), 2048 + u64::from(index)) }).collect();
    let gpt = Gpt { parts, count: 1024, usable: (300, 16000), ..Gpt::usual() };
    let layout = layout(gpt.build());
    assert_eq!(layout.volumes.len(), 512);
    assert!(ids(&layout).contains(&"gpt-too-many-partitions"));
}

#[test]
fn the_first_sector_decides_who_rules() {
    // Hybrid: the GPT rules, and an MBR entry that it does not have is named.
    let mut bytes = Gpt::usual().build();
    mbr::record(&mut bytes, 0, &[(0xEE, 1, 2047), (0x83, 2048, 2048), (0x07, 9000, 10)]);
    mbr::flag(&mut bytes, 1, 0x80);
    let hybrid = layout(bytes);
    assert_eq!((hybrid.table, places(&hybrid)), (Some(Table::HybridGpt), USUAL.to_vec()));
    assert_eq!((ids(&hybrid), hybrid.mbr_active), (vec!["gpt-hybrid-mismatch"], true));

    // An MBR that announces no GPT is in force.
    let mut bytes = Gpt::usual().build();
    mbr::record(&mut bytes, 0, &[(0x83, 100, 50)]);
    let mbr = layout(bytes);
    assert_eq!((mbr.table, places(&mbr), ids(&mbr)), (Some(Table::Mbr), vec![(1, 100, 50)], vec!["mbr-gpt-remains"]));

    // Nothing in the first sector but a whole GPT behind it; or a protective entry at the wrong place.
    for entry in [None, Some((0xEE, 0, 16384))] {
        let mut bytes = Gpt::usual().build();
        bytes[..512].fill(0);
        if let Some(entry) = entry {
            mbr::record(&mut bytes, 0, &[entry]);
        }
        let layout = layout(bytes);
        assert_eq!((places(&layout), ids(&layout)), (USUAL.to_vec(), vec!["gpt-protective-mbr"]));
    }
}

#[test]
fn remains_of_a_gpt_without_an_mbr_are_named() {
    let mut bytes = Gpt::usual().build();
    bytes[..512].fill(0);
    bytes[512 + 88] ^= 1;
    assert_eq!(ids(&layout(bytes.clone())), ["gpt-primary-header-bad", "gpt-protective-mbr"]);
    bytes[END + 88] ^= 1;
    let layout = layout(bytes);
    assert_eq!((layout.table, layout.volumes[0].kind), (None, Kind::Disk));
    assert_eq!(ids(&layout), ["gpt-primary-header-bad", "gpt-backup-header-bad", "gpt-invalid"]);
}

/// A disk whose start was wiped has its partitions still; a filesystem made over an old GPT has none.
#[test]
fn a_backup_alone_counts_only_where_nothing_was_put_over_it() {
    let mut bytes = Gpt::usual().build();
    bytes[..64 * 512].fill(0);
    let wiped = layout(bytes.clone());
    assert_eq!((wiped.table, places(&wiped)), (Some(Table::Gpt), USUAL.to_vec()));
    assert_eq!(ids(&wiped), ["gpt-primary-header-bad", "gpt-protective-mbr"]);
    for superblock in [0, 1024, 32 << 10, 64 << 10] {
        let mut bytes = bytes.clone();
        bytes[superblock + 56] = 0x53;
        let layout = layout(bytes);
        assert_eq!((layout.table, layout.volumes[0].kind), (None, Kind::Disk), "{superblock}");
        assert_eq!(ids(&layout), [""; 0]);
    }
}

#[test]
fn a_table_of_nothing() {
    let layout = layout(Gpt { parts: vec![], ..Gpt::usual() }.build());
    assert_eq!((layout.table, layout.volumes.len(), ids(&layout).len()), (Some(Table::Gpt), 0, 0));
}
