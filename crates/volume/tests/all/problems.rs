//! Every defect that the crate can name is one that some disk has.

use crate::build::bsd::{self, label};
use crate::build::gpt::{Gpt, Part, part, patch_header};
use crate::build::lvm::{AREA, EXTENT, FIRST, group, linear, logical, physical};
use crate::build::{bcache, mbr, md, put};
use crate::{ids, source};
use std::collections::BTreeSet;
use volume::{PROBLEMS, scan};

/// A disk with the defect of that name.
type Specimen = (&'static str, Vec<u8>);

/// Type, start and length, in sectors.
type Entry = (u8, u32, u32);

fn mbr_disk(entries: &[Entry], links: &[(usize, &[Entry])]) -> Vec<u8> {
    let mut disk = mbr::disk(3000);
    mbr::record(&mut disk, 0, entries);
    for (sector, entries) in links {
        mbr::record(&mut disk, *sector, entries);
    }
    disk
}

fn of_mbr() -> Vec<Specimen> {
    let extended = [(5, 100, 1000)];
    let mut flag = mbr_disk(&[(0x83, 100, 50)], &[]);
    mbr::flag(&mut flag, 0, 1);
    let chain: Vec<_> = (0..300_u32).map(|link| [(0x83, 1, 1), (5, 3 * (link + 1), 3)]).collect();
    let links: Vec<_> = chain.iter().enumerate().map(|(link, entries)| (100 + 3 * link, &entries[..])).collect();
    let mut remains = Gpt::usual().build();
    mbr::record(&mut remains, 0, &[(0x83, 100, 50)]);
    vec![
        ("mbr-boot-flag-invalid", flag),
        ("mbr-partition-beyond-end", mbr_disk(&[(0x83, 2990, 50)], &[])),
        ("mbr-partition-overlap", mbr_disk(&[(0x83, 100, 50), (0x83, 149, 50)], &[])),
        ("mbr-partition-overlap", mbr_disk(&[(0x17, 0, 50)], &[])),
        ("mbr-partition-overlap", mbr_disk(&extended, &[(100, &[(0x83, 1, 9), (0x83, 5, 9)])])),
        ("mbr-several-extended", mbr_disk(&[(5, 100, 50), (5, 200, 50)], &[])),
        ("mbr-extended-loop", mbr_disk(&extended, &[(100, &[(5, 5, 9)]), (105, &[(5, 5, 9)])])),
        ("mbr-extended-backward", mbr_disk(&extended, &[(100, &[(5, 50, 9)]), (150, &[(5, 5, 9)]), (105, &[])])),
        ("mbr-extended-outside", mbr_disk(&extended, &[(100, &[(5, 1100, 9)])])),
        ("mbr-extended-unreadable", mbr_disk(&extended, &[(100, &[(5, 50, 9)])])),
        ("mbr-extended-unreadable", mbr_disk(&[(5, 4000, 1000)], &[])),
        ("mbr-extended-too-long", mbr_disk(&extended, &links)),
        ("mbr-logical-outside", mbr_disk(&extended, &[(100, &[(0x83, 995, 9)])])),
        ("mbr-logical-duplicate", mbr_disk(&extended, &[(100, &[(0x83, 5, 9), (0x83, 5, 4)])])),
        ("mbr-gpt-remains", remains),
    ]
}

fn gpt_disk(parts: &[(u8, u64, u64)]) -> Vec<u8> {
    let parts = parts.iter().map(|&(number, first, last)| part(number, first, last)).collect();
    Gpt { parts, ..Gpt::usual() }.build()
}

fn of_gpt() -> Vec<Specimen> {
    let usual = || Gpt::usual().build();
    let end = usual().len() - 512;
    let broken = |places: &[usize]| {
        let mut disk = usual();
        places.iter().for_each(|&at| disk[at] ^= 1);
        disk
    };
    let mut grown = usual();
    grown.resize(grown.len() + 512, 0);
    let mut differ = usual();
    patch_header(&mut differ, end, 56, &[1]);
    let mut bare = usual();
    bare[..512].fill(0);
    let mut hybrid = usual();
    mbr::record(&mut hybrid, 0, &[(0xEE, 1, 99), (0x83, 100, 50)]);
    let mut twins = Gpt::usual();
    twins.parts[1].guid = 1;
    let many = (0..513).map(|index| Part { index, ..part(1, 2048, 2048) }).collect();
    vec![
        ("gpt-invalid", broken(&[512, end])),
        ("gpt-protective-mbr", bare),
        ("gpt-hybrid-mismatch", hybrid),
        ("gpt-primary-header-bad", broken(&[520])),
        ("gpt-primary-entries-bad", broken(&[1024])),
        ("gpt-backup-missing", broken(&[end])),
        ("gpt-backup-header-bad", broken(&[end + 8])),
        ("gpt-backup-entries-bad", broken(&[end - 512])),
        ("gpt-backup-not-at-end", grown),
        ("gpt-copies-differ", differ),
        ("gpt-entry-size", Gpt { entry_size: 256, count: 64, ..Gpt::usual() }.build()),
        ("gpt-usable-range", Gpt { usable: (9000, 8000), ..Gpt::usual() }.build()),
        ("gpt-entry-invalid", gpt_disk(&[(1, 9, 8)])),
        ("gpt-entry-overlap", gpt_disk(&[(1, 2048, 4096), (2, 4096, 5000)])),
        ("gpt-entry-outside-usable", gpt_disk(&[(1, 33, 40)])),
        ("gpt-partition-beyond-end", gpt_disk(&[(1, 16000, 20000)])),
        ("gpt-duplicate-guid", twins.build()),
        ("gpt-too-many-partitions", Gpt { parts: many, count: 520, usable: (200, 16000), ..Gpt::usual() }.build()),
    ]
}

fn of_bsd() -> Vec<Specimen> {
    let with = |entries: &[bsd::Entry]| {
        let mut disk = mbr_disk(&[(0xA5, 100, 1000)], &[]);
        label(&mut disk, 101 * 512, entries);
        disk
    };
    let mut broken = with(&[(800, 16, 7), (0, 0, 0), (1000, 0, 0)]);
    broken[101 * 512 + 150] ^= 1;
    vec![
        ("bsd-label-bad", broken),
        ("bsd-partition-outside", with(&[(800, 16, 7), (900, 816, 1), (1000, 0, 0)])),
        ("bsd-partition-overlap", with(&[(800, 16, 7), (100, 800, 1), (1000, 0, 0)])),
    ]
}

fn of_lvm() -> Vec<Specimen> {
    let with = |volumes: &[String]| physical('a', 16, &group(1, &['a'], volumes), 512);
    let broken = |at: usize| {
        let mut disk = with(&[logical("root", &[&linear(0, 1, "pv0", 0)])]);
        disk[at] ^= 1;
        disk
    };
    let member = with(&[]);
    let mut twins = mbr::disk(8000);
    mbr::record(&mut twins, 0, &[(0x8E, 1000, 1000), (0x8E, 3000, 1000)]);
    put(&mut twins, 1000 * 512, &member);
    put(&mut twins, 3000 * 512, &member);
    let mut cut = with(&[logical("root", &[&linear(0, 16, "pv0", 0)])]);
    cut.truncate(FIRST + 5 * EXTENT);
    let vdo = linear(0, 1, "pv0", 0).replace("striped", "vdo");
    let pool = |kind: &str| {
        let segment = format!(
            "start_extent = 0\nextent_count = 1\ntype = \"{kind}\"\nthin_pool = \"p\"\ndevice_id = 1\norigin = \"q\"\n\
             metadata = \"q\"\npool = \"q\"\nchunk_size = 128"
        );
        logical(if kind == "thin-pool" { "p" } else { "root" }, &[&segment])
    };
    let inner = logical("q", &[&linear(0, 1, "pv0", 3)]);
    let raid = "start_extent = 0\nextent_count = 1\ntype = \"raid1\"\nraids = [\"m\", \"q\", \"n\", \"q\"]";
    let memories = [("m", 0), ("n", 1)].map(|(name, extent)| logical(name, &[&linear(0, 1, "pv0", extent)]));
    let mut unsynced = with(&[&memories[..], &[logical("root", &[raid]), inner.clone()]].concat());
    for (extent, recovered) in [(0, u64::MAX), (1, 5)] {
        put(&mut unsynced, FIRST + extent * EXTENT, b"DmRd");
        put(&mut unsynced, FIRST + extent * EXTENT + 8, &[0; 24]);
        put(&mut unsynced, FIRST + extent * EXTENT + 32, &recovered.to_le_bytes());
    }
    let many: String = (0..4097).map(|_| "v{}").collect();
    vec![
        ("lvm-label-bad", broken(600)),
        ("lvm-metadata-bad", broken(AREA)),
        ("lvm-metadata-lost", broken(AREA + 700)),
        ("lvm-duplicate-pv", twins),
        ("lvm-missing-pv", physical('a', 16, &group(1, &['a', 'b'], &[]), 512)),
        ("lvm-segment-unsupported", with(&[logical("root", &[&vdo])])),
        ("lvm-cached", with(&[pool("cache"), inner.clone()])),
        ("lvm-thin-bad", with(&[pool("thin"), pool("thin-pool"), inner])),
        ("lvm-mirror-unsynced", unsynced),
        ("lvm-segment-bad", with(&[logical("root", &[&linear(5, 1, "pv0", 0)])])),
        ("lvm-segment-loop", with(&[logical("root", &[&linear(0, 1, "root", 0)])])),
        ("lvm-beyond-end", cut),
        ("lvm-too-many-volumes", with(&[many])),
    ]
}

/// Two partitions of 300 sectors with these volumes, and what is between them empty.
fn two_partitions(first: &[u8], second: &[u8]) -> Vec<u8> {
    let mut disk = mbr_disk(&[(0xFD, 100, 300), (0xFD, 500, 300)], &[]);
    disk.truncate(1000 * 512);
    put(&mut disk, 100 * 512, first);
    put(&mut disk, 500 * 512, second);
    disk
}

fn of_stacks() -> Vec<Specimen> {
    let mirror = || md::mirror(0).build(b'A');
    let mut damaged = mirror();
    damaged[4096 + 72] ^= 1;
    let old = md::Member { events: 3, ..md::mirror(0) }.build(b'a');
    let short = md::Member { sectors: 100, ..md::mirror(0) };
    let striped = |level| md::Member { level, chunk: 8, ..md::mirror(0) }.build(b'A');
    let mut broken = bcache::backing(100, 0);
    broken[4096 + 90] ^= 1;
    let mut dynamic = mbr_disk(&[(0x42, 63, 900)], &[]);
    put(&mut dynamic, 6 * 512, b"PRIVHEAD");
    let mut fake = mbr_disk(&[(0x83, 63, 900)], &[]);
    let end = fake.len() - 512;
    put(&mut fake, end, &[0xDE, 0x11, 0xDE, 0x11]);
    vec![
        ("firmware-raid", fake),
        ("ldm-dynamic-disk", dynamic),
        ("md-superblock-bad", damaged),
        ("md-degraded", mirror()),
        ("md-stale-member", two_partitions(&old, &md::mirror(1).build(b'A'))),
        ("md-missing-member", striped(0)),
        ("md-unsupported", striped(5)),
        ("md-beyond-end", short.build(b'A')),
        ("bcache-cached", bcache::backing(100, 1 << 61)),
        ("bcache-dirty", bcache::backing(100, 2 << 61 | 1)),
        ("bcache-superblock-bad", broken),
    ]
}

/// A disk for every defect but the ones that need a sector size to be given.
pub(crate) fn specimens() -> Vec<Specimen> {
    [of_mbr(), of_gpt(), of_bsd(), of_lvm(), of_stacks()].concat()
}

/// A disk that is damaged from its first byte on.
#[derive(Debug)]
struct Broken;

impl storage::ReadAt for Broken {
    fn size(&self) -> u64 {
        1 << 20
    }

    fn read_at(&self, _: &mut [u8], offset: u64) -> storage::Result<()> {
        Err(storage::Error::corrupt(offset, "a table of the image points past its end"))
    }
}

#[test]
fn every_named_defect_is_one_that_some_disk_has() {
    let mut fired = BTreeSet::new();
    for (id, disk) in specimens() {
        let layout = scan(&source(disk), None).unwrap();
        assert!(ids(&layout).contains(&id), "{id} is not among {:?}", layout.problems);
        fired.insert(id);
    }
    let layout = scan(&source(Gpt::usual().build()), Some(4096)).unwrap();
    assert_eq!(ids(&layout), ["gpt-sector-size"]);
    fired.extend(ids(&layout));
    let others = [source(Vec::new()), std::sync::Arc::new(Broken) as storage::Source];
    let machine = volume::scan_all(&others).unwrap();
    assert_eq!(ids(&machine.disks[1]), ["disk-unreadable"]);
    assert_eq!(volume::scan_all(&others[1..]).unwrap_err().kind(), storage::ErrorKind::Corrupt);
    fired.extend(ids(&machine.disks[1]));
    let named: BTreeSet<_> = PROBLEMS.iter().map(|defect| defect.id).collect();
    assert_eq!(fired, named);
}

#[test]
fn what_is_said_of_a_disk_agrees_with_the_list() {
    for (_, disk) in specimens() {
        for problem in scan(&source(disk), None).unwrap().problems {
            let listed = PROBLEMS.iter().find(|defect| defect.id == problem.id).unwrap();
            assert!(problem.severe == listed.severe && problem.what.len() > 20, "{problem:?}");
        }
    }
}
