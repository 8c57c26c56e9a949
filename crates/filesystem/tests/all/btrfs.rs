//! btrfs against the kernel, `mkfs.btrfs` and `btrfs`.

use crate::run;
use crate::support::{
    assert_same, assert_same_metadata, blank, guest_tree, have, host_tree, noise, sample_tree, skip, source, unmount,
};
use filesystem::{Content, FileSystem, GuestPath, Info, identify, open};
use std::fs;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const TOOLS: &[&str] =
    &["mkfs.btrfs", "btrfs", "btrfstune", "losetup", "mount", "umount", "fallocate", "chattr", "mkfifo"];

/// Whether filesystems can be made and mounted.
pub(crate) fn can_mount() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let known = || fs::read_to_string("/proc/filesystems").is_ok_and(|text| text.contains("btrfs"));
    let possible =
        is_root && (known() || Command::new("modprobe").arg("btrfs").status().is_ok_and(|done| done.success()));
    if !possible {
        skip("mounting btrfs needs root and a kernel that knows it");
    }
    possible && have(TOOLS)
}

/// An image that the kernel has mounted.
pub(crate) struct Mounted {
    device: String,
    pub(crate) at: PathBuf,
}

impl Mounted {
    pub(crate) fn new(image: &Path, options: &str) -> Self {
        let device = run!("losetup", "-f", "--show", image).trim().to_owned();
        let mounted = Mounted { device, at: image.with_extension("mnt") };
        fs::create_dir_all(&mounted.at).unwrap();
        run!("mount", "-t", "btrfs", "-o", options, &mounted.device, &mounted.at);
        mounted
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        unmount(&self.at);
        let _ = Command::new("losetup").arg("-d").arg(&self.device).status();
    }
}

/// A new filesystem of `len` bytes.
pub(crate) fn make(image: &Path, len: u64, options: &[&str]) {
    let _ = fs::remove_file(image);
    blank(image, len);
    let args: Vec<&std::ffi::OsStr> =
        ["-q", "-f"].iter().chain(options).map(std::ffi::OsStr::new).chain([image.as_os_str()]).collect();
    crate::support::run_with(&[0], "mkfs.btrfs", &args);
}

/// Content that compresses, and changes from place to place.
fn prose(len: usize) -> Vec<u8> {
    (0..)
        .flat_map(|i: u32| format!("line {} of {}\n", i, i.wrapping_mul(2_654_435_761)).into_bytes())
        .take(len)
        .collect()
}

/// What trips readers of btrfs up.
pub(crate) fn populate(root: &Path) {
    sample_tree(root);
    for len in [5usize, 100, 1500, 4096, 5000, 131_072, 131_073, 1_000_000] {
        fs::write(root.join(format!("usr/prose-{len}")), prose(len)).unwrap();
    }
    symlink("far/".repeat(900), root.join("etc/link-far")).unwrap();
    run!("fallocate", "-l", "300000", &root.join("usr/never-written"));
    let file = fs::File::options().write(true).open(root.join("usr/never-written")).unwrap();
    file.write_all_at(&noise(5, 10_000), 100_000).unwrap();
    fs::write(root.join("usr/punched"), prose(400_000)).unwrap();
    run!("fallocate", "-p", "-o", "8192", "-l", "200000", &root.join("usr/punched"));
    // Parts of a compressed extent that live on while others were written over.
    let file = fs::File::create_new(root.join("usr/rewritten")).unwrap();
    file.write_all_at(&prose(500_000), 0).unwrap();
    file.sync_all().unwrap();
    for at in [4096u64, 70_000, 131_072, 140_000, 499_000] {
        file.write_all_at(&noise(at, 3000), at).unwrap();
        file.sync_all().unwrap();
    }
    fs::create_dir(root.join("nocow")).unwrap();
    run!("chattr", "+C", &root.join("nocow"));
    fs::write(root.join("nocow/file"), prose(50_000)).unwrap();
    run!("mkfifo", &root.join("usr/pipe"));
    run!("cp", "--reflink=always", &root.join("usr/rewritten"), &root.join("usr/clone"));
    fs::create_dir(root.join("names")).unwrap();
    for i in 0..1200 {
        fs::write(root.join(format!("names/one of rather many long names, number {i}")), i.to_string()).unwrap();
    }
    let sub = |verb: &[&str], at: &[&str]| {
        let paths: Vec<_> = at.iter().map(|path| root.join(path)).collect();
        let args: Vec<&std::ffi::OsStr> = ["subvolume"]
            .iter()
            .chain(verb)
            .map(std::ffi::OsStr::new)
            .chain(paths.iter().map(|path| path.as_os_str()))
            .collect();
        crate::support::run_with(&[0], "btrfs", &args);
    };
    sub(&["create"], &["@"]);
    fs::create_dir_all(root.join("@/var/lib")).unwrap();
    sub(&["create"], &["@/var/lib/machines"]);
    fs::write(root.join("@/var/lib/machines/inside"), "a subvolume in a subvolume").unwrap();
    fs::write(root.join("@/file"), prose(30_000)).unwrap();
    sub(&["snapshot", "-r"], &["@", "@/var/before"]);
    fs::write(root.join("@/file"), "changed").unwrap();
    sub(&["snapshot"], &["@", "after"]);
    sub(&["create"], &["gone"]);
    fs::write(root.join("gone/file"), prose(200_000)).unwrap();
    sub(&["delete"], &["gone"]);
}

