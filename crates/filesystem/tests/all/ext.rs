//! ext2, ext3 and ext4, as e2fsprogs makes them and sees them.

use crate::run;
use crate::support::{assert_same, assert_same_metadata, blank, guest_tree, have, host_tree, sample_tree, source};
use filesystem::{Content, GuestPath, Info, identify, open};
use std::path::{Path, PathBuf};
use storage::ErrorKind;

const TOOLS: &[&str] = &["mke2fs", "dumpe2fs", "debugfs"];
const UUID: &str = "12345678-9abc-def0-1234-56789abcdef0";

/// Makes a filesystem of 48 MiB from a directory.
fn make(dir: &Path, root: &Path, options: &str) -> PathBuf {
    let image = dir.join("image");
    // Blocks of 64 KiB need room: every little file takes one.
    blank(&image, if options.contains("65536") { 512 << 20 } else { 48 << 20 });
    let words: Vec<_> = options.split_whitespace().collect();
    let fixed = ["-q", "-F", "-L", "a label", "-U", UUID, "-d"];
    let mut args: Vec<&std::ffi::OsStr> = fixed.iter().map(std::ffi::OsStr::new).collect();
    args.push(root.as_os_str());
    args.extend(words.iter().map(std::ffi::OsStr::new));
    args.push(image.as_os_str());
    crate::support::run_with(&[0], "mke2fs", &args);
    image
}

fn info(image: &Path) -> Info {
    match identify(&*source(image)).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => info,
        other => panic!("{other:?}"),
    }
}

/// What dumpe2fs says after `name:`.
fn field<'a>(dump: &'a str, name: &str) -> &'a str {
    let line = dump.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{name} in {dump}")).trim()
}

/// The superblock, as dumpe2fs sees it.
fn assert_info(image: &Path, options: &str) {
    let info = info(image);
    let dump = run!("dumpe2fs", "-h", image);
    let number = |name| field(&dump, name).parse::<u64>().unwrap();
    let block = number("Block size");
    assert_eq!(info.features.join(" "), field(&dump, "Filesystem features"), "{options}");
    assert_eq!(info.uuid.as_deref(), Some(UUID), "{options}");
    assert_eq!(info.label.as_deref(), Some("a label"), "{options}");
    assert_eq!(info.size, Some(number("Block count") * block), "{options}");
    assert_eq!(info.free, Some(number("Free blocks") * block), "{options}");
    assert_eq!(info.inodes, Some(number("Inode count")), "{options}");
    assert_eq!(info.free_inodes, Some(number("Free inodes")), "{options}");
    assert_eq!((info.clean, info.errors), (Some(true), Some(false)), "{options}");
    assert!(info.notes.is_empty(), "{options}: {:?}", info.notes);
}

#[test]
fn trees_are_read_as_they_were_written() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    let expected = host_tree(&root);
    for (fs_type, options) in [
        ("ext2", "-t ext2 -b 1024"),
        ("ext2", "-t ext2 -b 2048"),
        ("ext2", "-t ext2 -b 4096 -I 128"),
        ("ext3", "-t ext3 -b 1024"),
        ("ext3", "-t ext3 -b 4096"),
        ("ext4", "-t ext4 -b 1024"),
        ("ext4", "-t ext4 -b 2048"),
        ("ext4", "-t ext4 -b 4096 -I 512"),
        ("ext4", "-t ext4 -b 1024 -I 128 -O metadata_csum"),
        ("ext4", "-t ext4 -b 65536"),
        ("ext4", "-t ext4 -b 4096 -O ^metadata_csum,^64bit"),
        ("ext4", "-t ext4 -b 4096 -O ^has_journal,^extent,^64bit,^flex_bg"),
        ("ext4", "-t ext4 -b 1024 -O metadata_csum,metadata_csum_seed,orphan_file,quota,project"),
        ("ext4", "-t ext4 -b 4096 -O bigalloc -C 16384"),
        ("ext4", "-t ext4 -b 4096 -O mmp"),
        ("ext4", "-t ext4 -b 4096 -O encrypt,verity,sparse_super2,stable_inodes"),
        ("ext4", "-t ext4 -b 4096 -O ^dir_index,^resize_inode,uninit_bg,^metadata_csum"),
    ] {
        let image = make(dir.path(), &root, options);
        assert_eq!(info(&image).fs_type, fs_type, "{options}");
        assert_info(&image, options);
        let fs = open(source(&image)).unwrap();
        assert_same(&guest_tree(&*fs), &expected, options);
        assert_same_metadata(&*fs, &root, &expected, options);
    }
}

