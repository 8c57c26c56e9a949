//! What NTFS does not use, against ntfs-3g and ntfsfix.

use crate::ntfs_tools::{Options, TOOLS, attribute_at, make, mounted};
use crate::run;
use crate::support::{assert_same, guest_tree, have, host_tree, noise, shared, source, unpack};
use crate::unused::{fill, free};
use filesystem::{Unused, open, unused};
use std::fs;
use std::path::Path;

fn fill_and_delete(root: &Path) {
    for i in 0..40u64 {
        fs::create_dir_all(root.join(format!("dir-{}", i % 4))).unwrap();
        fs::write(root.join(format!("dir-{}/file-{i}", i % 4)), noise(i, 700 * i as usize)).unwrap();
        fs::write(root.join(format!("old-{i}")), noise(i, 50_000)).unwrap();
    }
    for i in 0..40 {
        fs::remove_file(root.join(format!("old-{i}"))).unwrap();
    }
}

#[test]
fn free_clusters_hold_nothing_that_is_missed() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (cluster, len) in [(512, 9 << 20), (4096, (20 << 20) + 1536), (65536, 40 << 20)] {
        let what = format!("clusters of {cluster}");
        let image = make(dir.path(), &Options { len, cluster, ..Options::default() });
        if mounted(&image, fill_and_delete).is_none() {
            return;
        }
        let fs = open(source(&image)).unwrap();
        let (before, left) = (guest_tree(&*fs), fs.info().free.unwrap());
        let ranges = free(&image).unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_eq!(ranges.iter().map(|range| range.end - range.start).sum::<u64>(), left, "{what}");
        let bytes = fs::read(&image).unwrap();
        let is_dirty =
            |range: &std::ops::Range<u64>| !storage::is_zero(&bytes[range.start as usize..range.end as usize]);
        assert!(ranges.iter().any(is_dirty), "{what}: deleted files have left something");
        for byte in [0xA5, 0] {
            fill(&image, &ranges, byte);
            run!("ntfsfix", "-n", &image);
            assert_same(&mounted(&image, host_tree).unwrap(), &before, &what);
            assert_same(&guest_tree(&*open(source(&image)).unwrap()), &before, &what);
        }
    }
}

fn why(image: &Vec<u8>) -> String {
    match unused(image, &mut |_| Ok(())).unwrap() {
        Unused::Unknown { why } => why,
        known @ Unused::Known { .. } => panic!("{known:?}"),
    }
}

#[test]
fn what_is_not_clean_or_contradicts_itself_gives_nothing() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = make(dir.path(), &Options { len: 8 << 20, ..Options::default() });
    let Some(()) = mounted(&image, |root| fs::write(root.join("hiberfil.sys"), noise(1, 9000)).unwrap()) else {
        return;
    };
    let sound = fs::read(&image).unwrap();
    assert!(matches!(unused(&sound, &mut |_| Ok(())).unwrap(), Unused::Known { .. }));
    let first = |number| {
        let data = attribute_at(&sound, number, 0x80);
        let pairs = data + usize::from(sound[data + 32]);
        let len = usize::from(sound[pairs] & 15);
        let lcn = &sound[pairs + 1 + len..pairs + 1 + len + usize::from(sound[pairs] >> 4)];
        lcn.iter().rev().fold(0, |lcn, &byte| lcn << 8 | usize::from(byte))
    };
    let change = |work: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = sound.clone();
        work(&mut changed);
        why(&changed)
    };
    let flags = attribute_at(&sound, 3, 0x70) + 24 + 10;
    assert!(change(&|image| image[flags] = 1).contains("marked dirty"));
    let content = noise(1, 16);
    let hiberfil = sound.chunks(512).position(|sector| sector.starts_with(&content)).unwrap() * 512;
    for mark in [b"hibr", b"HIBR", b"wake", b"RSTR"] {
        assert!(change(&|image| image[hiberfil..hiberfil + 4].copy_from_slice(mark)).contains("hibernated"));
    }
    // $MFT, its copy, the log and the bitmap itself are marked as free.
    let bitmap = first(6) * 4096;
    for number in [0, 1, 2, 6, 10] {
        let lcn = first(number);
        assert!(
            change(&|image| image[bitmap + lcn / 8] &= !(1 << (lcn % 8))).contains("own is marked free"),
            "{number}"
        );
    }
    let size = attribute_at(&sound, 6, 0x80) + 48;
    assert!(change(&|image| image[size..size + 8].copy_from_slice(&100u64.to_le_bytes())).contains("$Bitmap"));
    // The start of the log is no restart page.
    let log = first(2) * 4096;
    assert!(change(&|image| image[log..log + 4].fill(0)).contains("$LogFile"));
    let mut short = sound.clone();
    short.truncate(7 << 20);
    assert!(why(&short).contains("by its own account"));
    // A header of shadow copies with a catalogue.
    let shadow = [0x6B, 0x87, 0x08, 0x38, 0x76, 0xC1, 0x48, 0x4E, 0xB7, 0xAE, 0x04, 0x04, 0x6E, 0x6C, 0xC7, 0x52];
    let with_shadow = |catalogue| {
        let mut image = sound.clone();
        image[0x1E00..0x1E10].copy_from_slice(&shadow);
        image[0x1E00 + 48] = catalogue;
        image
    };
    assert!(why(&with_shadow(1)).contains("shadow copies"));
    assert!(matches!(unused(&with_shadow(0), &mut |_| Ok(())).unwrap(), Unused::Known { .. }));
}

#[test]
fn shadow_copies_of_windows_are_not_dropped() {
    let Some(root) = shared().filter(|_| have(&["qemu-img"])) else { return };
    let dir = tempfile::tempdir().unwrap();
    let (packed, disk) = (dir.path().join("packed"), dir.path().join("disk"));
    unpack(&root.join("corpora/fs/plaso-vsstest.qcow2.zst"), &packed);
    run!("qemu-img", "convert", "-O", "raw", &packed, &disk);
    let why = free(&disk).unwrap_err();
    assert!(why.contains("shadow copies"), "{why}");
}