fn check(image: &Path, what: &str) -> Box<dyn FileSystem> {
    let ours = open(source(image)).unwrap_or_else(|error| panic!("{what}: {error}"));
    let mounted = Mounted::new(image, "ro,subvolid=5");
    let theirs = host_tree(&mounted.at);
    assert_same(&guest_tree(&*ours), &theirs, what);
    assert_same_metadata(&*ours, &mounted.at, &theirs, what);
    ours
}

#[test]
fn trees_are_those_of_the_kernel() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    for (make_options, mount_options) in [
        (&[][..], "compress=zstd"),
        (&["--mixed", "--csum", "xxhash"], "compress-force=zlib"),
        (&["--csum", "sha256", "-n", "4096", "-O", "^no-holes", "-m", "single"], "compress=lzo"),
        (&["--csum", "blake2", "-n", "65536", "-R", "free-space-tree", "-d", "dup"], "compress-force=lzo"),
        (&["-O", "^extref,^skinny-metadata,^no-holes", "-R", "^free-space-tree"], "space_cache=v1,nodatasum"),
        (&["-m", "raid0", "-d", "raid0"], "compress=zstd:15,max_inline=0"),
    ] {
        let what = format!("{make_options:?} {mount_options}");
        make(&image, 400 << 20, make_options);
        populate(&Mounted::new(&image, mount_options).at);
        check(&image, &what);
    }
}

