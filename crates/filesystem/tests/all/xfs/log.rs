//! Filesystems that were not unmounted, against what Linux makes of them.

use super::{FILLED, MADE, Mount, fill, mkfs, mkfs_with, plain_tree, recovered, scatter, scratch};
use crate::run;
use crate::support::{assert_same, guest_tree, have, noise, source};
use filesystem::{Info, open};
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::Path;

/// Leaves an image as a crash leaves it: what was logged is on the disk, what was to follow is not.
fn crash(mount: Mount) {
    run!("xfs_io", "-x", "-c", "shutdown -f", &mount.0);
}

/// Work on all kinds of metadata, much of it on the disk as a transaction of its own.
fn churn(root: &Path, seed: u64) {
    let work = root.join(format!("work-{seed}"));
    fs::create_dir(&work).unwrap();
    for i in 0..120u64 {
        let file = work.join(format!("file-{i}"));
        fs::write(&file, noise(seed + i, (i * 97) as usize)).unwrap();
        match i % 6 {
            0 => fs::File::open(&file).unwrap().sync_all().unwrap(),
            1 => fs::rename(&file, work.join(format!("renamed-{i}"))).unwrap(),
            2 => fs::remove_file(&file).unwrap(),
            3 => symlink("far/".repeat(i as usize), work.join(format!("link-{i}"))).unwrap(),
            4 => fs::create_dir_all(work.join(format!("dir-{i}/below"))).unwrap(),
            _ => fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap(),
        }
    }
    for i in (1..300).step_by(7) {
        fs::remove_file(root.join(format!("names-400/a name of its own {i}"))).unwrap_or_default();
    }
    if seed > 1 {
        fs::remove_dir_all(root.join(format!("work-{}", seed - 2))).unwrap();
    }
    scatter(&work.join("scattered"), 200);
    run!("sync", "-f", root);
}

fn dirty(image: &Path) -> Info {
    let info = open(source(image)).unwrap().info().clone();
    assert_eq!(info.clean, Some(false), "{info:?}");
    info
}

#[test]
fn a_log_is_replayed_as_linux_replays_it() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    for (options, rounds) in [("", 1), ("-i nrext64=1 -m rmapbt=1", 2), ("-b size=1024 -l size=4m", 12)] {
        let image = mkfs(dir.path(), 96, options);
        let Some(mount) = Mount::new(&image, "rw") else { return };
        fill(&mount.0);
        (0..rounds).for_each(|seed| churn(&mount.0, seed));
        crash(mount);
        let info = dirty(&image);
        assert!(info.notes.iter().any(|note| note.contains("sectors are read from the log")), "{options}: {info:?}");
        let Some(expected) = recovered(&image) else { return };
        assert_same(&guest_tree(&*open(source(&image)).unwrap()), &expected, options);
        // Unmounted, the copy is what the log promised; its counts too.
        let copy = open(source(&image.with_extension("copy"))).unwrap().info().clone();
        assert_eq!(copy.clean, Some(true), "{options}");
        assert_eq!((info.size, info.free_inodes), (copy.size, copy.free_inodes), "{options}");
    }
}

/// The byte where the log begins, and its length.
pub(super) fn log_place(bytes: &[u8]) -> (usize, usize) {
    let number = |at: usize, len: usize| bytes[at..at + len].iter().fold(0usize, |n, &byte| n << 8 | usize::from(byte));
    let (block, start, bits) = (number(4, 4), number(48, 8), bytes[124]);
    let linear = (start >> bits) * number(84, 4) + (start & ((1 << bits) - 1));
    (linear * block, number(96, 4) * block)
}

/// The headers of the log's records: by their place in its history, where they begin.
fn records(bytes: &[u8]) -> Vec<(u64, usize)> {
    let (start, len) = log_place(bytes);
    let headers = (start..start + len).step_by(512).filter(|&at| bytes[at..at + 4] == [0xFE, 0xED, 0xBA, 0xBE]);
    let mut records: Vec<_> =
        headers.map(|at| (u64::from_be_bytes(bytes[at + 16..at + 24].try_into().unwrap()), at)).collect();
    records.sort_unstable();
    records
}

