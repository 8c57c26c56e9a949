//! What every reader must do, whatever it reads.

use crate::support::{AMPLE, Node, blank, have, source, walk};
use crate::{ntfs_tools, run};
use filesystem::{Content, DRIVERS, Driver, FileKind, FileSystem, GuestPath, identify, open};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{ErrorKind, Source};

const TOOLS: &[&str] = &["mke2fs", "mkfs.vfat", "mcopy", "genisoimage", "mkfs.xfs", "mkfs.btrfs", "makefs"];

/// An image with the same small tree for every reader.
fn fixture(driver: &dyn Driver, dir: &Path) -> Option<PathBuf> {
    let root = dir.join("tree");
    let fill = |root: &Path| {
        fs::create_dir_all(root.join("etc/conf")).unwrap();
        fs::write(root.join("etc/conf/file"), "0123456789").unwrap();
        fs::write(root.join("etc/empty"), "").unwrap();
    };
    fill(&root);
    let image = dir.join(driver.name());
    blank(&image, 8 << 20);
    match driver.name() {
        "xfs" => return Some(crate::xfs::fixture(dir, &root)),
        "btrfs" => {
            run!("mkfs.btrfs", "-q", "--mixed", "-m", "single", "-d", "single", "-n", "4096", "-r", &root, &image);
        }
        "ext" => drop(run!("mke2fs", "-q", "-F", "-t", "ext4", "-d", &root, &image)),
        "fat" => {
            run!("mkfs.vfat", &image);
            run!("mcopy", "-s", "-i", &image, &root.join("etc"), "::/");
        }
        "iso9660" => drop(run!("genisoimage", "-quiet", "-R", "-J", "-o", &image, &root)),
        "udf" => drop(run!("genisoimage", "-quiet", "-R", "-J", "-udf", "-o", &image, &root)),
        "ntfs" => {
            if !have(ntfs_tools::TOOLS) {
                return None;
            }
            let made = ntfs_tools::make(dir, &ntfs_tools::Options { len: 8 << 20, ..Default::default() });
            ntfs_tools::mounted(&made, fill)?;
            return Some(made);
        }
        "ufs" => drop(run!("makefs", "-t", "ffs", "-o", "version=2", "-s", "8m", &image, &root)),
        other => panic!("a new reader, {other}, needs a fixture here"),
    }
    Some(image)
}

fn each(check: impl Fn(&dyn Driver, Source, &dyn FileSystem)) {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for &driver in DRIVERS {
        let Some(image) = fixture(driver, dir.path()) else { continue };
        let volume = source(&image);
        check(driver, volume.clone(), &*driver.open(volume).unwrap());
    }
}

#[test]
fn one_driver_knows_a_volume_and_the_others_do_not() {
    each(|driver, volume, fs| {
        for &other in DRIVERS {
            assert_eq!(other.probe(&*volume).unwrap(), other.name() == driver.name());
        }
        let info = driver.info(&*volume).unwrap();
        assert_eq!(identify(&*volume).unwrap(), Some(Content::FileSystem { info: info.clone(), readable: true }));
        assert_eq!((fs.info(), open(volume.clone()).unwrap().info()), (&info, &info));
        assert!(info.size <= Some(volume.size()) && info.free < info.size && info.uuid.is_some());
    });
}

#[test]
fn other_bytes_are_refused_without_harm() {
    for &driver in DRIVERS {
        for volume in [Vec::new(), vec![0; 100], vec![0; 1 << 20], vec![0xFF; 1 << 20]] {
            assert!(!driver.probe(&volume).unwrap(), "{}", driver.name());
            assert!(driver.info(&volume).is_err() && driver.open(Arc::new(volume)).is_err());
        }
    }
    assert_eq!(identify(&vec![0u8; 1 << 20]).unwrap(), None);
    assert_eq!(open(Arc::new(vec![0u8; 1 << 20])).err().unwrap().kind(), ErrorKind::Unsupported);
}

