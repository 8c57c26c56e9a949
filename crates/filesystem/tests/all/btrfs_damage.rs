//! Damaged btrfs: no panic, no endless walk, no unbounded memory; the other copy where there is one; never other content.

use crate::btrfs::{Mounted, can_mount, make, populate};
use crate::damage::{exercise, small_tree};
use crate::run;
use crate::support::{AMPLE, Node, assert_same, blank, guest_tree, have, random, shared, source, unmount, walk};
use filesystem::{Content, GuestPath, Unused, identify, open, unused};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{ErrorKind, ReadAt, Result, Source};

/// Bytes with others in one place.
#[derive(Debug)]
struct Patched {
    below: Source,
    at: u64,
    bytes: Vec<u8>,
}

impl ReadAt for Patched {
    fn size(&self) -> u64 {
        self.below.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.below.read_at(buf, offset)?;
        let end = self.at + self.bytes.len() as u64;
        for (at, byte) in (offset..).zip(buf).filter(|(at, _)| (self.at..end).contains(at)) {
            *byte = self.bytes[(at - self.at) as usize];
        }
        Ok(())
    }
}

/// Puts a right checksum in front of a block.
fn sign(block: &mut [u8]) {
    let sum = crc32c::crc32c(&block[32..]);
    block[..4].copy_from_slice(&sum.to_le_bytes());
}

const NODE: usize = 4096;

/// A small filesystem with blocks of 4 KiB, and where its blocks and superblocks lie.
fn small(dir: &Path) -> (Source, Vec<usize>) {
    let (root, image) = (dir.join("tree"), dir.join("small"));
    fs::create_dir_all(&root).unwrap();
    small_tree(&root);
    blank(&image, 8 << 20);
    run!("mkfs.btrfs", "-q", "--mixed", "-m", "single", "-d", "single", "-n", "4096", "-r", &root, &image);
    let bytes = fs::read(&image).unwrap();
    let is_block = |at: &usize| {
        let block = &bytes[*at..at + NODE];
        !storage::is_zero(block) && block[..4] == crc32c::crc32c(&block[32..]).to_le_bytes()
    };
    let blocks: Vec<_> = (0..bytes.len()).step_by(NODE).filter(is_block).collect();
    assert!(blocks.contains(&65536) && blocks.len() > 20, "{blocks:?}");
    (Arc::new(bytes), blocks)
}

#[test]
fn blocks_with_other_bytes_and_a_right_checksum() {
    if !have(&["mkfs.btrfs"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (sound, blocks) = small(dir.path());
    assert!(exercise(&sound) > 30);
    let mut read = 0;
    for round in 0..600u64 {
        let mut seed = round;
        let at = blocks[random(&mut seed) as usize % blocks.len()];
        let mut block = storage::read_vec(&*sound, at as u64, NODE as u64).unwrap();
        // Where something is: headers and keys in front, items behind.
        let used: Vec<usize> = (32..NODE).filter(|&at| block[at] != 0 || at < 128).collect();
        for _ in 0..=random(&mut seed) % 3 {
            block[used[random(&mut seed) as usize % used.len()]] = random(&mut seed) as u8;
        }
        sign(&mut block);
        let volume: Source = Arc::new(Patched { below: sound.clone(), at: at as u64, bytes: block });
        read += usize::from(exercise(&volume) > 0);
        let _ = unused(&*volume, &mut |_| Ok(()));
    }
    assert!(read > 50, "{read} volumes could be read in part");
}

#[test]
fn every_cut_gives_the_same_or_an_error() {
    if !have(&["mkfs.btrfs"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (sound, _) = small(dir.path());
    let whole = guest_tree(&*open(sound.clone()).unwrap());
    let mut opened = 0;
    for len in (0..sound.size()).step_by(16 << 10) {
        let cut: Source = Arc::new(storage::Slice::new(sound.clone(), 0, len).unwrap());
        let Ok(tree) = open(cut) else { continue };
        opened += 1;
        assert!(!tree.info().notes.is_empty(), "cut at {len}");
        let (mut found, mut wrong) = (0, 0);
        walk(&*tree, AMPLE, |path, node| match node {
            Ok(node) => {
                assert!(whole.get(&path) == Some(&node), "cut at {len}: {path}");
                found += 1;
            }
            Err(_) => wrong += 1,
        });
        assert!(found == whole.len() || wrong > 0, "cut at {len}: {found} of {}", whole.len());
    }
    assert!(opened > 0);
}

/// Where the blocks of 16 KiB of the trees lie, in both copies.
fn blocks_of(image: &Path) -> Vec<u64> {
    let bytes = fs::read(image).unwrap();
    let all = (0..bytes.len()).step_by(4096).filter(|at| at + 16384 <= bytes.len());
    let sound = all.filter(|&at| {
        let block = &bytes[at..at + 16384];
        block[0x30..0x38] != [0; 8] && block[..4] == crc32c::crc32c(&block[32..]).to_le_bytes()
    });
    sound.map(|at| at as u64).collect()
}

#[test]
fn the_other_copy_is_read_where_one_is_damaged() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    make(&image, 250 << 20, &["-m", "dup", "-d", "dup"]);
    populate(&Mounted::new(&image, "compress=zstd").at);
    let whole = guest_tree(&*open(source(&image)).unwrap());
    let sound = fs::read(&image).unwrap();
    let blocks = blocks_of(&image);
    let file = fs::File::options().write(true).open(&image).unwrap();
    // Of two blocks with the same address one is damaged, in turns the first and the second.
    let address = |at: u64| u64::from_le_bytes(sound[at as usize + 0x30..at as usize + 0x38].try_into().unwrap());
    let mut damaged = 0;
    for &at in &blocks {
        let twins: Vec<u64> = blocks.iter().copied().filter(|&other| address(other) == address(at)).collect();
        let turn = (address(at) / 16384 % 2) as usize;
        if twins.len() == 2 && twins[turn] == at {
            file.write_all_at(&[0xFF; 64], at + 4000).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 20, "{damaged}");
    // The content of a file in its first copy, and then in both.
    let Node::File(content) = &whole[&GuestPath::from("/boot/initrd")] else { panic!("no file") };
    let copies: Vec<_> = sound.windows(64).enumerate().filter(|(_, bytes)| **bytes == content[8192..8256]).collect();
    assert_eq!(copies.len(), 2);
    file.write_all_at(b"damage", copies[0].0 as u64).unwrap();
    assert_same(&guest_tree(&*open(source(&image)).unwrap()), &whole, "one copy");
    file.write_all_at(b"damage", copies[1].0 as u64).unwrap();
    let tree = open(source(&image)).unwrap();
    let error = tree.read(&"/boot/initrd".into(), 1 << 30).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.what().contains("/boot/initrd") && error.what().contains("checksum"), "{error}");
    // What lies before the damage is sound.
    assert_eq!(tree.read_start(&"/boot/initrd".into(), 8192).unwrap(), content[..8192]);
}

/// Images of the tests of btrfs-progs.
fn cases(dir: &Path) -> Vec<PathBuf> {
    let Some(root) = shared().filter(|_| have(&["tar", "zstd", "xz"])) else { return Vec::new() };
    run!("tar", "--zstd", "-xf", &root.join("corpora/damaged/btrfs-cases.tar.zst"), "-C", dir);
    let (mut todo, mut images) = (vec![dir.to_owned()], Vec::new());
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|extension| extension == "xz") {
                run!("xz", "-d", &path);
                images.push(path.with_extension(""));
            }
        }
    }
    images
}