/// A crash may tear the records that were on their way; one that is damaged further back leaves the log as it is.
#[test]
fn torn_records_are_left_out_as_linux_leaves_them_out() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    let image = mkfs(dir.path(), 64, "");
    let Some(mount) = Mount::new(&image, "rw") else { return };
    fs::create_dir(mount.0.join("steps")).unwrap();
    run!("sync", "-f", &mount.0);
    for i in 0..40 {
        fs::write(mount.0.join(format!("steps/{i}")), i.to_string()).unwrap();
        fs::File::open(mount.0.join(format!("steps/{i}"))).unwrap().sync_all().unwrap();
    }
    crash(mount);
    let sound = fs::read(&image).unwrap();
    let whole = guest_tree(&*open(source(&image)).unwrap());
    let mut records = records(&sound);
    let newest = records.last().unwrap().1;
    let tail = u64::from_be_bytes(sound[newest + 24..newest + 32].try_into().unwrap());
    records.retain(|(lsn, _)| *lsn >= tail);
    assert!(records.len() > 20, "{} records are live", records.len());
    for back in [1, 2, 5] {
        let at = records[records.len() - back].1 as u64;
        fs::write(&image, &sound).unwrap();
        let file = fs::File::options().write(true).open(&image).unwrap();
        file.write_all_at(&[0x5A; 8], at + 512 + 40).unwrap();
        dirty(&image);
        let found = guest_tree(&*open(source(&image)).unwrap());
        assert!(found.len() < whole.len(), "{back}: nothing is missing");
        let Some(expected) = recovered(&image) else { return };
        assert_same(&found, &expected, &format!("{back} records before the end"));
    }
    // Linux refuses to mount where one before those is damaged.
    fs::write(&image, &sound).unwrap();
    let file = fs::File::options().write(true).open(&image).unwrap();
    file.write_all_at(&[0x5A; 8], records[records.len() - 12].1 as u64 + 512 + 40).unwrap();
    let info = open(source(&image)).unwrap().info().clone();
    assert_eq!(info.clean, Some(false));
    assert!(info.notes.iter().any(|note| note.contains("XFS log")), "{info:?}");
    assert!(guest_tree(&*open(source(&image)).unwrap()).len() < whole.len());
}

/// A log that has been written round and round, and then cleanly unmounted.
#[test]
fn a_clean_log_is_clean_in_any_pass() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    let image = mkfs(dir.path(), 64, "-l size=6m");
    for round in 0..12 {
        let Some(mount) = Mount::new(&image, "rw") else { return };
        for i in 0..2000 {
            fs::write(mount.0.join(format!("{round}-{i}")), "").unwrap();
        }
        run!("sync", "-f", &mount.0);
        for i in 0..2000 {
            fs::remove_file(mount.0.join(format!("{round}-{i}"))).unwrap();
        }
        drop(mount);
        let info = open(source(&image)).unwrap().info().clone();
        assert_eq!((info.clean, info.notes.len()), (Some(true), 0), "{round}: {info:?}");
    }
    let bytes = fs::read(&image).unwrap();
    assert!(records(&bytes).last().unwrap().0 >> 32 > 2, "the log has not wrapped");
}

/// What version 4 has in its log is not put in place, and that is said.
#[test]
fn a_log_of_version_4_is_not_replayed() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    let root = dir.path().join("tree");
    plain_tree(&root, &[20]);
    let image = mkfs_with(dir.path(), &root, 32, "-m crc=0");
    let whole = guest_tree(&*open(source(&image)).unwrap());
    let mut bytes = fs::read(&image).unwrap();
    // The only operation of the only record said that it was unmounted.
    let (start, _) = log_place(&bytes);
    assert_eq!((records(&bytes).len(), bytes[start + 512 + 9]), (1, 0x20));
    bytes[start + 512 + 9] = 0;
    fs::write(&image, &bytes).unwrap();
    let info = dirty(&image);
    assert!(info.notes.iter().any(|note| note.contains("version 4 is not replayed")), "{info:?}");
    assert_same(&guest_tree(&*open(source(&image)).unwrap()), &whole, "as it is on the disk");
}
