//! What XFS does not use, against `xfs_db` and `xfs_repair`.

use super::{FILLED, MADE, Mount, fill, mkfs, mkfs_with, plain_tree, scratch};
use crate::run;
use crate::support::{assert_same, guest_tree, have, run_with, source};
use crate::unused::{fill as overwrite, free};
use filesystem::open;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

fn xfs_db(image: &Path, commands: &[&str]) -> String {
    let mut args: Vec<&OsStr> = vec!["-x".as_ref()];
    commands.iter().for_each(|command| args.extend([OsStr::new("-c"), OsStr::new(command)]));
    args.push(image.as_os_str());
    run_with(&[0], "xfs_db", &args)
}

/// Free blocks as the tools count them in the trees: with those that are kept for the trees, which are taken off.
fn freesp(image: &Path) -> u64 {
    let number = |said: &str, before: &str| -> u64 {
        said.lines().find_map(|line| line.strip_prefix(before)).unwrap().trim().parse().unwrap()
    };
    let groups = number(&xfs_db(image, &["sb 0", "p agcount"]), "agcount = ");
    let kept = |group| number(&xfs_db(image, &[&format!("agf {group}"), "p flcount"]), "flcount = ");
    number(&xfs_db(image, &["freesp -s"]), "total free blocks ") - (0..groups).map(kept).sum::<u64>()
}

fn check(image: &Path, block: u64, what: &str) {
    let before = guest_tree(&*open(source(image)).unwrap());
    let ranges = free(image).unwrap_or_else(|why| panic!("{what}: {why}"));
    let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    assert_eq!(total, freesp(image) * block, "{what}");
    for byte in [0xA5, 0] {
        overwrite(image, &ranges, byte);
        run!("xfs_repair", "-n", image);
        assert_same(&guest_tree(&*open(source(image)).unwrap()), &before, what);
    }
}

#[test]
fn free_blocks_hold_nothing_that_is_missed() {
    if !have(FILLED) || !have(&["xfs_db", "xfs_repair"]) {
        return;
    }
    let dir = scratch();
    for (options, block) in [
        ("", 4096),
        ("-b size=1024 -d agcount=5", 1024),
        ("-m rmapbt=1,reflink=1 -d agcount=3", 4096),
        ("-m finobt=0,reflink=0 -s size=4096", 4096),
    ] {
        let image = mkfs(dir.path(), 96, options);
        let Some(mount) = Mount::new(&image, "rw") else { return };
        fill(&mount.0);
        run!("sync", "-f", &mount.0);
        // Holes everywhere, so that the trees grow beyond their roots.
        for i in (0..999).step_by(2) {
            fs::remove_file(mount.0.join(format!("names-3000/a name of its own {i}"))).unwrap();
        }
        fs::remove_file(mount.0.join("boot/initrd")).unwrap();
        drop(mount);
        let image_ranges = free(&image).unwrap_or_else(|why| panic!("{options}: {why}"));
        let bytes = fs::read(&image).unwrap();
        let is_dirty =
            |range: &std::ops::Range<u64>| !storage::is_zero(&bytes[range.start as usize..range.end as usize]);
        assert!(image_ranges.iter().any(is_dirty), "{options}: deleted files have left something");
        check(&image, block, options);
    }
}

#[test]
fn free_blocks_of_version_4() {
    if !have(MADE) || !have(&["xfs_db", "xfs_repair"]) {
        return;
    }
    let dir = scratch();
    let root = dir.path().join("tree");
    plain_tree(&root, &[20, 400]);
    for (options, block) in [("-m crc=0", 4096), ("-m crc=0 -b size=512 -n ftype=0", 512)] {
        check(&mkfs_with(dir.path(), &root, 48, options), block, options);
    }
}

#[test]
fn a_dirty_or_damaged_filesystem_gives_nothing() {
    if !have(FILLED) || !have(&["xfs_db"]) {
        return;
    }
    let dir = scratch();
    let image = mkfs(dir.path(), 64, "");
    let Some(mount) = Mount::new(&image, "rw") else { return };
    fs::write(mount.0.join("file"), "some").unwrap();
    run!("xfs_io", "-x", "-c", "shutdown -f", &mount.0);
    drop(mount);
    let why = free(&image).unwrap_err();
    assert!(why.contains("not clean"), "{why}");

    // Each with a right checksum, but for the last: what is said twice must agree.
    for (commands, word) in [
        (["agf 0", "write -d freeblks 77"], "by its header"),
        (["agf 1", "write -d longest 7"], "by its header"),
        (["agf 1", "write -d flcount 3"], "kept for its trees"),
        (["sb 0", "write -d fdblocks 77"], "by the superblock"),
        (["sb 0", "write -d ifree 1"], "by the superblock"),
        (["agi 1", "write -d freecount 9"], "by the superblock"),
        (["agf 2", "write -d bnolevel 9"], "none of that level"),
        (["agf 2", "write -d bnoroot 3"], "none of that level"),
        (["agf 0", "addr bnoroot"], "differ"),
    ] {
        let image = mkfs(dir.path(), 64, "");
        let mut commands = commands.map(str::to_owned).to_vec();
        if word == "differ" {
            commands.push("write -d recs[1].startblock 1000".to_owned());
        }
        free(&image).unwrap();
        xfs_db(&image, &commands.iter().map(String::as_str).collect::<Vec<_>>());
        let why = free(&image).unwrap_err();
        assert!(why.contains(word), "{commands:?}: {why}");
    }
    let image = mkfs(dir.path(), 64, "");
    fs::File::options().write(true).open(&image).unwrap().write_all_at(&[9], 512 + 60).unwrap();
    let why = free(&image).unwrap_err();
    assert!(why.contains("checksum"), "{why}");
}
