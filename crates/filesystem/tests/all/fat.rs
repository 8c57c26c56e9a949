//! FAT12, FAT16 and FAT32, as dosfstools and mtools make them.

use crate::run;
use crate::support::{AMPLE, Node, Tree, assert_same, blank, guest_tree, have, host_tree, noise, source, walk};
use filesystem::{Content, FileSystem, GuestPath, Info, identify, open};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use storage::ErrorKind;

const TOOLS: &[&str] = &["mkfs.vfat", "mcopy", "mmd", "fsck.fat"];

/// Names that FAT can hold, of both kinds.
fn sample(root: &Path) {
    for dir in ["EFI/BOOT", "EFI/debian", "a directory with a long name", "many"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    for (i, len) in [0usize, 1, 511, 512, 513, 4096, 4097, 100_000].into_iter().enumerate() {
        fs::write(root.join(format!("EFI/debian/size-{len}.efi")), noise(i as u64, len)).unwrap();
    }
    fs::write(root.join("EFI/BOOT/BOOTX64.EFI"), noise(50, 70_000)).unwrap();
    fs::write(root.join("a directory with a long name/\u{E9}t\u{E9} \u{540D}.txt"), "named").unwrap();
    for i in 0..200 {
        fs::write(root.join(format!("many/some longer file name {i}.conf")), i.to_string()).unwrap();
    }
}

fn make(dir: &Path, root: &Path, options: &[&str], len: u64) -> PathBuf {
    let image = dir.join("image");
    let _ = fs::remove_file(&image);
    blank(&image, len);
    let mut args: Vec<&std::ffi::OsStr> = options.iter().map(std::ffi::OsStr::new).collect();
    args.push(image.as_os_str());
    crate::support::run_with(&[0], "mkfs.vfat", &args);
    for entry in fs::read_dir(root).unwrap() {
        run!("mcopy", "-s", "-Q", "-i", &image, &entry.unwrap().path(), "::/");
    }
    image
}

fn info(image: &Path) -> Info {
    match identify(&*source(image)).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => info,
        other => panic!("{other:?}"),
    }
}

/// Free bytes, from what fsck.fat says: `  2048 bytes per cluster` and `NAME: 210 files, 404/16324 clusters`.
fn free(image: &Path) -> u64 {
    let said = run!("fsck.fat", "-n", "-v", image);
    let number = |text: &str| text.trim().parse::<u64>().unwrap();
    let cluster = said.lines().find_map(|line| line.strip_suffix(" bytes per cluster")).map(number).unwrap();
    let counts = said.lines().find_map(|line| line.strip_suffix(" clusters")?.rsplit_once(", ")).unwrap().1;
    let (used, all) = counts.split_once('/').unwrap();
    (number(all) - number(used)) * cluster
}

#[test]
fn trees_are_read_as_they_were_written() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fs::create_dir(&root).unwrap();
    sample(&root);
    let expected = host_tree(&root);
    for (width, options, len) in [
        ("FAT12", &["-F", "12", "-n", "SMALL", "-i", "ABCD1234"][..], 4u64 << 20),
        ("FAT16", &["-F", "16", "-s", "4", "-n", "SMALL", "-i", "ABCD1234"], 32 << 20),
        ("FAT32", &["-F", "32", "-s", "1", "-n", "SMALL", "-i", "ABCD1234"], 64 << 20),
        ("FAT32", &["-F", "32", "-S", "4096", "-s", "1", "-n", "SMALL", "-i", "ABCD1234"], 300 << 20),
    ] {
        let image = make(dir.path(), &root, options, len);
        let info = info(&image);
        assert_eq!((info.fs_type, &*info.features[0]), ("vfat", width));
        assert_eq!((info.uuid.as_deref(), info.label.as_deref()), (Some("ABCD-1234"), Some("SMALL")));
        assert_eq!((info.clean, info.errors), (Some(true), Some(false)), "{width}");
        assert_eq!(info.free, Some(free(&image)), "{width}");
        let fs = open(source(&image)).unwrap();
        assert!(!fs.case_sensitive());
        assert_same(&guest_tree(&*fs), &expected, width);
    }
}

#[test]
fn names_are_found_in_any_case_and_by_their_short_form() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fs::create_dir(&root).unwrap();
    sample(&root);
    let image = make(dir.path(), &root, &["-F", "16"], 32 << 20);
    let fs = open(source(&image)).unwrap();
    let loader = fs.read(&"/EFI/BOOT/BOOTX64.EFI".into(), 1 << 20).unwrap();
    assert_eq!(loader.len(), 70_000);
    for path in ["/efi/boot/bootx64.efi", "/Efi/Boot/BootX64.Efi"] {
        assert!(fs.read(&path.into(), 1 << 20).unwrap() == loader, "{path}");
    }
    assert!(fs.metadata(&"/ADIREC~1".into()).is_ok());
    for path in ["/efi/none", "/EFI/BOOT/BOOTX64.EFI/x", "/none/none"] {
        assert_eq!(fs.metadata(&path.into()).unwrap_err().kind(), ErrorKind::NotFound, "{path}");
    }
    assert_eq!(fs.metadata(&GuestPath::from(&b"/\xFF"[..])).unwrap_err().kind(), ErrorKind::NotFound);
}

