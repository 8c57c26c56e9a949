//! ISO 9660 and UDF, as genisoimage and xorriso make them and 7z sees them.

use crate::support::{
    AMPLE, Node, Tree, assert_same, assert_same_metadata, guest_tree, have, host_tree, noise, run_with, sample_tree,
    shared, source, unpack, walk,
};
use filesystem::{Content, DRIVERS, FileSystem, GuestPath, identify, open};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{ErrorKind, Source};

pub(crate) const TOOLS: &[&str] = &["genisoimage", "xorrisofs", "7z"];

/// Makes an image of a directory.
pub(crate) fn make(maker: &str, dir: &Path, root: &Path, options: &str) -> PathBuf {
    let image = dir.join("image");
    let _ = fs::remove_file(&image);
    let mut args: Vec<&OsStr> = vec!["-quiet".as_ref()];
    args.extend(options.split_whitespace().map(OsStr::new));
    args.extend(["-o".as_ref(), image.as_os_str(), root.as_os_str()]);
    run_with(&[0], maker, &args);
    image
}

/// What 7z takes out of an image, less the boot images that are no files.
fn taken_out(dir: &Path, image: &Path, kind: &str) -> Tree {
    let to = dir.join("out");
    run_with(
        &[0, 1, 2],
        "7z",
        &[
            "x".as_ref(),
            "-y".as_ref(),
            "-bd".as_ref(),
            format!("-t{kind}").as_ref(),
            format!("-o{}", to.display()).as_ref(),
            image.as_os_str(),
        ],
    );
    let mut tree = host_tree(&to);
    tree.retain(|path, _| path.names().next() != Some(b"[BOOT]"));
    fs::remove_dir_all(to).unwrap();
    tree
}

fn driver(name: &str, image: &Path) -> Box<dyn FileSystem> {
    let driver = DRIVERS.iter().find(|driver| driver.name() == name).unwrap();
    driver.open(source(image)).unwrap()
}

#[test]
fn rock_ridge_is_read_as_it_was_written() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    fs::create_dir_all(root.join("1/2/3/4/5/6/7/8/9/10/11")).unwrap();
    fs::write(root.join("1/2/3/4/5/6/7/8/9/10/11/deep"), "deep").unwrap();
    fs::write(root.join("1").join("n".repeat(240)), "long").unwrap();
    let written = host_tree(&root);
    for (maker, options) in [
        ("genisoimage", "-R"),
        ("genisoimage", "-R -J -joliet-long -input-charset iso8859-1"),
        ("genisoimage", "-R -D -U"),
        ("xorrisofs", "-R"),
        ("xorrisofs", "-R -J -iso-level 3"),
    ] {
        let mut expected = written.clone();
        let image = make(maker, dir.path(), &root, options);
        let fs = open(source(&image)).unwrap();
        assert_eq!(fs.info().fs_type, "iso9660");
        assert!(fs.info().features.iter().any(|name| name == "rock_ridge") && fs.case_sensitive());
        if maker == "genisoimage" {
            // It writes the fields of long targets beyond their length.
            let long = GuestPath::from("/etc/link-1000");
            assert_eq!(fs.read_link(&long).unwrap_err().kind(), ErrorKind::Corrupt);
            expected.remove(&long);
        }
        let mut found = Tree::new();
        walk(&*fs, AMPLE, |path, node| match node {
            Ok(node) => drop(found.insert(path, node)),
            Err(error) => assert!(!expected.contains_key(&path), "{path}: {error}"),
        });
        // Where directories that lie too deep are put: empty, as they are all back in place.
        let moved = found.remove(&GuestPath::from("/rr_moved"));
        assert_eq!(moved.is_some(), (maker, options.contains("-D")) == ("genisoimage", false), "{maker} {options}");
        assert_same(&found, &expected, &format!("{maker} {options}"));
        expected.retain(|_, node| !matches!(node, Node::Link(_)));
        assert_same_metadata(&*fs, &root, &expected, options);
    }
}

