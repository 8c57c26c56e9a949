//! What FAT and swap do not use, against `fsck.fat` and `blkid`; and what is not known of others.

use crate::run;
use crate::support::{assert_same, blank, guest_tree, have, noise, source};
use crate::unused::{fill, free};
use filesystem::{Unused, open, unused};
use std::fs;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const FAT_TOOLS: &[&str] = &["mkfs.vfat", "mcopy", "mdel", "mdeltree", "fsck.fat"];

/// A FAT filesystem from which something was deleted.
fn make_fat(dir: &Path, root: &Path, width: &str, sectors: &str, len: u64) -> PathBuf {
    let image = dir.join("image");
    let _ = fs::remove_file(&image);
    blank(&image, len);
    run!("mkfs.vfat", "-F", width, "-s", sectors, &image);
    run!("mcopy", "-s", "-i", &image, &root.join("dir"), &root.join("large"), "::/");
    run!("mdel", "-i", &image, "::/large");
    run!("mdeltree", "-i", &image, "::/dir/old");
    image
}

fn fat_tree(root: &Path) {
    for dir in ["dir/old", "dir/new"] {
        fs::create_dir_all(root.join(dir)).unwrap();
        for (i, len) in [0usize, 1, 511, 512, 4097, 20_000].into_iter().enumerate() {
            fs::write(root.join(dir).join(format!("some file of {len}")), noise(i as u64, len)).unwrap();
        }
    }
    fs::write(root.join("large"), noise(9, 200_000)).unwrap();
}

#[test]
fn free_clusters_of_fat_hold_nothing_that_is_missed() {
    if !have(FAT_TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fat_tree(&root);
    for (width, sectors, len) in [
        ("12", "1", 1000 << 10),
        ("12", "4", 8 << 20),
        ("16", "1", 5 << 20),
        ("16", "8", 100 << 20),
        ("32", "1", 40 << 20),
        ("32", "8", 300 << 20),
    ] {
        let what = format!("FAT{width} {sectors}");
        let image = make_fat(dir.path(), &root, width, sectors, len);
        let before = guest_tree(&*open(source(&image)).unwrap());
        let ranges = free(&image).unwrap_or_else(|why| panic!("{what}: {why}"));
        // `  2048 bytes per cluster` and `NAME: 210 files, 404/16324 clusters`.
        let said = run!("fsck.fat", "-n", "-v", &image);
        let number = |text: &str| text.trim().parse::<u64>().unwrap();
        let cluster = said.lines().find_map(|line| line.strip_suffix(" bytes per cluster")).map(number).unwrap();
        let counts = said.lines().find_map(|line| line.strip_suffix(" clusters")?.rsplit_once(", ")).unwrap().1;
        let (used, all) = counts.split_once('/').unwrap();
        let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        assert_eq!(total, (number(all) - number(used)) * cluster, "{what}");
        let file = fs::File::open(&image).unwrap();
        let is_dirty = |range: &Range<u64>| {
            let mut bytes = vec![0; usize::try_from((range.end - range.start).min(1 << 20)).unwrap()];
            file.read_exact_at(&mut bytes, range.start).unwrap();
            !storage::is_zero(&bytes)
        };
        assert!(ranges.iter().any(is_dirty), "{what}: deleted files have left something");
        for byte in if len > 8 << 20 { &[0][..] } else { &[0xA5, 0] } {
            fill(&image, &ranges, *byte);
            run!("fsck.fat", "-n", &image);
            assert_same(&guest_tree(&*open(source(&image)).unwrap()), &before, &what);
        }
    }
}

#[test]
fn a_dirty_or_damaged_fat_gives_nothing() {
    if !have(FAT_TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fat_tree(&root);
    let sound = fs::read(make_fat(dir.path(), &root, "32", "1", 40 << 20)).unwrap();
    let word = |at: usize| u32::from_le_bytes(sound[at..at + 4].try_into().unwrap()) as usize;
    let (fat, len) = (usize::from(sound[14]) * 512, word(36) * 512);
    let used = (8..len).step_by(4).filter(|&at| (3..1 << 20).contains(&word(fat + at))).map(|at| at / 4);
    let used: Vec<_> = used.collect();
    let unused = (2..len / 4).rfind(|entry| entry * 4 < len - 4096 && word(fat + entry * 4) == 0).unwrap();
    let last = 40 << 11;
    // Where, what, in how many copies, and what is said.
    for (at, value, copies, why) in [
        (fat + 4, 0x07FF_FFFF, 2, "not unmounted cleanly"),
        (fat + 4, 0x0BFF_FFFF, 2, "reading or writing failed"),
        (fat + used[0] * 4, 5, 1, "copies differ"),
        (fat + used[0] * 4, unused, 2, "in a chain and free"),
        (fat + used[0] * 4, 1, 2, "leads to cluster 1"),
        (fat + used[0] * 4, last, 2, "leads to cluster"),
        (fat + used[0] * 4, word(fat + used[1] * 4), 2, "has two before it"),
        (fat + 8, 0, 2, "root directory"),
        (40, 0x80, 1, "one copy"),
        (32, 81_928, 1, "its own account"),
    ] {
        let mut damaged = sound.clone();
        for copy in 0..copies {
            damaged[at + copy * len..][..4].copy_from_slice(&u32::try_from(value).unwrap().to_le_bytes());
        }
        match unused_of(&damaged) {
            Unused::Unknown { why: said } => assert!(said.contains(why), "{why}: {said}"),
            known => panic!("{why}: {known:?}"),
        }
    }
}

/// What is said of bytes, with no range looked at.
fn unused_of(volume: &Vec<u8>) -> Unused {
    unused(volume, &mut |_| Ok(())).unwrap()
}

#[test]
fn swap_is_unused_behind_its_header_unless_a_machine_sleeps_in_it() {
    if !have(&["mkswap"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("swap");
    for page in [4096u64, 65536] {
        let _ = fs::remove_file(&image);
        blank(&image, (8 << 20) + 1000);
        run!("mkswap", "-p", &page.to_string(), &image);
        let ranges = free(&image).unwrap();
        assert_eq!(ranges, std::slice::from_ref(&(page..8 << 20)));
        fill(&image, &ranges, 0xA5);
        assert!(run!("blkid", "-p", "-o", "value", "-s", "TYPE", &image).contains("swap"));
        let sound = fs::read(&image).unwrap();
        let mark = page as usize - 10;
        for (at, bytes, why) in [
            (mark, &b"S1SUSPEND\0"[..], "hibernated"),
            (mark, b"LINHIB0001", "hibernated"),
            (mark, b"SWAP-SPACE", "version"),
            (0, &[0xED, 0xC3, 0x02, 0xE9, 0x98, 0x56, 0xE5, 0x0C], "hibernated"),
            (1028, &[0xFF, 0xFF, 0xFF, 0x7F], "by its own account"),
        ] {
            let mut other = sound.clone();
            other[at..at + bytes.len()].copy_from_slice(bytes);
            match unused_of(&other) {
                Unused::Unknown { why: said } => assert!(said.contains(why), "{why}: {said}"),
                known => panic!("{why}: {known:?}"),
            }
        }
    }
}

#[test]
fn what_is_not_known_is_not_given() {
    if !have(&["genisoimage"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "content").unwrap();
    let image = dir.path().join("image");
    run!("genisoimage", "-quiet", "-R", "-o", &image, &dir.path().join("file"));
    let why = free(&image).unwrap_err();
    assert!(why.contains("iso9660"), "{why}");
}
