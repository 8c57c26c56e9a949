//! What is said about media.

use super::media::{IMAGE, Media, SECTOR, SECTORS, content, mixed, refused, uefi};
use disk::{CreateOptions, IsoBoot, Mapping};
use std::sync::Arc;
use storage::{ErrorKind, Memory};

fn is_media(media: &Media) -> bool {
    disk::format("iso").unwrap().probe(&media.0).unwrap()
}

#[test]
fn volumes_are_described() {
    let mut media = Media::iso();
    media.with_udf(18).with_catalog(&[0, 0xef, 2]).with_fat(200);
    media.put(18 * SECTOR, b"\0BEA01").put(19 * SECTOR, b"\0NSR03").put(20 * SECTOR, b"\xffCD001");
    let details = media.details();
    assert_eq!(
        (details.label.as_str(), details.publisher.as_str(), details.application.as_str()),
        ("TEST_DISC", "A PUBLISHER", "A PROGRAM")
    );
    assert_eq!((details.volume_size, details.udf), ((SECTORS * SECTOR) as u64, true));
    assert!(!details.boot_code && !details.efi_partition && details.partition_tables.is_empty());
    let boot = |platform: &str, size| IsoBoot {
        platform: platform.to_owned(),
        offset: (IMAGE * SECTOR) as u64,
        size,
        emulation: false,
    };
    assert_eq!(details.boot, [boot("bios", 2048), boot("uefi", 200 * 512), boot("2", 2048)]);
}

#[test]
fn media_of_udf_alone_are_media() {
    let media = Media::udf();
    assert!(is_media(&media));
    let details = media.details();
    assert_eq!((details.label.as_str(), details.volume_size, details.udf), ("Universal", 0, true));
    assert_eq!(content(&media.open().unwrap()), media.0);
    let made = disk::bootable(media.source()).unwrap();
    assert!(!made.bios && !made.uefi && content(&made.disk) == media.0);
}

#[test]
fn the_disk_is_the_file() {
    let media = mixed();
    let disk = media.open().unwrap();
    assert_eq!(content(&disk), media.0);
    let Mapping { extent, offset, .. } = disk.mapping_at(4096).unwrap();
    assert_eq!((extent.range, offset), (4096..media.0.len() as u64, Some(4096)));
    assert_eq!(disk.info().virtual_size, media.0.len() as u64);
}

#[test]
fn hybrid_media_are_seen() {
    let details = mixed().details();
    assert!(details.boot_code && !details.efi_partition);
    assert_eq!(details.partition_tables, ["mbr"]);
    let mut media = mixed();
    media.entry(1, 0xef, 160, 200);
    assert!(media.details().efi_partition);
    media.entry(1, 0xef, 160, 2000);
    assert!(!media.details().efi_partition);
    // Apple's driver descriptor and a disk's id are no code.
    let mut media = uefi();
    media.put(0, b"ER\x08\0\0\0\x90\x90").put(440, &[7; 4]).put(510, b"\x55\xaa").put(2048, b"PM\0\0\0\0\0\x01");
    let details = media.details();
    assert!(!details.boot_code && details.partition_tables == ["apm"]);
}

#[test]
fn what_is_left_of_media_is_not_taken_for_them() {
    // The descriptors lie before the first partition, so that a disk keeps them when it is partitioned anew.
    let mut disk = Media::iso();
    disk.0.resize(64 << 20, 0);
    assert!(is_media(&disk));
    disk.entry(0, 0x83, 100, (64 << 11) - 100);
    assert!(!is_media(&disk));
    // Hybrid: over all of it, within, behind.
    for (first, sectors) in [(0, 64 << 11), (1, 2000), (64, 64 << 11), (100, 1100), (100, 1104), (1200, 100_000)] {
        disk.entry(0, 0x83, first, sectors);
        assert!(is_media(&disk), "{first} {sectors}");
    }
}

#[test]
fn what_is_no_media_is_not_recognised() {
    for file in [vec![], vec![0; 0x8005], vec![0; 1 << 20]] {
        assert!(!disk::format("iso").unwrap().probe(&file).unwrap());
        refused(disk::format("iso").unwrap().info(&file), ErrorKind::Corrupt, "neither an ISO 9660 volume");
    }
}

#[test]
fn nothing_is_written() {
    let target = Arc::new(Memory::new(1 << 20));
    refused(
        disk::format("iso").unwrap().create(target, &CreateOptions::default()),
        ErrorKind::Unsupported,
        "read and not written",
    );
}