#[test]
fn the_damaged_filesystems_of_btrfs_progs() {
    let dir = tempfile::tempdir().unwrap();
    let images = cases(dir.path());
    let mut read = 0;
    for image in &images {
        let volume = source(image);
        let files = exercise(&volume);
        let given = unused(&*volume, &mut |_| Ok(())).unwrap();
        // What cannot be opened is not known to be free either.
        assert!(open(volume).is_ok() || !matches!(given, Unused::Known { .. }), "{}", image.display());
        read += files;
    }
    assert!(images.is_empty() || (images.len() >= 30 && read > 100), "{} images, {read} files", images.len());
}

#[test]
fn one_of_several_devices() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    let root = dir.path().join("tree");
    fs::create_dir_all(&root).unwrap();
    crate::support::sample_tree(&root);
    let expected = crate::support::host_tree(&root);
    for (profile, readable) in [("raid1", true), ("raid0", false), ("single", false)] {
        for path in [&first, &second] {
            let _ = fs::remove_file(path);
            blank(path, 200 << 20);
        }
        let devices = [&first, &second].map(|path| run!("losetup", "-f", "--show", path).trim().to_owned());
        run!("mkfs.btrfs", "-q", "-f", "-m", profile, "-d", profile, &devices[0], &devices[1]);
        let at = dir.path().join("mnt");
        let _ = fs::create_dir(&at);
        run!("mount", "-t", "btrfs", "-o", &format!("device={},device={}", devices[0], devices[1]), &devices[0], &at);
        run!("cp", "-a", &format!("{}/.", root.display()), &at);
        unmount(&at);
        devices.iter().for_each(|device| drop(run!("losetup", "-d", device)));
        for device in [&first, &second] {
            let Some(Content::FileSystem { info, .. }) = identify(&*source(device)).unwrap() else { panic!("nothing") };
            assert!(info.notes.iter().any(|note| note.contains("2 devices")), "{:?}", info.notes);
            let tree = open(source(device));
            if readable {
                assert_same(&guest_tree(&*tree.unwrap()), &expected, profile);
                continue;
            }
            let mut missing = 0;
            match tree {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                    missing += 1;
                }
                Ok(tree) => walk(&*tree, AMPLE, |path, node| match node {
                    Ok(node) => assert!(expected[&path] == node, "{profile}: {path}"),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                        assert!(error.what().contains("which is not here"), "{error}");
                        missing += 1;
                    }
                }),
            }
            assert!(missing > 0, "{profile}");
        }
    }
}
