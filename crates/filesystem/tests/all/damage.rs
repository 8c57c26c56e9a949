//! Damaged filesystems: no panic, no endless walk, no unbounded memory, and never other content than was written.

use crate::run;
use crate::support::{Budget, blank, each_damaged, guest_tree, have, noise, random, run_with, source, walk};
use filesystem::{DRIVERS, identify, open};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use storage::Source;

/// A walk through damage, which may multiply names.
const SCANT: Budget = Budget { entries: 2_000, depth: 12, file: 16 << 20 };

/// Does all that can be done with a volume, and says how many entries were read.
pub(crate) fn exercise(volume: &Source) -> usize {
    let mut read = 0;
    let _ = identify(&**volume);
    for driver in DRIVERS {
        let _ = (driver.probe(&**volume), driver.info(&**volume), driver.proven(&**volume));
        if let Ok(fs) = driver.open(volume.clone()) {
            walk(&*fs, SCANT, |_, node| read += usize::from(node.is_ok()));
        }
    }
    read
}

#[test]
fn the_damaged_filesystems_of_e2fsprogs() {
    let mut read = 0;
    if each_damaged(|_, image| read += exercise(&source(image))) {
        assert!(read > 500, "only {read} entries were read");
    }
}

/// A tree that fits a few hundred KiB.
pub(crate) fn small_tree(root: &Path) {
    fs::create_dir_all(root.join("dir/inner")).unwrap();
    fs::write(root.join("dir/file"), noise(1, 30_000)).unwrap();
    fs::write(root.join("dir/inner/small"), "small").unwrap();
    for i in 0..30 {
        fs::write(root.join(format!("dir/inner/name-{i}")), i.to_string()).unwrap();
    }
}

/// Writes a transaction to the journal, with what revokes a part of it, and leaves it there.
fn leave_in_journal(dir: &Path, image: &Path) {
    let (block, script) = (dir.join("block"), dir.join("script"));
    fs::write(&block, noise(7, 3 * 1024)).unwrap();
    fs::write(&script, format!("jo -c -v 3\njw -b 100,101,102 {}\njw -r 101\njc\n", block.display())).unwrap();
    run!("debugfs", "-w", "-f", &script, image);
}

/// Small images of every kind that is read here.
fn small_images(dir: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let root = dir.join("tree");
    small_tree(&root);
    let mut images = Vec::new();
    for (name, options) in [
        ("ext2", "-t ext2 -b 1024"),
        ("ext3", "-t ext3 -b 1024 -J size=1"),
        ("ext4", "-t ext4 -b 1024 -O ^has_journal"),
        ("ext4 without checksums", "-t ext4 -b 1024 -O ^has_journal,^metadata_csum"),
    ] {
        let image = dir.join("image");
        blank(&image, if name == "ext3" { 4 << 20 } else { 256 << 10 });
        let mut args: Vec<_> = ["-q", "-F", "-N", "64", "-d"].iter().map(std::ffi::OsStr::new).collect();
        args.push(root.as_os_str());
        args.extend(options.split(' ').map(std::ffi::OsStr::new));
        args.push(image.as_os_str());
        run_with(&[0], "mke2fs", &args);
        if name == "ext3" {
            leave_in_journal(dir, &image);
        }
        images.push((name, fs::read(&image).unwrap()));
    }
    for (name, width, sectors) in [("FAT12", "12", 256u64 << 10), ("FAT16", "16", 4300 << 9), ("FAT32", "32", 34 << 20)]
    {
        let image = dir.join("image");
        fs::remove_file(&image).unwrap();
        blank(&image, sectors);
        run!("mkfs.vfat", "-F", width, "-s", "1", &image);
        run!("mcopy", "-s", "-i", &image, &root.join("dir"), "::/");
        let mut bytes = fs::read(&image).unwrap();
        // The files are at the front; what was never written need not be copied thousands of times.
        bytes.truncate(2 << 20);
        images.push((name, bytes));
    }
    images.extend(optical_images(dir, &root));
    images
}

fn optical_images(dir: &Path, root: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let kinds = [("Rock Ridge", "-R"), ("Joliet", "-J"), ("plain ISO 9660", "-no-pad"), ("UDF", "-udf")];
    let image = dir.join("optical");
    let made = kinds.map(|(name, option)| {
        run!("genisoimage", "-quiet", "-no-pad", option, "-o", &image, root);
        (name, fs::read(&image).unwrap())
    });
    made.into()
}

const MAKERS: &[&str] = &["mke2fs", "debugfs", "mkfs.vfat", "mcopy", "genisoimage"];

