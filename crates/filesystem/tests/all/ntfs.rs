//! NTFS, as mkntfs and ntfs-3g make it.

use crate::damage::{exercise, small_tree};
use crate::ntfs_tools::{Options, TOOLS, attribute_at, make, mounted, number_of, record_at, set};
use crate::support::{AMPLE, assert_same, guest_tree, have, host_tree, noise, random, source, walk};
use filesystem::{Content, DRIVERS, FileKind, FileSystem, GuestPath, Info, identify, open};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use storage::{ErrorKind, Source};

/// What trips readers up: sizes around clusters, holes, many names, long names, other scripts, several names of a file.
pub(crate) fn sample(root: &Path) {
    for dir in ["Windows/System32/config", "many", "a directory with a long name", "empty", "\u{540D}\u{524D}"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    for (i, len) in
        [0usize, 1, 100, 511, 512, 513, 700, 1024, 4095, 4096, 4097, 65536, 65537, 300_000].into_iter().enumerate()
    {
        fs::write(root.join(format!("Windows/size-{len}")), noise(i as u64, len)).unwrap();
    }
    fs::write(root.join("Windows/System32/config/SYSTEM"), noise(77, 1_000_000)).unwrap();
    fs::write(root.join("\u{540D}\u{524D}/\u{C9}T\u{C9} \u{1F600}.txt"), "other scripts").unwrap();
    fs::write(root.join(format!("a directory with a long name/{}", "n".repeat(255))), "long").unwrap();
    for i in 0..800 {
        fs::write(root.join(format!("many/a-rather-long-name-number-{i}.manifest")), i.to_string()).unwrap();
    }
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(6 << 20).unwrap();
    for (i, at) in [5_000u64, 700_000, 5 << 20].into_iter().enumerate() {
        sparse.write_all_at(&noise(i as u64, 3000), at).unwrap();
    }
    for i in 0..60 {
        fs::hard_link(root.join("Windows/size-4097"), root.join(format!("empty/another-name-of-the-same-file-{i}")))
            .unwrap();
    }
    fragmented(root);
    fs::write(root.join("deleted"), "gone").unwrap();
    fs::remove_file(root.join("deleted")).unwrap();
}

/// Two files that grow in turns: their clusters lie between each other's, more pieces than a record has room for.
fn fragmented(root: &Path) {
    let files = ["one", "other"].map(|name| fs::File::create(root.join(name)).unwrap());
    for i in 0..200u64 {
        for (seed, file) in files.iter().enumerate() {
            file.write_all_at(&noise(i * 2 + seed as u64, 600), i * 65_536).unwrap();
        }
    }
}

fn info(image: &Path) -> Info {
    match identify(&*source(image)).unwrap() {
        Some(Content::FileSystem { info, readable: true }) => info,
        other => panic!("{other:?}"),
    }
}

#[test]
fn trees_are_read_as_they_were_written() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for cluster in [512u32, 1024, 4096, 65536] {
        let what = format!("clusters of {cluster}");
        let image = make(dir.path(), &Options { cluster, label: "D\u{E9}j\u{E0} vu", ..Options::default() });
        let Some((expected, left)) = mounted(&image, |root| {
            sample(root);
            (host_tree(root), free(root))
        }) else {
            return;
        };
        let info = info(&image);
        assert_eq!((info.fs_type, info.label.as_deref()), ("ntfs", Some("D\u{E9}j\u{E0} vu")), "{what}");
        assert_eq!((info.clean, info.errors, &*info.notes), (Some(true), Some(false), &[][..]), "{what}");
        assert_eq!(info.features, ["NTFS 3.1"], "{what}");
        assert_eq!(info.free, Some(left), "{what}");
        let fs = open(source(&image)).unwrap();
        assert_same(&guest_tree(&*fs), &expected, &what);
    }
}

/// What the mounted filesystem says is free.
fn free(root: &Path) -> u64 {
    let said = crate::run!("stat", "-f", "-c", "%S %f", root);
    let (block, blocks) = said.trim().split_once(' ').unwrap();
    block.parse::<u64>().unwrap() * blocks.parse::<u64>().unwrap()
}

