//! What btrfs does not use, against `btrfs check`, a scrub by the kernel, and every file.

use crate::btrfs::{Mounted, can_mount, make, populate};
use crate::run;
use crate::support::{assert_same, guest_tree, noise, source};
use crate::unused::{fill, free};
use filesystem::{Unused, open, unused};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Files of one sector, of which every other one is deleted: free space in so many pieces that bits are kept of it.
fn fragment(mounted: &Mounted) {
    let small = mounted.at.join("small");
    fs::create_dir(&small).unwrap();
    for i in 0..800u64 {
        fs::write(small.join(i.to_string()), noise(i, 4096)).unwrap();
    }
    run!("sync", "-f", &mounted.at);
    for i in (0..800).step_by(2) {
        fs::remove_file(small.join(i.to_string())).unwrap();
    }
    let _ = fs::remove_file(mounted.at.join("boot/initrd"));
}

/// Bytes of the device that extents take, by `btrfs filesystem df`.
fn taken(image: &Path) -> u64 {
    let mounted = Mounted::new(image, "ro");
    let said = run!("btrfs", "filesystem", "df", "-b", &mounted.at);
    // `Metadata, DUP: total=26214400, used=131072`; the global reserve lies in those for metadata.
    let lines = said.lines().filter(|line| !line.starts_with("GlobalReserve"));
    let used = |line: &str| {
        let bytes: u64 = line.rsplit_once("used=").unwrap().1.parse().unwrap();
        bytes * if line.contains("DUP") { 2 } else { 1 }
    };
    lines.map(used).sum()
}

#[test]
fn free_bytes_of_btrfs_hold_nothing_that_is_missed() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    const LEN: u64 = 400 << 20;
    for (make_options, mount_options) in [
        (&[][..], "compress=zstd"),
        (&["--mixed", "-m", "dup", "-d", "dup", "-R", "^free-space-tree"], "space_cache=v1"),
        (&["-m", "single", "-n", "4096", "--csum", "xxhash"], "compress=lzo"),
    ] {
        let what = format!("{make_options:?} {mount_options}");
        make(&image, LEN, make_options);
        {
            let mounted = Mounted::new(&image, mount_options);
            populate(&mounted.at);
            fragment(&mounted);
        }
        let before = guest_tree(&*open(source(&image)).unwrap());
        let ranges = free(&image).unwrap_or_else(|why| panic!("{what}: {why}"));
        let given: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        let kept = LEN - given;
        // The first MiB and what lies around the superblocks are kept too.
        assert!((0..=(1 << 20) + (64 << 10)).contains(&(kept - taken(&image))), "{what}: {kept}");
        assert!(ranges.len() > 250, "{what}: {}", ranges.len());
        fill(&image, &ranges, 0xA5);
        run!("btrfs", "check", "--check-data-csum", &image);
        assert_same(&guest_tree(&*open(source(&image)).unwrap()), &before, &what);
        let mounted = Mounted::new(&image, "ro");
        let said = run!("btrfs", "scrub", "start", "-B", "-r", &mounted.at);
        assert!(said.contains("no errors found"), "{what}: {said}");
    }
}

#[test]
fn a_damaged_btrfs_gives_nothing() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    make(&image, 150 << 20, &[]);
    populate(&Mounted::new(&image, "compress=zstd").at);
    let sound = fs::read(&image).unwrap();
    let file = fs::File::options().read(true).write(true).open(&image).unwrap();
    let why = |text: &str| match unused(&*source(&image), &mut |_| Ok(())).unwrap() {
        Unused::Unknown { why } => assert!(why.contains(text), "{text}: {why}"),
        known => panic!("{text}: {known:?}"),
    };
    for (at, value, text) in [
        (0x60, 1 << 20, "a log waits"),
        (0x78, 4096, "are used by the extents"),
        (0x88, 2, "spans 2 devices"),
        (0x70, 1 << 30, "two lengths"),
        (0xB4, 0x80, "features 0x80"),
        (0xBC, 0x1341, "zoned"),
        (0x38, 1 << 38, "not finished"),
        (0xC9 + 16, 4096, "extents of the device"),
    ] {
        let mut superblock = sound[65536..65536 + 4096].to_vec();
        superblock[at..at + 8].copy_from_slice(&u64::to_le_bytes(value));
        let sum = crc32c::crc32c(&superblock[32..]);
        superblock[..4].copy_from_slice(&sum.to_le_bytes());
        for copy in [65536, 64 << 20] {
            superblock[0x30..0x38].copy_from_slice(&u64::to_le_bytes(copy));
            let sum = crc32c::crc32c(&superblock[32..]);
            superblock[..4].copy_from_slice(&sum.to_le_bytes());
            file.write_all_at(&superblock, copy).unwrap();
        }
        why(text);
    }
}

/// The extent of a file or block is moved by one sector in the tree of extents: all sums are as they were.
#[test]
fn an_extent_that_is_not_where_its_file_says() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    make(&image, 150 << 20, &["-m", "single", "-R", "^free-space-tree"]);
    fragment(&Mounted::new(&image, "nospace_cache"));
    assert!(free(&image).is_ok());
    let sound = fs::read(&image).unwrap();
    let word = |at: usize| u64::from_le_bytes(sound[at..at + 8].try_into().unwrap());
    let superblock = word(65536 + 0x48);
    let leaves = (0..sound.len() - 16384).step_by(4096).filter(|&at| {
        let (generation, owner, level) = (word(at + 0x50), word(at + 0x58), sound[at + 0x64]);
        let sum = || crc32c::crc32c(&sound[at + 32..at + 16384]).to_le_bytes();
        owner == 2 && level == 0 && generation <= superblock && at != 65536 && sound[at..at + 4] == sum()
    });
    let file = fs::File::options().write(true).open(&image).unwrap();
    let mut moved = 0;
    for leaf in leaves {
        let count = usize::from(u16::from_le_bytes([sound[leaf + 0x60], sound[leaf + 0x61]]));
        let key = |i: usize| leaf + 101 + i * 25;
        let is_extent = |i: usize| sound[key(i) + 8] == 168;
        // One with room behind it.
        let fits = |i: &usize| is_extent(*i) && word(key(*i)) + word(key(*i) + 9) + 4096 <= word(key(*i + 1));
        let Some(i) = (1..count.saturating_sub(1)).find(fits) else { continue };
        let mut block = sound[leaf..leaf + 16384].to_vec();
        let at = key(i) - leaf;
        block[at..at + 8].copy_from_slice(&(word(key(i)) + 4096).to_le_bytes());
        let sum = crc32c::crc32c(&block[32..]);
        block[..4].copy_from_slice(&sum.to_le_bytes());
        file.write_all_at(&block, leaf as u64).unwrap();
        moved += 1;
    }
    assert!(moved > 0);
    let why = free(&image).unwrap_err();
    assert!(why.contains("is not in the tree of extents"), "{why}");
}
