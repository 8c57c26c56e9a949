//! UFS as makefs of NetBSD makes it, and as FreeBSD did.

use crate::damage::{exercise, small_tree};
use crate::support::{
    assert_same, assert_same_metadata, guest_tree, have, host_tree, noise, random, run_with, sample_tree, shared,
    source, unpack, walk,
};
use filesystem::{Content, Info, identify, open};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use storage::{ErrorKind, Slice, Source};

/// Makes an image from a directory.
fn make(image: &Path, root: &Path, endian: &str, options: &str, size: &str) {
    let args = ["-t", "ffs", "-B", endian, "-o", options, "-s", size];
    let mut args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    args.extend([image.as_os_str(), root.as_os_str()]);
    run_with(&[0], "makefs", &args);
}

fn info(volume: &Source) -> Info {
    match identify(&**volume).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => info,
        other => panic!("{other:?}"),
    }
}

/// Of either version, blocks of all sizes, and trees of block numbers two levels deep.
#[test]
fn trees_are_read_as_they_were_written() {
    if !have(&["makefs"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (root, image) = (dir.path().join("tree"), dir.path().join("image"));
    sample_tree(&root);
    // With blocks of 4 KiB of UFS2, 2 MiB lie behind one level of numbers.
    fs::write(root.join("usr/long"), noise(5, (9 << 20) + 777)).unwrap();
    let expected = host_tree(&root);
    for options in [
        "version=2",
        "version=1",
        "version=2,bsize=4096,fsize=512",
        "version=1,bsize=4096,fsize=512",
        "version=2,bsize=16384,fsize=2048",
        "version=2,bsize=32768,fsize=4096,density=8192",
        "version=1,bsize=65536,fsize=8192",
        "version=2,bsize=8192,fsize=8192,maxbpcg=400",
    ] {
        make(&image, &root, "le", options, "64m");
        let volume = source(&image);
        let fs = open(volume.clone()).unwrap();
        assert_same(&guest_tree(&*fs), &expected, options);
        assert_same_metadata(&*fs, &root, &expected, options);
        let info = info(&volume);
        assert_eq!((info.fs_type, info.size, info.clean), ("ufs", Some(64 << 20), Some(true)), "{options}");
        assert!(info.free < info.size && info.free_inodes < info.inodes && info.uuid.is_some(), "{options}: {info:?}");
        assert!(info.notes.is_empty(), "{options}: {info:?}");
    }
}

#[test]
fn the_other_order_of_bytes_is_known_and_not_read() {
    if !have(&["makefs"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (root, image) = (dir.path().join("tree"), dir.path().join("image"));
    small_tree(&root);
    for options in ["version=2", "version=1"] {
        make(&image, &root, "le", options, "2m");
        let little = info(&source(&image));
        make(&image, &root, "be", options, "2m");
        let big = info(&source(&image));
        assert_eq!(
            (big.size, big.free, big.inodes, big.clean),
            (little.size, little.free, little.inodes, little.clean)
        );
        let error = open(source(&image)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.what().contains("highest byte"), "{error}");
    }
}

/// What FreeBSD made: check-hashes in superblock and inodes, soft updates' flags, a name.
#[test]
fn an_image_of_freebsd() {
    let Some(root) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("ufs2");
    unpack(&root.join("corpora/fs/ufs2.raw.zst"), &image);
    // A disk label puts it 16 sectors on.
    let volume: Source = Arc::new(Slice::new(source(&image), 8192, (4 << 20) - 8192).unwrap());
    let info = info(&volume);
    assert_eq!((info.label.as_deref(), info.uuid.as_deref()), (Some("ufs2_test"), Some("644e274703d6b585")));
    assert_eq!((info.size, info.free), (Some(1022 * 4096), Some(108 * 32768 + 31 * 4096)));
    assert_eq!((info.inodes, info.free_inodes, info.clean), (Some(512), Some(503), Some(true)));
    assert_eq!(info.features, ["ufs2", "check-hashes"]);
    assert!(info.notes.is_empty(), "{info:?}");
    let driver = filesystem::DRIVERS.iter().find(|driver| driver.name() == "ufs").unwrap();
    assert!(driver.proven(&*volume).unwrap(), "its superblock's check-hash is right");
    let tree = guest_tree(&*open(volume.clone()).unwrap());
    assert!(tree.len() >= 6, "{:?}", tree.keys());
    // One byte of an inode changed: the files of all others are read.
    let bytes = storage::read_vec(&*volume, 0, volume.size()).unwrap();
    let mut wrong = 0;
    let mut damaged = bytes.clone();
    damaged[40 * 4096 + 3 * 256 + 8] ^= 1;
    damaged[40 * 4096 + 4 * 256 + 8] ^= 1;
    walk(&*open(Arc::new(damaged)).unwrap(), crate::support::AMPLE, |_, node| wrong += usize::from(node.is_err()));
    assert!(wrong >= 1, "{wrong}");
    let mut flipped = bytes;
    flipped[65536 + 1290] ^= 1;
    let volume: Source = Arc::new(flipped);
    assert!(!driver.proven(&*volume).unwrap());
    assert!(self::info(&volume).notes[0].contains("check-hash"));
}

#[test]
fn flipped_bytes_and_cuts() {
    if !have(&["makefs"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (root, image) = (dir.path().join("tree"), dir.path().join("image"));
    small_tree(&root);
    for options in ["version=2,bsize=4096,fsize=512", "version=1,bsize=4096,fsize=512"] {
        make(&image, &root, "le", options, "512k");
        let bytes = fs::read(&image).unwrap();
        assert!(exercise(&(Arc::new(bytes.clone()) as Source)) > 30, "{options} is sound");
        let used: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
        for round in 0..300u64 {
            let mut seed = round;
            let mut damaged = bytes.clone();
            for _ in 0..=random(&mut seed) % 6 {
                let place = random(&mut seed) as usize;
                let at = if round % 2 == 0 { used[place % used.len()] } else { 8192 + place % 1376 };
                damaged[at] = random(&mut seed) as u8;
            }
            exercise(&(Arc::new(damaged) as Source));
        }
        for len in (0..bytes.len()).step_by(512) {
            assert!(open(Arc::new(bytes[..len].to_vec())).is_err(), "{options} cut at {len}");
        }
    }
}
