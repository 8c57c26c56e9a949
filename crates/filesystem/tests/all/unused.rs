//! What ext does not use: against `dumpe2fs` and `e2fsck`, and on damaged filesystems.

use crate::run;
use crate::support::{
    AMPLE, assert_same, blank, debugfs, each_damaged, have, host_tree, noise, random, run_with, sample_tree, source,
    walk,
};
use filesystem::{Unused, open, unused};
use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const TOOLS: &[&str] = &["mke2fs", "dumpe2fs", "debugfs", "e2fsck"];

/// What is free in an image, in order and apart, or why that is not known.
pub(crate) fn free(image: &Path) -> Result<Vec<Range<u64>>, String> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let found = unused(&*source(image), &mut |range| {
        assert!(range.start < range.end && ranges.last().is_none_or(|last| last.end < range.start), "{range:?}");
        ranges.push(range);
        Ok(())
    });
    match found.unwrap() {
        Unused::Known { bytes, .. } => {
            assert_eq!(bytes, ranges.iter().map(|range| range.end - range.start).sum::<u64>());
            Ok(ranges)
        }
        Unused::Unknown { why } => {
            assert!(ranges.is_empty(), "{why}");
            Err(why)
        }
    }
}

/// Overwrites what is free, where it is not so already.
pub(crate) fn fill(image: &Path, ranges: &[Range<u64>], byte: u8) {
    let file = fs::File::options().read(true).write(true).open(image).unwrap();
    for range in ranges {
        for at in (range.start..range.end).step_by(64 << 10) {
            let mut found = vec![0; usize::try_from((range.end - at).min(64 << 10)).unwrap()];
            file.read_exact_at(&mut found, at).unwrap();
            if found.iter().any(|&found| found != byte) {
                found.fill(byte);
                file.write_all_at(&found, at).unwrap();
            }
        }
    }
}

fn make(dir: &Path, root: &Path, options: &str, len: u64) -> PathBuf {
    let image = dir.join("image");
    let _ = fs::remove_file(&image);
    blank(&image, len);
    let mut args: Vec<&OsStr> = vec!["-q".as_ref(), "-F".as_ref(), "-d".as_ref(), root.as_os_str()];
    args.extend(options.split_whitespace().map(OsStr::new));
    args.push(image.as_os_str());
    run_with(&[0], "mke2fs", &args);
    image
}

/// The free bytes of an ext filesystem as dumpe2fs lists them, neighbours joined.
fn listed(image: &Path) -> Vec<Range<u64>> {
    let dump = run!("dumpe2fs", image);
    let field = |name| dump.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    let (block, blocks) = (field("Block size:").unwrap(), field("Block count:").unwrap());
    // Of a run of clusters the first block of the last one is listed.
    let cluster = field("Cluster size:").unwrap_or(block) / block;
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for list in dump.lines().filter_map(|line| line.strip_prefix("  Free blocks: ")) {
        for part in list.split(", ").filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (first.parse::<u64>().unwrap(), last.parse::<u64>().unwrap());
            let range = first * block..(last + cluster).min(blocks) * block;
            match ranges.last_mut() {
                Some(before) if before.end == range.start => before.end = range.end,
                _ => ranges.push(range),
            }
        }
    }
    ranges
}

