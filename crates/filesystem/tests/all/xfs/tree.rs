//! Names, content and what the superblock says.

use super::{FILLED, MADE, Mount, fill, mkfs, mkfs_with, plain_tree, scratch};
use crate::run;
use crate::support::{assert_same, assert_same_metadata, guest_tree, have, host_tree, noise, run_with, source};
use filesystem::{FileKind, Info, open};
use std::fs;
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;
use storage::ErrorKind;

#[test]
fn version_5_is_read_as_linux_reads_it() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    for options in [
        "-n size=8192",
        "-i nrext64=1 -L ROOT",
        "-b size=1024 -i sparse=0 -m bigtime=0,finobt=0,reflink=0",
        "-m rmapbt=1 -i size=2048 -d agcount=3 -s size=4096",
    ] {
        let image = mkfs(dir.path(), 96, options);
        let Some(mount) = Mount::new(&image, "rw") else { return };
        fill(&mount.0);
        drop(mount);
        let fs = open(source(&image)).unwrap_or_else(|error| panic!("{options}: {error}"));
        assert_eq!((fs.info().clean, fs.info().errors), (Some(true), Some(false)), "{options}");
        assert!(fs.info().notes.is_empty(), "{options}: {:?}", fs.info().notes);
        let Some(mount) = Mount::new(&image, "ro,norecovery") else { return };
        let tree = host_tree(&mount.0);
        assert!(tree.len() > 2000);
        assert_same(&guest_tree(&*fs), &tree, options);
        assert_same_metadata(&*fs, &mount.0, &tree, options);
    }
}

/// Both versions, with the directory forms that the numbers of names lead to.
#[test]
fn what_mkfs_was_given_is_read_back() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    let root = dir.path().join("tree");
    plain_tree(&root, &[1, 20, 400, 3000]);
    for options in [
        "-m crc=1 -n size=16384 -b size=2048 -i nrext64=1",
        "-m crc=1,bigtime=0,inobtcount=0 -i sparse=0",
        "-m crc=0",
        "-m crc=0 -n ftype=0",
        "-m crc=0 -n ftype=0,size=8192 -i size=256",
        "-m crc=0 -n ftype=1 -b size=512 -l lazy-count=0",
        "-m crc=0 -n size=65536 -l version=1 -i attr=0",
    ] {
        let v5 = options.contains("crc=1");
        // mkfs.xfs forgets what version 5 puts before long targets.
        if !v5 {
            for len in [500, 1000] {
                let _ = symlink(&"target/".repeat(200)[..len], root.join(format!("etc/link-{len}")));
            }
        }
        let tree = host_tree(&root);
        let image = mkfs_with(dir.path(), &root, 64, options);
        let fs = open(source(&image)).unwrap_or_else(|error| panic!("{options}: {error}"));
        assert_eq!(fs.info().clean, Some(true), "{options}");
        assert_same(&guest_tree(&*fs), &tree, options);
        assert_same_metadata(&*fs, &root, &tree, options);
        let has = |name: &str| fs.info().features.iter().any(|feature| feature == name);
        assert_eq!((has("crc"), has("ftype")), (v5, !options.contains("ftype=0")), "{options}: {:?}", fs.info());
        assert_eq!(fs.info().errors, v5.then_some(false));
    }
}

/// One directory of twenty thousand names, whose extents are in a tree.
#[test]
fn a_large_directory_is_listed_and_looked_into() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    let root = dir.path().join("tree");
    plain_tree(&root, &[20_000]);
    for options in ["-m crc=0 -n ftype=0", "-m crc=1"] {
        let image = mkfs_with(dir.path(), &root, 200, options);
        let fs = open(source(&image)).unwrap();
        assert_eq!(fs.read_dir(&"/names-20000".into()).unwrap().len(), 20_000, "{options}");
        for i in [0, 1, 777, 19_999] {
            let path = format!("/names-20000/name-{i:06}");
            assert_eq!(fs.read(&path.as_str().into(), 10).unwrap(), i.to_string().as_bytes(), "{options}: {path}");
        }
        assert_eq!(fs.metadata(&"/names-20000/name-020000".into()).unwrap_err().kind(), ErrorKind::NotFound);
    }
}

/// Where only single blocks are free, a block of a directory lies in two pieces.
#[test]
fn blocks_of_a_directory_may_lie_in_pieces() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    let image = mkfs(dir.path(), 32, "-n size=16384 -m reflink=0");
    let Some(mount) = Mount::new(&image, "rw") else { return };
    fs::create_dir(mount.0.join("filler")).unwrap();
    fs::create_dir(mount.0.join("names")).unwrap();
    let one = mount.0.join("one");
    fs::write(&one, "1").unwrap();
    let mut count = 0;
    while fs::write(mount.0.join(format!("filler/{count}")), noise(count, 4096)).is_ok() {
        count += 1;
    }
    run!("sync", "-f", &mount.0);
    for i in (0..count).step_by(2) {
        fs::remove_file(mount.0.join(format!("filler/{i}"))).unwrap();
    }
    // Hard links need no room but for their names.
    for i in 0..30_000 {
        fs::hard_link(&one, mount.0.join(format!("names/{}-{i}", "long".repeat(30)))).unwrap();
    }
    run!("sync", "-f", &mount.0);
    let map = run!("xfs_io", "-c", "bmap", &mount.0.join("names"));
    // `	3: [576..583]: 62368..62375`, in sectors.
    let ends = map.lines().filter_map(|line| line.split("..").nth(1)?.split(']').next()?.parse::<u64>().ok());
    assert!(ends.filter(|end| (end + 1) % 32 != 0).count() > 10, "its blocks are whole: {map}");
    drop(mount);
    let fs = open(source(&image)).unwrap();
    let Some(mount) = Mount::new(&image, "ro,norecovery") else { return };
    assert_same(&guest_tree(&*fs), &host_tree(&mount.0), "in pieces");
}