/// A FAT16 volume with one file of ten clusters, and a directory: chains begin at clusters 2 and 12.
fn chained(dir: &Path) -> (PathBuf, fs::File) {
    let root = dir.join("tree");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("FILE"), noise(1, 20_480)).unwrap();
    let image = make(dir, &root, &["-F", "16", "-s", "4", "-R", "4", "-f", "2"], 32 << 20);
    run!("mmd", "-i", &image, "::/DIR");
    let disk = fs::File::options().read(true).write(true).open(&image).unwrap();
    (image, disk)
}

/// Writes the FAT's word for a cluster: the first FAT begins after four sectors.
fn link(disk: &fs::File, cluster: u64, next: u16) {
    disk.write_all_at(&next.to_le_bytes(), 4 * 512 + cluster * 2).unwrap();
}

fn read_file(image: &Path) -> storage::Result<Vec<u8>> {
    open(source(image)).unwrap().read(&"/FILE".into(), 1 << 20)
}

#[test]
fn chains_that_lead_in_circles_or_end_early_are_corrupt() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (image, disk) = chained(dir.path());
    assert_eq!(read_file(&image).unwrap(), noise(1, 20_480));
    for (cluster, next, word) in [(5, 3u16, "circle"), (5, 0xFFFF, "too early"), (5, 0, "too early"), (5, 1, "")] {
        let mut was = [0; 2];
        disk.read_exact_at(&mut was, 4 * 512 + cluster * 2).unwrap();
        link(&disk, cluster, next);
        let error = read_file(&image).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{next}: {error}");
        assert!(error.to_string().contains(word), "{next}: {error}");
        // The part before is still read.
        let start = open(source(&image)).unwrap().read_start(&"/FILE".into(), 6000).unwrap();
        assert!(start == noise(1, 20_480)[..6000]);
        link(&disk, cluster, u16::from_le_bytes(was));
    }
    assert!(read_file(&image).is_ok());
}

#[test]
fn a_directory_that_leads_in_circles_ends() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (image, disk) = chained(dir.path());
    // Reserved sectors, two FATs of 64 sectors, 512 root entries; the directory is in cluster 12, of four sectors.
    let boot = fs::read(&image).unwrap();
    let fat = u64::from(u16::from_le_bytes([boot[22], boot[23]]));
    let root = u64::from(u16::from_le_bytes([boot[17], boot[18]]));
    let cluster = (4 + 2 * fat + root / 16) * 512 + 10 * 2048;
    assert_eq!(&boot[cluster as usize..][..11], b".          ");
    link(&disk, 12, 12);
    for fill in [0xE5u8, b'A'] {
        let entries: Vec<u8> = [[fill; 11].to_vec(), vec![0x20; 21]].concat().repeat(64);
        disk.write_all_at(&entries, cluster).unwrap();
        let fs = open(source(&image)).unwrap();
        let error = fs.read_dir(&"/DIR".into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.what().contains("circle"), "{error}");
        assert!(fs.metadata(&"/DIR/none".into()).is_err());
    }
}

#[test]
fn dirty_volumes_are_told() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (image, disk) = chained(dir.path());
    link(&disk, 1, 0x7FFF);
    assert_eq!((info(&image).clean, info(&image).errors), (Some(false), Some(false)));
    link(&disk, 1, 0xBFFF);
    assert_eq!((info(&image).clean, info(&image).errors), (Some(true), Some(true)));
    assert!(read_file(&image).is_ok());
}

#[test]
fn a_volume_cut_short_gives_what_is_there_and_never_zeros() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("FILE"), noise(1, 9_000)).unwrap();
    fs::create_dir(root.join("DIR")).unwrap();
    fs::write(root.join("DIR/INNER"), noise(2, 3_000)).unwrap();
    let image = make(dir.path(), &root, &["-F", "12", "-s", "1", "-r", "16"], 64 << 10);
    let whole = fs::read(&image).unwrap();
    let expected = tree(&*open(std::sync::Arc::new(whole.clone())).unwrap());
    assert_eq!(expected.len(), 3);
    for len in (0..whole.len()).step_by(512) {
        let Ok(fs) = open(std::sync::Arc::new(whole[..len].to_vec())) else { continue };
        for (path, node) in tree(&*fs) {
            assert!(expected[&path] == node, "cut at {len}: {path} differs");
        }
    }
}

/// What can be read.
fn tree(fs: &dyn FileSystem) -> Tree {
    let mut tree = Tree::new();
    walk(fs, AMPLE, |path, node| {
        if let Ok(node @ (Node::Directory | Node::File(_))) = node {
            tree.insert(path, node);
        }
    });
    tree
}