fn info(image: &Path) -> Info {
    match identify(&*source(image)).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => info,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_superblock_says_what_the_kernel_and_blkid_say() {
    if !can_mount() || !have(&["blkid", "stat"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    for options in [
        &["-L", "a label"][..],
        &["-d", "dup", "--csum", "sha256", "-n", "65536"],
        &["-m", "single", "-O", "^no-holes", "-R", "^free-space-tree"],
    ] {
        make(&image, 600 << 20, options);
        {
            let mounted = Mounted::new(&image, "compress=zstd");
            fs::write(mounted.at.join("file"), noise(1, 30 << 20)).unwrap();
        }
        let mounted = Mounted::new(&image, "ro");
        let said = run!("stat", "-f", "-c", "%a %S", &mounted.at);
        let (blocks, size) = said.trim().split_once(' ').unwrap();
        let free = blocks.parse::<u64>().unwrap() * size.parse::<u64>().unwrap();
        let info = info(&image);
        assert_eq!(info.free, Some(free), "{options:?}");
        assert_eq!((info.size, info.clean, info.inodes), (Some(600 << 20), Some(true), None));
        let tag = |name: &str| run!("blkid", "-p", "-o", "value", "-s", name, &image).trim().to_owned();
        assert_eq!((info.uuid, info.label.unwrap_or_default()), (Some(tag("UUID")), tag("LABEL")));
        assert_eq!(info.features.contains(&"no-holes".to_owned()), !options.contains(&"^no-holes"));
        assert_eq!(info.features.contains(&"sha256".to_owned()), options.contains(&"sha256"));
        assert_eq!(info.notes, Vec::<String>::new());
    }
}

#[test]
fn subvolumes_are_those_that_btrfs_lists() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    make(&image, 300 << 20, &[]);
    let listed = {
        let mounted = Mounted::new(&image, "compress=zstd");
        populate(&mounted.at);
        run!("btrfs", "subvolume", "set-default", &mounted.at.join("@/var/lib/machines"));
        run!("btrfs", "subvolume", "list", "-q", "-r", &mounted.at);
        run!("btrfs", "subvolume", "list", "-q", &mounted.at)
    };
    // `ID 257 gen 9 top level 256 parent_uuid - path @/var/lib/machines`
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let parent = words.iter().position(|word| *word == "parent_uuid").unwrap() + 1;
        (words[1].parse::<u64>().unwrap(), GuestPath::from(line.split_once(" path ").unwrap().1), words[parent] != "-")
    };
    let expected: Vec<_> = listed.lines().map(line).collect();
    let tree = open(source(&image)).unwrap();
    let found = tree.subvolumes().unwrap();
    assert!((found[0].id, &found[0].path, found[0].default) == (5, &GuestPath::root(), false));
    let rest: Vec<_> = found[1..].iter().map(|part| (part.id, part.path.clone(), part.snapshot)).collect();
    assert_eq!(rest, expected);
    assert!(expected.len() == 4);
    let of = |is: fn(&filesystem::Subvolume) -> bool| {
        found.iter().filter(|part| is(part)).map(|part| part.path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of(|part| part.default), ["/@/var/lib/machines"]);
    assert_eq!(of(|part| part.read_only), ["/@/var/before"]);
    // What lies in a subvolume is not in snapshots of the one around it.
    assert!(tree.read_dir(&"/after/var/lib/machines".into()).unwrap().is_empty());
    assert!(tree.metadata(&"/after/var/lib/machines/inside".into()).is_err());
    assert_eq!(tree.read(&"/@/var/lib/machines/inside".into(), 100).unwrap(), b"a subvolume in a subvolume");
}

#[test]
fn another_uuid_and_other_copies_of_the_superblock() {
    if !can_mount() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    make(&image, 200 << 20, &[]);
    populate(&Mounted::new(&image, "defaults").at);
    let before = info(&image);
    run!("btrfstune", "-m", &image);
    let tree = check(&image, "metadata_uuid");
    assert!(tree.info().uuid != before.uuid && tree.info().features.contains(&"metadata-uuid".to_owned()));
    let expected = guest_tree(&*tree);
    // The first copy is damaged: the second one is as good.
    let file = fs::File::options().read(true).write(true).open(&image).unwrap();
    let mut first = vec![0; 4096];
    file.read_exact_at(&mut first, 65536).unwrap();
    let mut bad = first.clone();
    bad[0x50..0x60].fill(0xEE);
    file.write_all_at(&bad, 65536).unwrap();
    let tree = open(source(&image)).unwrap();
    assert_same(&guest_tree(&*tree), &expected, "second copy");
    assert!(tree.info().notes[0].contains("67108864"), "{:?}", tree.info().notes);
    // Both are: what they say is told, and no more.
    file.write_all_at(&[0xEE; 16], (64 << 20) + 0x50).unwrap();
    let said = info(&image);
    assert!(said.uuid == tree.info().uuid && said.notes[0].contains("right checksum"), "{:?}", said.notes);
    assert_eq!(open(source(&image)).err().unwrap().kind(), storage::ErrorKind::Corrupt);
    // Without the first one it is no btrfs any more: the others outlive what is made over it.
    file.write_all_at(&[0; 4096], 65536).unwrap();
    assert_eq!(identify(&*source(&image)).unwrap(), None);
}