#[test]
fn directories_with_trees_of_hashes_are_read_whole() {
    if !have(TOOLS) || !have(&["e2fsck"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    for i in 0..2000 {
        std::fs::write(root.join(format!("many/another-rather-long-name-number-{i}")), i.to_string()).unwrap();
    }
    for options in ["-t ext4 -b 1024", "-t ext3 -b 1024"] {
        let image = make(dir.path(), &root, options);
        crate::support::run_with(&[0, 1], "e2fsck", &["-fyD".as_ref(), image.as_os_str()]);
        assert!(run!("debugfs", "-R", "htree_dump /many", &image).contains("Root node dump"), "{options}");
        assert_same(&guest_tree(&*open(source(&image)).unwrap()), &host_tree(&root), options);
    }
}

#[test]
fn features_that_are_not_read_are_named_and_the_superblock_still_tells() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    std::fs::create_dir(&root).unwrap();
    for (feature, options) in [
        ("inline_data", "-t ext4 -O inline_data"),
        ("casefold", "-t ext4 -O casefold"),
        ("ea_inode", "-t ext4 -O ea_inode"),
        ("large_dir", "-t ext4 -O large_dir"),
        ("meta_bg", "-t ext4 -O meta_bg,^resize_inode"),
    ] {
        let image = make(dir.path(), &root, options);
        assert_info(&image, options);
        let error = open(source(&image)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{options}");
        assert!(error.what().contains(feature), "{error}");
    }
}

#[test]
fn an_external_journal_is_no_filesystem_to_read() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("journal");
    blank(&image, 8 << 20);
    run!("mke2fs", "-q", "-F", "-O", "journal_dev", &image);
    match identify(&*source(&image)).unwrap() {
        Some(Content::FileSystem { info, readable: false }) => assert_eq!(info.fs_type, "jbd"),
        other => panic!("{other:?}"),
    }
    assert_eq!(open(source(&image)).err().unwrap().kind(), ErrorKind::Unsupported);
}

#[test]
fn flags_and_unwritten_extents_are_seen() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    let image = make(dir.path(), &root, "-t ext4 -b 4096");
    for command in [
        "set_inode_field /etc/size-1 flags 0x80010",
        "set_inode_field /etc/size-511 flags 0x80020",
        "set_inode_field /usr flags 0x80010",
        "set_inode_field /usr/sparse size 0x700000",
        "fallocate /usr/sparse 100 1700",
    ] {
        run!("debugfs", "-w", "-R", command, &image);
    }
    let extents = run!("debugfs", "-R", "ex /usr/sparse", &image);
    assert!(extents.contains("Uninit"), "{extents}");
    let fs = open(source(&image)).unwrap();
    let immutable = |path: &str| fs.metadata(&path.into()).unwrap().immutable;
    assert!(immutable("/etc/size-1") && immutable("/etc/size-511") && immutable("/usr"));
    assert!(!immutable("/etc/size-1024") && !immutable("/etc"));
    let mut expected = std::fs::read(root.join("usr/sparse")).unwrap();
    expected.resize(0x70_0000, 0);
    assert!(fs.read(&"/usr/sparse".into(), 1 << 30).unwrap() == expected);
}

#[test]
fn states_other_than_clean_are_told() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("file"), "content").unwrap();
    let image = make(dir.path(), &root, "-t ext4");
    run!("debugfs", "-w", "-R", "ssv state 0", &image);
    assert_eq!((info(&image).clean, info(&image).errors), (Some(false), Some(false)));
    run!("debugfs", "-w", "-R", "ssv state 2", &image);
    assert_eq!((info(&image).clean, info(&image).errors), (Some(false), Some(true)));
    assert_eq!(info(&image).notes.len(), 2);
    let fs = open(source(&image)).unwrap();
    assert_eq!(fs.read(&"/file".into(), 100).unwrap(), b"content");
}

#[test]
fn encrypted_files_are_not_taken_for_plain_ones() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    let image = make(dir.path(), &root, "-t ext4 -O encrypt");
    run!("debugfs", "-w", "-R", "set_inode_field /etc/size-1025 flags 0x80800", &image);
    run!("debugfs", "-w", "-R", "set_inode_field /boot flags 0x80800", &image);
    let fs = open(source(&image)).unwrap();
    for path in ["/etc/size-1025", "/boot/initrd"] {
        assert_eq!(fs.read(&path.into(), 1 << 30).unwrap_err().kind(), ErrorKind::Unsupported, "{path}");
    }
    assert_eq!(fs.read_dir(&"/boot".into()).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_taken() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    for options in ["-t ext4", "-t ext2 -b 4096"] {
        let image = make(dir.path(), &root, options);
        run!("debugfs", "-w", "-R", "set_inode_field /etc/size-1024 size 0xfffffffff", &image);
        run!("debugfs", "-w", "-R", "set_inode_field /etc/link-200 size 0xfffffffff", &image);
        let fs = open(source(&image)).unwrap();
        let path = GuestPath::from("/etc/size-1024");
        assert_eq!(fs.read(&path, 1 << 20).unwrap_err().kind(), ErrorKind::Refused, "{options}");
        assert_eq!(fs.read_start(&path, 512).unwrap().len(), 512, "{options}");
        assert_eq!(fs.read_link(&"/etc/link-200".into()).unwrap_err().kind(), ErrorKind::Corrupt, "{options}");
    }
}
