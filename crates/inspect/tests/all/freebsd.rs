//! Disks of FreeBSD made of a tree that makefs packs: slices whose label begins with the root, and disks without slices.

use super::guests::{inspect, skip};
use facts::{Facts, Known, TableKind};
use std::path::Path;
use std::process::Command;

/// Sectors of the disk, and of the filesystem.
const DISK: usize = 12_000;
const ROOT: usize = 8192;

/// The bytes of a root filesystem; nothing where makefs is missing.
fn root_filesystem(dir: &Path) -> Option<Vec<u8>> {
    let (tree, image) = (dir.join("tree"), dir.join("ufs"));
    for (path, content) in [
        ("bin/freebsd-version", "#!/bin/sh\nUSERLAND_VERSION=\"12.4-RELEASE\"\n"),
        ("etc/fstab", "/dev/ada0s1a / ufs rw 1 1\n/dev/ada0s1b none swap sw 0 0\n"),
        ("etc/rc.conf", "hostname=\"bsd\"\n"),
    ] {
        let path = tree.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let made = Command::new("makefs")
        .env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()))
        .args(["-t", "ffs", "-o", "version=2", "-s", "4m"])
        .args([&image, &tree])
        .output();
    match made {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => {
            skip("the program makefs");
            return None;
        }
    }
    Some(std::fs::read(image).unwrap())
}

/// Writes a label: size and start in sectors, and type.
fn label(disk: &mut [u8], at: usize, entries: &[(u32, u32, u8)]) {
    let end = at + 148 + 16 * entries.len();
    for place in [at, at + 132] {
        disk[place..place + 4].copy_from_slice(&0x8256_4557_u32.to_le_bytes());
    }
    disk[at + 40..at + 42].copy_from_slice(&512_u16.to_le_bytes());
    disk[at + 138] = u8::try_from(entries.len()).unwrap();
    for (index, (size, start, kind)) in entries.iter().enumerate() {
        let entry = &mut disk[at + 148 + 16 * index..][..16];
        entry[..4].copy_from_slice(&size.to_le_bytes());
        entry[4..8].copy_from_slice(&start.to_le_bytes());
        entry[12] = *kind;
    }
    let sum = disk[at..end].chunks(2).fold(0, |sum, pair| sum ^ u16::from_le_bytes([pair[0], pair[1]]));
    disk[at + 136..at + 138].copy_from_slice(&sum.to_le_bytes());
}

fn facts_of(dir: &Path, disk: &[u8]) -> Facts {
    let path = dir.join("disk.raw");
    std::fs::write(&path, disk).unwrap();
    inspect(&path)
}

/// The superblock is where it is looked for both in the slice and in its first partition, which begin at one sector.
#[test]
fn a_root_in_a_label_is_not_found_in_its_slice_again() {
    let dir = tempfile::tempdir().unwrap();
    let Some(root) = root_filesystem(dir.path()) else { return };
    let mut disk = vec![0; DISK * 512];
    disk[446 + 4] = 0xa5;
    disk[446 + 8..446 + 12].copy_from_slice(&63u32.to_le_bytes());
    disk[446 + 12..446 + 16].copy_from_slice(&10_000u32.to_le_bytes());
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk[63 * 512..(63 + ROOT) * 512].copy_from_slice(&root);
    label(&mut disk, 64 * 512, &[(8192, 0, 7), (1000, 8192, 1), (10_000, 0, 0)]);
    let facts = facts_of(dir.path(), &disk);
    let guest = facts.guest.value().unwrap();
    assert_eq!((guest.root.0.as_str(), guest.other_roots.len()), ("bsd/1/a", 0));
    assert_eq!(guest.distribution.value().unwrap().version, "12.4-RELEASE");
    let fstab = guest.freebsd.as_ref().unwrap().fstab.value().unwrap().entries.clone();
    let volumes: Vec<_> = fstab.iter().map(|entry| entry.spec.volume.value().unwrap().0.as_str()).collect();
    assert_eq!(volumes, ["bsd/1/a", "bsd/1/b"]);
    let roles: Vec<_> =
        facts.volumes.iter().map(|volume| (volume.id.0.as_str(), volume.role.value().copied())).collect();
    assert_eq!(
        roles,
        [("partition/1", None), ("bsd/1/a", Some(facts::Role::Root)), ("bsd/1/b", Some(facts::Role::Swap))]
    );
}

#[test]
fn a_disk_without_slices() {
    let dir = tempfile::tempdir().unwrap();
    let Some(root) = root_filesystem(dir.path()) else { return };
    let mut disk = vec![0; DISK * 512];
    disk[16 * 512..(16 + ROOT) * 512].copy_from_slice(&root);
    label(&mut disk, 512, &[(8192, 16, 7), (0, 0, 0), (12_000, 0, 0)]);
    let facts = facts_of(dir.path(), &disk);
    assert_eq!(facts.disk.value().unwrap().table, Known::Is(TableKind::Bsd));
    assert_eq!(facts.guest.value().unwrap().root.0, "bsd/a");
    assert_eq!(facts.boot.bios.can, Known::Is(false));
}