#[test]
fn free_blocks_are_those_of_dumpe2fs_and_hold_nothing_that_is_missed() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    for (options, mebibytes) in [
        ("-t ext2 -b 1024", 48),
        ("-t ext2 -b 4096 -I 128", 48),
        ("-t ext3 -b 1024", 48),
        ("-t ext3 -b 2048 -g 2048", 48),
        ("-t ext4 -b 1024", 64),
        ("-t ext4 -b 2048", 48),
        ("-t ext4 -b 4096", 300),
        ("-t ext4 -b 4096 -O bigalloc -C 16384", 64),
        ("-t ext4 -b 4096 -O bigalloc,^metadata_csum,uninit_bg -C 65536", 300),
        ("-t ext4 -b 1024 -O ^flex_bg", 64),
        ("-t ext4 -b 4096 -g 1024 -O ^flex_bg,^64bit", 64),
        ("-t ext4 -b 4096 -g 1024 -O ^64bit -G 4", 61),
        ("-t ext4 -b 1024 -g 1024 -O uninit_bg,^metadata_csum", 64),
        ("-t ext4 -b 1024 -g 512 -O uninit_bg,^metadata_csum,^64bit,^resize_inode", 64),
        ("-t ext4 -b 1024 -g 256 -O meta_bg,^resize_inode", 64),
        ("-t ext4 -b 4096 -O inline_data -I 256", 48),
        ("-t ext4 -b 1024 -g 1024 -O sparse_super2", 64),
        ("-t ext2 -b 1024 -g 1024 -O ^sparse_super,^resize_inode", 64),
        ("-t ext4 -b 4096 -O metadata_csum_seed,orphan_file,ea_inode,large_dir,casefold", 48),
    ] {
        let image = make(dir.path(), &root, options, mebibytes << 20);
        debugfs(dir.path(), &image, "rm /boot/initrd\nrm /etc/size-65536\nrm /many/a-rather-long-name-number-7\n");
        run_with(&[0], "e2fsck", &["-fn".as_ref(), image.as_os_str()]);
        let ranges = free(&image).unwrap_or_else(|why| panic!("{options}: {why}"));
        assert!(ranges == listed(&image), "{options}: {ranges:?} and not {:?}", listed(&image));
        let bytes = fs::read(&image).unwrap();
        let dirty = |range: &Range<u64>| !storage::is_zero(&bytes[range.start as usize..range.end as usize]);
        assert!(ranges.iter().any(dirty), "{options}: deleted files have left something");
        let dump = |to: &str| {
            let to = dir.path().join(to);
            fs::create_dir(&to).unwrap();
            run!("debugfs", "-R", &format!("rdump / {}", to.display()), &image);
            let tree = host_tree(&to);
            fs::remove_dir_all(to).unwrap();
            tree
        };
        let before = dump("before");
        // Zeros would not be missed in tables that were never written.
        for byte in if mebibytes > 64 { &[0][..] } else { &[0xA5, 0] } {
            fill(&image, &ranges, *byte);
            run_with(&[0], "e2fsck", &["-fn".as_ref(), image.as_os_str()]);
            assert_same(&dump("after"), &before, options);
        }
        assert!(free(&image).unwrap() == ranges);
    }
}

#[test]
fn an_unclean_or_damaged_filesystem_gives_nothing() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    let ext4 = "-t ext4 -b 1024";
    for (options, command, word) in [
        (ext4, "ssv state 0", "not unmounted cleanly"),
        (ext4, "ssv state 3", "errors were found"),
        (ext4, "ssv error_count 2", "2 errors"),
        (ext4, "ssv last_orphan 12", "deleted files"),
        (ext4, "feature needs_recovery", "journal"),
        (ext4, "feature orphan_present", "deleted files"),
        (ext4, "feature FEATURE_I30", "FEATURE_I30"),
        (ext4, "feature read-only shared_blocks", "shared_blocks"),
        (ext4, "ssv free_blocks_count 17", "free by the bitmaps and 17 by the superblock"),
        ("-t ext2 -b 1024", "set_bg 1 free_blocks_count 17", "17 by its descriptor"),
        (ext4, "set_bg 1 checksum 0x1234", "descriptor of group 1 has a wrong checksum"),
        (ext4, "set_bg 1 block_bitmap 3\nset_bg 1 checksum calc", "overlap"),
        (ext4, "set_bg 1 inode_table 99999999\nset_bg 1 checksum calc", "overlap, or lie outside"),
        (ext4, "jo -c\njw -b 1000 /etc/hostname\njc\nfeature -needs_recovery", "not yet in place"),
        ("-t ext2 -b 1024", "freeb 1\nssv free_blocks_count 0", "filesystem's own is marked free"),
        ("-t ext2 -b 1024", "setb 20000", "by its descriptor"),
    ] {
        let image = make(dir.path(), &root, options, 48 << 20);
        assert!(free(&image).is_ok(), "{options}");
        debugfs(dir.path(), &image, &format!("{command}\n"));
        let why = free(&image).expect_err(command);
        assert!(why.contains(word), "{command}: {why}");
    }
}