/// Names that Joliet and UDF can hold, and directories like those of installation media.
pub(crate) fn medium(root: &Path) {
    for dir in ["sources", "efi/boot", "a directory with a long name, and more of it"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    fs::write(root.join("sources/install.wim"), noise(1, 3_000_000)).unwrap();
    fs::write(root.join("efi/boot/bootx64.efi"), noise(2, 70_000)).unwrap();
    fs::write(root.join("README.TXT"), "notice").unwrap();
    for (i, len) in [0usize, 1, 2047, 2048, 2049].into_iter().enumerate() {
        fs::write(root.join(format!("sources/size-{len}.dat")), noise(i as u64, len)).unwrap();
    }
    fs::write(root.join("a directory with a long name, and more of it/\u{E9}t\u{E9} \u{540D}.txt"), "named").unwrap();
    for i in 0..200 {
        fs::write(root.join(format!("efi/some longer file name {i}.conf")), i.to_string()).unwrap();
    }
}

#[test]
fn joliet_and_plain_names_are_those_that_7z_sees() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    for (maker, options) in [
        ("genisoimage", "-J -joliet-long -input-charset utf-8"),
        ("xorrisofs", "-J -joliet-long --norock"),
        ("genisoimage", "-iso-level 1"),
        ("genisoimage", "-iso-level 2 -d"),
        ("genisoimage", "-iso-level 3"),
        ("xorrisofs", "-iso-level 2 --norock"),
    ] {
        let image = make(maker, dir.path(), &root, options);
        let fs = open(source(&image)).unwrap();
        let found = guest_tree(&*fs);
        assert_same(&found, &taken_out(dir.path(), &image, "iso"), options);
        let files = found.values().filter(|node| matches!(node, Node::File(_))).count();
        assert!(files == 209 || options.contains("level"), "{options}: {files} files");
        if options.contains("-J") {
            assert_same(&found, &host_tree(&root), options);
        }
        assert!(!fs.case_sensitive());
        for path in ["/SOURCES/SIZE-1.DAT", "/sources/size-1.dat"] {
            let path = if options.contains("level") { path.replace('-', "_") } else { path.into() };
            assert_eq!(fs.read(&path.as_str().into(), 10).unwrap(), noise(1, 1), "{options}");
        }
    }
}

#[test]
fn of_a_medium_with_both_udf_is_read_unless_it_is_damaged() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    // As Windows has it: only a notice outside UDF, which genisoimage makes from the names of Joliet.
    let image = make("genisoimage", dir.path(), &root, "-udf -J -input-charset utf-8 -hide efi -hide sources");
    let mut bytes = fs::read(&image).unwrap();
    let joliet = (32768..65536).step_by(2048).find(|&at| bytes[at..at + 6] == *b"\x02CD001").unwrap();
    bytes[joliet] = 3;
    fs::write(&image, &bytes).unwrap();
    let fs = open(source(&image)).unwrap();
    assert_eq!(fs.info().fs_type, "udf");
    assert_same(&guest_tree(&*fs), &host_tree(&root), "UDF");
    assert_same(&guest_tree(&*fs), &taken_out(dir.path(), &image, "udf"), "7z");
    assert_eq!(fs.metadata(&"/sources/install.wim".into()).unwrap().size, 3_000_000);
    let plain = driver("iso9660", &image);
    assert!(plain.metadata(&"/README.TXT".into()).is_ok() && plain.metadata(&"/sources".into()).is_err());

    // Its anchors.
    let last = bytes.len() - 2048;
    let places: Vec<_> = [256 * 2048, last].into_iter().filter(|&at| bytes[at] == 2).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        bytes[at + 20] ^= 1;
    }
    let volume: Source = Arc::new(bytes);
    match identify(&*volume).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => assert_eq!(info.fs_type, "iso9660"),
        other => panic!("{other:?}"),
    }
    assert_eq!(open(volume).unwrap().info().fs_type, "iso9660");
}

#[test]
fn a_medium_is_read_in_a_partition_of_its_own() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    let image = make("xorrisofs", dir.path(), &root, "-R -partition_offset 16");
    let expected = host_tree(&root);
    let disk = source(&image);
    let partition = storage::Slice::new(disk.clone(), 16 * 2048, disk.size() - 16 * 2048).unwrap();
    for volume in [disk, Arc::new(partition)] {
        assert_same(&guest_tree(&*open(volume).unwrap()), &expected, "hybrid");
    }
}

#[test]
fn media_of_other_makers_are_read_as_7z_reads_them() {
    let Some(root) = shared().filter(|_| have(TOOLS)) else { return };
    let dir = tempfile::tempdir().unwrap();
    for (packed, least) in [
        ("fs/iso9660.raw", 3),
        ("boot/grub-rescue-cdrom.iso", 200),
        ("boot/memtest86+ia32.iso", 3),
        ("boot/ipxe.iso", 6),
        ("blkid/fs-iso.img", 4),
        ("blkid/fs-iso-joliet.img", 4),
        ("blkid/fs-iso-rr-joliet.img", 4),
        ("blkid/fs-udf-cd-nero-6.img", 1),
    ] {
        let image = dir.path().join("image");
        unpack(&root.join(format!("corpora/{packed}.zst")), &image);
        let fs = open(source(&image)).unwrap();
        let found = guest_tree(&*fs);
        assert!(found.values().filter(|node| matches!(node, Node::File(_))).count() >= least, "{packed}");
        assert_same(&found, &taken_out(dir.path(), &image, if packed.contains("udf") { "udf" } else { "iso" }), packed);
    }
    for (packed, why) in
        [("blkid/fs-udf-bdr-2.60-nero.img", "Virtual"), ("blkid/fs-udf-multi-0-320-640-mkudffs.img", "Virtual")]
    {
        let image = dir.path().join("image");
        unpack(&root.join(format!("corpora/{packed}.zst")), &image);
        let error = open(source(&image)).err().unwrap();
        assert!(error.kind() == ErrorKind::Unsupported && error.what().contains(why), "{error}");
    }
}