/// Content that compresses, and content that does not, in turns that do not fit units.
fn mixed(len: usize) -> Vec<u8> {
    let mut content = Vec::new();
    for part in 0u64.. {
        match part % 4 {
            0 => content.extend(b"[Version]\r\nSignature=$WINDOWS NT$\r\n".repeat(900)),
            1 => content.extend(noise(part, 70_001)),
            2 => content.extend(vec![0; 150_000]),
            _ => (0..20_000u32).for_each(|number| content.extend(format!("{:x},", number * number).bytes())),
        }
        if content.len() >= len {
            break;
        }
    }
    content.truncate(len);
    content
}

#[test]
fn compressed_files_are_unpacked() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for cluster in [512u32, 2048, 4096] {
        let what = format!("clusters of {cluster}");
        let image = make(dir.path(), &Options { cluster, ..Options::default() });
        let made = mounted(&image, |root| {
            let packed = root.join("packed");
            fs::create_dir(&packed).unwrap();
            set(&packed, "system.ntfs_attrib_be", &0x0000_0800u32.to_be_bytes());
            for len in [10, 600, 4095, 4096, 4097, 16 * 512, 65535, 65536, 65537, 100_000, 1_500_000] {
                fs::write(packed.join(format!("mixed-{len}")), mixed(len)).unwrap();
                fs::write(packed.join(format!("text-{len}")), &b"text ".repeat(len)[..len]).unwrap();
            }
            // The file ends in zeros that were never written.
            fs::File::options().write(true).open(packed.join("text-65537")).unwrap().set_len(300_000).unwrap();
            (host_tree(root), number_of(&packed.join("mixed-1500000")))
        });
        let Some((expected, number)) = made else { return };
        let bytes = fs::read(&image).unwrap();
        let data = attribute_at(&bytes, number, 0x80);
        assert_eq!(bytes[data + 12..data + 14], [1, 0], "{what}: it is compressed");
        let fs = open(source(&image)).unwrap();
        assert_same(&guest_tree(&*fs), &expected, &what);
        let path = GuestPath::from("/packed/mixed-1500000");
        for len in [0, 1, 511, 65535, 65537, 400_000, 2_000_000] {
            assert!(
                fs.read_start(&path, len).unwrap() == mixed(1_500_000)[..1_500_000.min(len as usize)],
                "{what}: {len}"
            );
        }
    }
}

/// A small volume, with the numbers of some files.
fn small(dir: &Path) -> Option<(Vec<u8>, std::collections::HashMap<&'static str, usize>)> {
    let image = make(dir, &Options { len: 6 << 20, cluster: 1024, ..Options::default() });
    let numbers = mounted(&image, |root| {
        small_tree(root);
        let dos = root.join("a name that is longer.txt");
        fs::write(&dos, "short").unwrap();
        set(&dos, "system.ntfs_dos_name", b"ANAME~1.TXT");
        fs::write(root.join("other.bin"), noise(5, 9000)).unwrap();
        let many = ["dir/file", "other.bin", "dir"].map(|name| (name, number_of(&root.join(name))));
        many.into()
    })?;
    Some((fs::read(&image).unwrap(), numbers))
}

fn open_bytes(bytes: &[u8]) -> storage::Result<Box<dyn FileSystem>> {
    open(Arc::new(bytes.to_vec()))
}