#[test]
fn the_root_and_paths_to_it() {
    each(|driver, _, fs| {
        for path in ["/", "", "/etc/..", "/../..", "/etc/conf/../.."] {
            let path = GuestPath::from(path);
            assert_eq!(fs.metadata(&path).unwrap().kind, FileKind::Directory, "{}", driver.name());
            assert!(fs.read_dir(&path).unwrap().iter().any(|entry| entry.name == b"etc"));
        }
    });
}

#[test]
fn entries_say_what_metadata_say() {
    each(|driver, _, fs| {
        let mut count = 0;
        walk(fs, AMPLE, |path, node| {
            count += 1;
            let parent = fs.read_dir(&path.parent()).unwrap();
            let entry = parent.iter().find(|entry| Some(&*entry.name) == path.name()).unwrap();
            let metadata = fs.metadata(&path).unwrap();
            assert_eq!(entry.kind, metadata.kind, "{}: {path}", driver.name());
            match node.unwrap() {
                Node::File(content) => assert_eq!(metadata.size, content.len() as u64, "{path}"),
                node => assert_eq!(node, Node::Directory, "{path}"),
            }
            assert!(entry.name != b"." && entry.name != b"..");
        });
        assert!(count >= 4);
    });
}

#[test]
fn limits_hold_and_starts_are_cut() {
    each(|_, _, fs| {
        let path = GuestPath::from("/etc/conf/file");
        assert_eq!(fs.read(&path, 10).unwrap(), b"0123456789");
        let error = fs.read(&path, 9).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.what().contains("/etc/conf/file") && error.what().contains("10 bytes"), "{error}");
        assert_eq!(fs.read_start(&path, 4).unwrap(), b"0123");
        assert_eq!(fs.read_start(&path, u64::MAX).unwrap(), b"0123456789");
        assert_eq!(fs.read(&"/etc/empty".into(), 0).unwrap(), b"");
    });
}

#[test]
fn wrong_uses_are_errors_of_the_right_kind() {
    each(|driver, _, fs| {
        let name = driver.name();
        for path in ["/none", "/none/none", "/etc/conf/file/below"] {
            let path = GuestPath::from(path);
            for kind in [
                fs.metadata(&path).unwrap_err().kind(),
                fs.read_dir(&path).unwrap_err().kind(),
                fs.read_link(&path).unwrap_err().kind(),
                fs.read(&path, 100).unwrap_err().kind(),
                fs.read_start(&path, 1).unwrap_err().kind(),
            ] {
                assert_eq!(kind, ErrorKind::NotFound, "{name}: {path}");
            }
        }
        assert_eq!(fs.read(&"/etc".into(), 100).unwrap_err().kind(), ErrorKind::Unsupported, "{name}");
        assert_eq!(fs.read_link(&"/etc/empty".into()).unwrap_err().kind(), ErrorKind::Unsupported, "{name}");
        assert_eq!(fs.read_dir(&"/etc/empty".into()).unwrap_err().kind(), ErrorKind::NotFound, "{name}");
    });
}

/// The superblock of XFS lies in the first sector, which ext leaves alone.
fn with_xfs_mark(mut image: Vec<u8>) -> Vec<u8> {
    image[..4].copy_from_slice(b"XFSB");
    image[4..8].copy_from_slice(&4096u32.to_be_bytes());
    image[88..92].copy_from_slice(&4u32.to_be_bytes());
    image[100..102].copy_from_slice(&4u16.to_be_bytes());
    image[102..104].copy_from_slice(&512u16.to_be_bytes());
    image
}

#[test]
fn of_two_filesystems_the_one_with_a_checksum_is_believed() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    for (features, believed) in [("metadata_csum", true), ("^metadata_csum", false)] {
        blank(&image, 8 << 20);
        run!("mke2fs", "-q", "-F", "-t", "ext4", "-O", features, &image);
        let both = with_xfs_mark(fs::read(&image).unwrap());
        match identify(&both) {
            Ok(Some(Content::FileSystem { info, .. })) if believed => assert_eq!(info.fs_type, "ext4"),
            Err(error) if !believed => {
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                assert!(error.what().contains("ext4 and xfs"), "{error}");
            }
            other => panic!("{features}: {other:?}"),
        }
        assert_eq!(open(Arc::new(both)).is_ok(), believed);
    }
}