#[test]
fn flipped_bytes() {
    if !have(MAKERS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, image) in small_images(dir.path()) {
        assert!(exercise(&(Arc::new(image.clone()) as Source)) > 30, "{name} is sound");
        // Bytes that are not zero are those that mean something.
        let used: Vec<usize> = (0..image.len()).filter(|&at| image[at] != 0).filter(|at| at % 512 < 128).collect();
        for round in 0..150u64 {
            let mut seed = round;
            let mut damaged = image.clone();
            for _ in 0..=random(&mut seed) % 8 {
                let place = random(&mut seed) as usize;
                let at = if round % 2 == 0 { used[place % used.len()] } else { place % 4096 };
                damaged[at] = random(&mut seed) as u8;
            }
            exercise(&(Arc::new(damaged) as Source));
        }
    }
}

#[test]
fn every_cut_of_ext_is_an_error() {
    if !have(MAKERS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, image) in small_images(dir.path()).into_iter().filter(|(name, _)| name.starts_with("ext")) {
        for len in (0..image.len()).step_by(512) {
            assert!(open(Arc::new(image[..len].to_vec())).is_err(), "{name} cut at {len}");
        }
    }
}

/// Cut short, an optical medium gives what it gave before or says that it cannot.
#[test]
fn every_cut_of_optical_media_gives_the_same_or_an_error() {
    if !have(MAKERS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    small_tree(&root);
    for (name, image) in optical_images(dir.path(), &root) {
        let whole = guest_tree(&*open(Arc::new(image.clone())).unwrap());
        let fs_type = open(Arc::new(image.clone())).unwrap().info().fs_type;
        let mut errors = 0;
        for len in (0..image.len()).step_by(512) {
            // What is cut off of UDF may leave the other.
            let driver = DRIVERS.iter().find(|driver| driver.name() == fs_type).unwrap();
            let Ok(fs) = driver.open(Arc::new(image[..len].to_vec())) else {
                errors += 1;
                continue;
            };
            let (mut found, mut wrong) = (0, 0);
            walk(&*fs, SCANT, |path, node| match node {
                Ok(node) => {
                    assert!(whole.get(&path) == Some(&node), "{name} cut at {len}: {path}");
                    found += 1;
                }
                Err(_) => wrong += 1,
            });
            assert!(found == whole.len() || wrong > 0, "{name} cut at {len}: {found} of {}", whole.len());
        }
        assert!(errors > 64, "{name}");
    }
}

/// A directory whose tree of extents, five levels deep, leads to the same nodes over and over and to no block: walked
/// without bounds it takes years.
#[test]
fn a_directory_that_fans_out_without_end() {
    if !have(&["mke2fs"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    blank(&image, 4 << 20);
    run!("mke2fs", "-q", "-F", "-b", "4096", "-t", "ext4", "-O", "^metadata_csum,^has_journal", &image);
    let mut bytes = fs::read(&image).unwrap();
    // The root's inode is the second in the table, of which the first group's descriptor knows the place.
    let table = u32::from_le_bytes(bytes[4096 + 8..4096 + 12].try_into().unwrap()) as usize * 4096;
    let root = table + 256;
    assert_eq!(&bytes[root + 0x28..root + 0x2A], &[0x0A, 0xF3]);
    let node = |depth: u16, entries: u16, child: u32| {
        let mut node = Vec::new();
        for word in [0xF30A, entries, entries, depth, 0, 0] {
            node.extend(word.to_le_bytes());
        }
        node.resize(12 + 12 * usize::from(entries), 0);
        for entry in node[12..].chunks_exact_mut(12) {
            let (length_or_leaf, rest) = if depth == 0 { (0, child) } else { (child, 0) };
            entry[4..8].copy_from_slice(&u32::to_le_bytes(length_or_leaf));
            entry[8..12].copy_from_slice(&u32::to_le_bytes(rest));
        }
        node
    };
    for level in 0..5u16 {
        let at = (1000 + usize::from(level)) * 4096;
        let child = if level == 0 { 20 } else { 999 + u32::from(level) };
        let node = node(level, 340, child);
        bytes[at..at + node.len()].copy_from_slice(&node);
    }
    let top = node(5, 4, 1004);
    bytes[root + 0x28..root + 0x28 + 60].copy_from_slice(&top);
    let volume: Source = Arc::new(bytes);
    let fs = open(volume).unwrap();
    assert!(fs.read_dir(&"/".into()).is_err());
    assert!(fs.metadata(&"/lost+found".into()).is_err());
    assert!(fs.metadata(&"/".into()).is_ok());
}