#[test]
fn a_bitmap_with_a_wrong_checksum_gives_nothing() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    for options in ["-t ext4 -b 1024", "-t ext4 -b 4096 -O ^64bit"] {
        let image = make(dir.path(), &root, options, 64 << 20);
        let dump = run!("dumpe2fs", &image);
        let number = |name: &str| dump.split(name).nth(1).unwrap().trim_start().split([' ', '\n']).next().unwrap();
        let (block, bitmap) = (number("Block size:"), number("Block bitmap at"));
        let at = block.parse::<u64>().unwrap() * bitmap.parse::<u64>().unwrap();
        let mut byte = [0];
        let file = fs::File::options().read(true).write(true).open(&image).unwrap();
        // A used block and a free one change places: the count stays.
        file.read_exact_at(&mut byte, at).unwrap();
        assert_eq!(byte, [0xFF]);
        file.write_all_at(&[0xFE], at).unwrap();
        let why = free(&image).unwrap_err();
        assert!(why.contains("block bitmap of group 0 has a wrong checksum"), "{why}");
    }
}

#[test]
fn a_filesystem_that_another_machine_holds_gives_nothing() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fs::create_dir(&root).unwrap();
    let image = make(dir.path(), &root, "-t ext4 -b 1024 -O mmp", 8 << 20);
    assert!(free(&image).unwrap() == listed(&image));
    let file = fs::File::options().read(true).write(true).open(&image).unwrap();
    let mut block = [0; 8];
    file.read_exact_at(&mut block, 1024 + 0x168).unwrap();
    file.write_all_at(&[1, 0, 0, 0], u64::from_le_bytes(block) * 1024 + 4).unwrap();
    let why = free(&image).unwrap_err();
    assert!(why.contains("multiple mount protection"), "{why}");
}

/// What e2fsck says when it repairs a copy, and all that can then be read there.
fn repaired(image: &Path) -> (String, Vec<(String, String)>) {
    let copy = image.with_extension("repaired");
    fs::copy(image, &copy).unwrap();
    let said = run_with(&[0, 1, 2, 3, 4, 5, 8, 9, 12], "e2fsck", &["-fy".as_ref(), copy.as_os_str()]);
    let mut tree = Vec::new();
    if let Ok(fs) = open(source(&copy)) {
        walk(&*fs, AMPLE, |path, node| tree.push((path.to_string(), format!("{node:?}"))));
    }
    tree.sort();
    (said, tree)
}

#[test]
fn damaged_filesystems_do_not_get_worse() {
    if !have(TOOLS) {
        return;
    }
    let (mut given, mut refused, mut worse) = (0, 0, Vec::new());
    let found = each_damaged(|name, image| match free(image) {
        Ok(ranges) => {
            given += 1;
            let (said, before) = repaired(image);
            fill(image, &ranges, 0);
            let (says, after) = repaired(image);
            if after != before || says != said {
                worse.push(format!("{name}: {said}\nbecame\n{says}"));
            }
        }
        Err(_) => refused += 1,
    });
    assert!(worse.is_empty(), "{}", worse.join("\n"));
    if found {
        assert!(given > 0 && refused > 30, "{given} given, {refused} refused");
    }
}

#[test]
fn flipped_bytes_never_give_what_is_outside() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("file"), noise(1, 100_000)).unwrap();
    for options in ["-t ext2 -b 1024 -N 64", "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg -N 64"] {
        let image = fs::read(make(dir.path(), &root, options, 1 << 20)).unwrap();
        for round in 0..500u64 {
            let mut seed = round;
            let mut damaged = image.clone();
            for _ in 0..=random(&mut seed) % 4 {
                let at = 1024 + random(&mut seed) as usize % 8192;
                damaged[at] = random(&mut seed) as u8;
            }
            let len = damaged.len() as u64;
            let mut next = 0;
            let found = unused(&damaged, &mut |range| {
                assert!(next <= range.start && range.start < range.end && range.end <= len, "{round}: {range:?}");
                next = range.end;
                Ok(())
            });
            found.unwrap();
        }
    }
}