#[test]
fn names_are_found_in_any_case_and_by_their_short_form() {
    let dir = tempfile::tempdir().unwrap();
    let Some((image, _)) = have(TOOLS).then(|| small(dir.path())).flatten() else { return };
    let fs = open_bytes(&image).unwrap();
    assert!(!fs.case_sensitive());
    for path in ["/a name that is longer.txt", "/A NAME that is LONGER.txt", "/ANAME~1.TXT", "/aname~1.txt"] {
        assert_eq!(fs.read(&path.into(), 100).unwrap(), b"short", "{path}");
    }
    let names: Vec<_> = fs.read_dir(&GuestPath::root()).unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(names.iter().all(|name| name != b"ANAME~1.TXT" && !name.starts_with(b"$")), "{names:?}");
    assert!(fs.metadata(&"/$MFT".into()).unwrap().size > 0);
    assert_eq!(fs.metadata(&"/$Extend".into()).unwrap().kind, FileKind::Directory);
    for path in ["/none", "/DIR/FILE/x"] {
        assert_eq!(fs.metadata(&path.into()).unwrap_err().kind(), ErrorKind::NotFound, "{path}");
    }
    assert_eq!(fs.metadata(&GuestPath::from(&b"/\xFF"[..])).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn what_was_never_written_is_zeros() {
    let dir = tempfile::tempdir().unwrap();
    let Some((mut image, numbers)) = have(TOOLS).then(|| small(dir.path())).flatten() else { return };
    let data = attribute_at(&image, numbers["other.bin"], 0x80);
    assert_eq!(image[data + 8], 1);
    image[data + 56..data + 64].copy_from_slice(&5000u64.to_le_bytes());
    let content = open_bytes(&image).unwrap().read(&"/other.bin".into(), 1 << 20).unwrap();
    assert!(content[..5000] == noise(5, 9000)[..5000] && content.len() == 9000 && storage::is_zero(&content[5000..]));
    // Encrypted, and compressed in a way that nobody knows.
    for (flags, word) in [(0x4000u16, "encrypted"), (2, "method 2")] {
        image[data + 12..data + 14].copy_from_slice(&flags.to_le_bytes());
        let error = open_bytes(&image).unwrap().read(&"/other.bin".into(), 1 << 20).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.what().contains(word) && error.what().contains("other.bin"), "{error}");
    }
}

#[test]
fn of_damaged_records_the_copies_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let Some((image, _)) = have(TOOLS).then(|| small(dir.path())).flatten() else { return };
    let expected = guest_tree(&*open_bytes(&image).unwrap());
    let mirror = u64::from_le_bytes(image[56..64].try_into().unwrap()) as usize * 1024;
    for (number, at) in [(0, 0), (0, 510), (3, 1023)] {
        let mut damaged = image.clone();
        damaged[record_at(&image, number) + at] ^= 0x55;
        let fs = open_bytes(&damaged).unwrap();
        assert_same(&guest_tree(&*fs), &expected, "copy");
        assert_eq!(fs.info().notes.len(), usize::from(number == 0), "{:?}", fs.info().notes);
        damaged[mirror + number * 1024] = 0;
        match open_bytes(&damaged) {
            Err(error) => assert!(number == 0 && error.kind() == ErrorKind::Corrupt, "{error}"),
            Ok(fs) => assert_eq!((number, fs.info().clean, fs.info().notes.len()), (3, None, 1)),
        }
    }
}

#[test]
fn dirty_volumes_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let Some((image, _)) = have(TOOLS).then(|| small(dir.path())).flatten() else { return };
    for (flags, clean, errors) in [(1u16, false, false), (0x4001, false, true), (0x8000, true, false)] {
        let mut dirty = image.clone();
        let at = attribute_at(&image, 3, 0x70) + 24 + 10;
        dirty[at..at + 2].copy_from_slice(&flags.to_le_bytes());
        let fs = open_bytes(&dirty).unwrap();
        assert_eq!((fs.info().clean, fs.info().errors), (Some(clean), Some(errors)), "{flags:#x}");
        assert_eq!(fs.info().notes.is_empty(), clean, "{:?}", fs.info().notes);
    }
}