#[test]
fn a_huge_sparse_file_is_refused_whole_and_read_at_its_start() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    let image = mkfs(dir.path(), 32, "");
    let Some(mount) = Mount::new(&image, "rw") else { return };
    let file = fs::File::create(mount.0.join("huge")).unwrap();
    file.set_len(8 << 50).unwrap();
    file.write_all_at(b"at 5000", 5000).unwrap();
    file.write_all_at(b"far away", 7 << 50).unwrap();
    drop((file, mount));
    let fs = open(source(&image)).unwrap();
    let path = "/huge".into();
    assert_eq!(fs.metadata(&path).unwrap().size, 8 << 50);
    assert_eq!(fs.read(&path, 1 << 30).unwrap_err().kind(), ErrorKind::Refused);
    let start = fs.read_start(&path, 6000).unwrap();
    assert!(start.len() == 6000 && start[5000..5007] == *b"at 5000" && storage::is_zero(&start[..5000]));
}

fn info(image: &Path) -> Info {
    open(source(image)).unwrap().info().clone()
}

#[test]
fn the_superblock_says_what_linux_and_the_tools_say() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    let uuid = "01234567-89ab-4cde-8f01-23456789abcd";
    let image = mkfs(dir.path(), 96, &format!("-L root-fs -m uuid={uuid},rmapbt=1 -i nrext64=1"));
    let Some(mount) = Mount::new(&image, "rw") else { return };
    for i in 0..200 {
        fs::write(mount.0.join(i.to_string()), noise(i, 5000)).unwrap();
    }
    let immutable = mount.0.join("7");
    run!("xfs_io", "-c", "chattr +i", &immutable);
    run!("xfs_io", "-c", "chattr +a", &mount.0.join("8"));
    drop(mount);
    let Some(mount) = Mount::new(&image, "ro") else { return };
    let said = run!("stat", "-f", "-c", "%c %d %b %f %s", &mount.0);
    drop(mount);
    let said: Vec<u64> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [inodes, free_inodes, _, free, block] = said[..] else { panic!("{said:?}") };
    let info = info(&image);
    assert_eq!((info.fs_type, info.uuid.as_deref(), info.label.as_deref()), ("xfs", Some(uuid), Some("root-fs")));
    assert_eq!(info.size, Some(96 << 20));
    // Linux keeps some blocks of each group back from everyone, and more for trees that may grow.
    let kept = info.free.unwrap() - free * block;
    assert!(kept < 8 << 20, "{kept} bytes");
    assert_eq!((info.inodes, info.free_inodes), (Some(inodes), Some(free_inodes)));
    let features = ["crc", "finobt", "rmapbt", "reflink", "inobtcount", "ftype", "sparse", "bigtime", "nrext64"]
        .map(str::to_owned);
    assert_eq!(info.features, features);
    let fs = open(source(&image)).unwrap();
    let flags = ["/6", "/7", "/8"].map(|path| fs.metadata(&path.into()).unwrap().immutable);
    assert_eq!(flags, [false, true, true]);
}

fn xfs_db(image: &Path, commands: &[&str]) {
    let mut args = vec!["-x".as_ref()];
    for command in commands {
        args.extend([std::ffi::OsStr::new("-c"), std::ffi::OsStr::new(command)]);
    }
    args.push(image.as_os_str());
    run_with(&[0], "xfs_db", &args);
}

#[test]
fn what_is_newer_broken_or_elsewhere_is_named() {
    if !have(MADE) || !have(&["xfs_db"]) {
        return;
    }
    let dir = scratch();
    let root = dir.path().join("tree");
    plain_tree(&root, &[1]);
    let make = || mkfs_with(dir.path(), &root, 32, "-m crc=1");
    let image = make();
    xfs_db(&image, &["sb 0", "write -d features_incompat 0x8000000b"]);
    let error = open(source(&image)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.what().contains("newer XFS") && error.what().contains("FEATURE_I31"), "{error}");

    let image = make();
    xfs_db(&image, &["sb 0", "write -d features_incompat 0x1b"]);
    let found = info(&image);
    assert_eq!(found.errors, Some(true));
    assert!(found.notes.iter().any(|note| note.contains("xfs_repair")), "{found:?}");

    let image = make();
    let fs = open(source(&image)).unwrap();
    assert_eq!(fs.metadata(&"/boot/size-1".into()).unwrap().kind, FileKind::File);
    xfs_db(&image, &["path /boot/size-1", "write -d core.realtime 1"]);
    let error = open(source(&image)).unwrap().read(&"/boot/size-1".into(), 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.what().contains("realtime"), "{error}");
}
