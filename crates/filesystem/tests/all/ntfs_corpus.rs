//! NTFS of other makers: small volumes of Windows itself, and the guests of the corpus; against ntfs-3g.

use crate::ntfs_tools::{TOOLS, mounted};
use crate::run;
use crate::support::{AMPLE, Budget, Node, Tree, have, host_tree, shared, skip, source, unpack, walk};
use filesystem::{FileSystem, GuestPath, open};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{ErrorKind, ReadAt, Slice, Source};

/// Bytes compared of files that are longer than one wants to hold.
const START: u64 = 8 << 20;

/// All that can be read, and every file must be.
fn tree(fs: &dyn FileSystem, what: &str) -> Tree {
    let mut tree = Tree::new();
    walk(fs, Budget { file: START, ..AMPLE }, |path, node| {
        let node = match node {
            Err(error) if error.kind() == ErrorKind::Refused => fs.read_start(&path, START).map(Node::File),
            node => node,
        };
        tree.insert(path.clone(), node.unwrap_or_else(|error| panic!("{what}: {path}: {error}")));
    });
    tree
}

/// Compares a volume with what ntfs-3g shows of it. It writes targets of links in its own way.
fn compare(volume: &Source, dir: &Path, what: &str) -> Option<Tree> {
    let image = dir.join("volume");
    copy(&**volume, &image);
    let found = tree(&*open(source(&image)).unwrap(), what);
    let expected = mounted(&image, host_tree)?;
    let names = |tree: &Tree| tree.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected), "{what}");
    for (path, node) in &expected {
        match (node, &found[path]) {
            (Node::Link(_), Node::Link(_)) => {}
            (Node::File(expected), Node::File(found)) if expected.len() as u64 > START => {
                assert!(expected.starts_with(found), "{what}: {path} differs");
            }
            (expected, found) => assert!(expected == found, "{what}: {path} differs"),
        }
    }
    Some(found)
}

/// Copies what is not zero.
fn copy(volume: &dyn ReadAt, to: &Path) {
    let file = fs::File::create(to).unwrap();
    file.set_len(volume.size()).unwrap();
    for at in (0..volume.size()).step_by(1 << 20) {
        let part = storage::read_vec(volume, at, (volume.size() - at).min(1 << 20)).unwrap();
        if !storage::is_zero(&part) {
            file.write_all_at(&part, at).unwrap();
        }
    }
}

/// The volumes of NTFS on a disk, wherever one begins whose boot sector says how long it is.
fn volumes(disk: &Path) -> Vec<Source> {
    let file = fs::File::open(disk).unwrap();
    let len = file.metadata().unwrap().len();
    let mut volumes: Vec<Source> = Vec::new();
    let mut next = 0;
    for at in [0, 63 * 512, 128 * 512].into_iter().chain((1 << 20..len).step_by(1 << 20)) {
        let mut boot = [0; 512];
        if at < next || file.read_exact_at(&mut boot, at).is_err() || boot[3..11] != *b"NTFS    " {
            continue;
        }
        let sectors = u64::from_le_bytes(boot[40..48].try_into().unwrap());
        let size = (sectors + 1) * u64::from(u16::from_le_bytes([boot[11], boot[12]]));
        next = at + size;
        volumes.push(Arc::new(Slice::new(source(disk), at, size.min(len - at)).unwrap()));
    }
    volumes
}

#[test]
fn volumes_of_windows_itself() {
    let Some(root) = shared().filter(|_| have(&["qemu-img"]) && have(TOOLS)) else { return };
    let dir = tempfile::tempdir().unwrap();
    let (packed, disk) = (dir.path().join("packed"), dir.path().join("disk"));
    for name in [
        "fs/ntfs.raw",
        "fs/ntfs-dynamic.vhd",
        "fs/ntfs-dynamic.vhdx",
        "fs/ntfs-parent.vhd",
        "fs/ntfs-parent.vhdx",
        "fs/plaso-vsstest.qcow2",
        "blkid/fs-ntfs.img",
    ] {
        unpack(&root.join(format!("corpora/{name}.zst")), &packed);
        let format = match name.rsplit_once('.').unwrap().1 {
            "vhd" => "vpc",
            "img" => "raw",
            other => other,
        };
        run!("qemu-img", "convert", "-f", format, "-O", "raw", &packed, &disk);
        let volumes = volumes(&disk);
        assert_eq!(volumes.len(), 1, "{name}");
        let Some(tree) = compare(&volumes[0], dir.path(), name) else { return };
        assert!(!tree.is_empty() || name.starts_with("blkid"), "{name}");
        let fs = open(volumes[0].clone()).unwrap();
        assert_eq!((fs.info().clean, &*fs.info().notes), (Some(true), &[][..]), "{name}");
    }
}

/// Guests of the corpus, and those that `BOOTWORTHY_GUESTS` leads to.
fn guests(dir: &Path, mut see: impl FnMut(&str, &str, &Path)) -> usize {
    let corpus = shared().map(|root| root.join("corpora/guests"));
    let built = std::env::var_os("BOOTWORTHY_GUESTS").map(PathBuf::from);
    let mut count = 0;
    for directory in [corpus, built].into_iter().flatten() {
        for entry in fs::read_dir(&directory).unwrap() {
            let facts = entry.unwrap().path();
            let name = facts.file_stem().unwrap().to_string_lossy().into_owned();
            let said = fs::read_to_string(&facts).unwrap_or_default();
            if facts.extension().is_none_or(|extension| extension != "json") || !said.contains("\"ntfs\"") {
                continue;
            }
            let (packed, raw) = (directory.join(format!("{name}.raw.zst")), directory.join(format!("{name}.raw")));
            count += 1;
            if packed.exists() {
                unpack(&packed, &dir.join("guest"));
                see(&name, &said, &dir.join("guest"));
            } else {
                see(&name, &said, &raw);
            }
        }
    }
    count
}

#[test]
fn guests_of_windows() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let count = guests(dir.path(), |name, facts, disk| {
        let volumes = volumes(disk);
        assert!(!volumes.is_empty(), "{name}");
        let mut hives = 0;
        for volume in &volumes {
            let fs = open(volume.clone()).unwrap();
            let uuid = fs.info().uuid.clone().unwrap();
            assert!(facts.contains(&format!("\"uuid\": \"{uuid}\"")), "{name}: {uuid}");
            assert_eq!((fs.info().clean, fs.info().notes.len()), (Some(true), 0), "{name}: {:?}", fs.info());
            for hive in ["SYSTEM", "SOFTWARE"] {
                let path = GuestPath::from(format!("/WINDOWS/system32/CONFIG/{hive}").as_str());
                hives += usize::from(fs.read(&path, 64 << 20).is_ok_and(|content| content.starts_with(b"regf")));
            }
            compare(volume, dir.path(), name);
        }
        assert_eq!(hives, 2, "{name}");
    });
    if count == 0 {
        skip("there are no guests of Windows here");
    }
}