#[test]
fn links_lead_where_windows_would_go() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = make(dir.path(), &Options { len: 8 << 20, ..Options::default() });
    let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let point = |tag: u32, flags: Option<u32>, target: &str| {
        let name = units(target);
        let len = name.len() as u16;
        let mut data = [0, len, len + 2, 0].map(u16::to_le_bytes).concat();
        data.extend(flags.map(u32::to_le_bytes).into_iter().flatten());
        data.extend([&name[..], &[0; 4]].concat());
        [&tag.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), &[0, 0], &data].concat()
    };
    let made = mounted(&image, |root| {
        fs::create_dir_all(root.join("Users/Default")).unwrap();
        for (name, target) in [("Documents and Settings", r"\??\C:\USERS"), ("elsewhere", r"\??\D:\Data\")] {
            fs::create_dir(root.join(name)).unwrap();
            set(&root.join(name), "system.ntfs_reparse_data", &point(0xA000_0003, None, target));
        }
        fs::write(root.join("relative"), "").unwrap();
        set(&root.join("relative"), "system.ntfs_reparse_data", &point(0xA000_000C, Some(1), r"Users\Default"));
        fs::write(root.join("cloud"), "").unwrap();
        let cloud = [&0x9000_001Au32.to_le_bytes()[..], &[4, 0, 0, 0, 1, 2, 3, 4]].concat();
        set(&root.join("cloud"), "system.ntfs_reparse_data", &cloud);
        std::os::unix::fs::symlink("Users/Default", root.join("interix")).unwrap();
    });
    if made.is_none() {
        return;
    }
    let fs = open(source(&image)).unwrap();
    for (path, target) in [
        ("/Documents and Settings", "/USERS"),
        ("/elsewhere", "/D:/Data/"),
        ("/relative", "Users/Default"),
        ("/interix", "Users/Default"),
    ] {
        let found = fs.read_link(&path.into()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(String::from_utf8_lossy(&found), target, "{path}");
        assert_eq!(fs.metadata(&path.into()).unwrap().kind, FileKind::Link, "{path}");
    }
    let entries = fs.read_dir(&GuestPath::root()).unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.kind == FileKind::Link).count(), 4);
    let error = fs.read(&"/cloud".into(), 100).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.what().contains("0x9000001a"), "{error}");
}

#[test]
fn damage_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let Some((image, _)) = have(TOOLS).then(|| small(dir.path())).flatten() else { return };
    assert!(exercise(&(Arc::new(image.clone()) as Source)) > 30);
    let used: Vec<usize> =
        (0..image.len()).filter(|&at| image[at] != 0 && image[at] != 0xFF && at % 1024 < 512).collect();
    for round in 0..300u64 {
        let mut seed = round;
        let mut damaged = image.clone();
        for _ in 0..=random(&mut seed) % 8 {
            let place = random(&mut seed) as usize;
            let at = match round % 3 {
                0 => used[place % used.len()],
                1 => record_at(&image, 0) + place % (80 * 1024),
                _ => place % 512,
            };
            damaged[at] = random(&mut seed) as u8;
        }
        exercise(&(Arc::new(damaged.clone()) as Source));
        let _ = filesystem::unused(&damaged, &mut |_| Ok(()));
    }
}

#[test]
fn a_volume_cut_short_gives_what_is_there_and_never_zeros() {
    let dir = tempfile::tempdir().unwrap();
    let Some((image, _)) = have(TOOLS).then(|| small(dir.path())).flatten() else { return };
    let whole = guest_tree(&*open_bytes(&image).unwrap());
    let mut partly = 0;
    for len in (0..image.len()).step_by(32 << 10) {
        let Ok(fs) = open_bytes(&image[..len]) else { continue };
        assert!(!fs.info().notes.is_empty());
        walk(&*fs, AMPLE, |path, node| {
            if let Ok(node) = node {
                assert!(whole[&path] == node, "cut at {len}: {path} differs");
                partly += 1;
            }
        });
    }
    assert!(partly > 100);
}

/// What a disk was formatted with before may have left its mark.
#[test]
fn a_sound_table_of_files_beats_a_mark_alone() {
    let dir = tempfile::tempdir().unwrap();
    let Some((image, _)) = have(TOOLS).then(|| small(dir.path())).flatten() else { return };
    let ntfs = DRIVERS.iter().find(|driver| driver.name() == "ntfs").unwrap();
    assert!(ntfs.proven(&image).unwrap());
    let mut both = image.clone();
    both[1024 + 0x38..1024 + 0x3A].copy_from_slice(&[0x53, 0xEF]);
    both[1024 + 0x60] = 8;
    // A mark without a checksum does not count.
    assert!(matches!(identify(&both), Ok(Some(Content::FileSystem { info, .. })) if info.fs_type == "ntfs"));
    let mut torn = both.clone();
    torn[record_at(&image, 0)] = 0;
    assert!(!ntfs.proven(&torn).unwrap());
    assert!(identify(&torn).unwrap_err().what().contains("ntfs and jbd"));
}
