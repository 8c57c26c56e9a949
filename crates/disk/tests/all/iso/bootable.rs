//! Media made to start from a disk.

use super::media::{IMAGE, Media, SECTOR, content, mixed, refused, uefi};
use disk::{Bootable, bootable};
use storage::ErrorKind;

const ESP_FIRST: u64 = (IMAGE * SECTOR / 512) as u64;

fn made(media: &Media) -> Bootable {
    bootable(media.source()).unwrap()
}

#[test]
fn a_gpt_is_laid_around_the_volume() {
    let media = uefi();
    let disk = made(&media);
    assert!(disk.uefi && !disk.bios);
    let bytes = content(&disk.disk);
    assert_eq!(bytes.len() % (1 << 20), 0);
    assert_eq!(bytes[34 * 512..media.0.len()], media.0[34 * 512..]);
    assert_eq!(bytes[..446], media.0[..446]);
    let entry = |i: usize| &bytes[1024 + 128 * i..][..128];
    let range = |i: usize| [32, 40].map(|at| u64::from_le_bytes(entry(i)[at..at + 8].try_into().unwrap()));
    assert_eq!(range(0), [64, ESP_FIRST - 1]);
    assert_eq!(range(1), [ESP_FIRST, ESP_FIRST + 199]);
    assert_eq!(range(2), [ESP_FIRST + 200, media.0.len() as u64 / 512 - 1]);
    assert_eq!(entry(1)[..16], *b"\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b");
    // The other copy is the last that is on the disk.
    assert_eq!(bytes[bytes.len() - 33 * 512..bytes.len() - 512], bytes[1024..34 * 512]);
}

#[test]
fn the_same_media_become_the_same_disk_and_others_another() {
    let media = uefi();
    let bytes = content(&made(&media).disk);
    assert_eq!(bytes, content(&made(&media).disk));
    let mut other = media;
    other.put(16 * SECTOR + 813, b"2027");
    let other = content(&made(&other).disk);
    let guids = |bytes: &[u8]| [bytes[512 + 56..][..16].to_vec(), bytes[1024 + 16..][..16].to_vec()];
    assert!(guids(&bytes).iter().zip(guids(&other)).all(|(one, another)| *one != another));
}

#[test]
fn what_was_made_is_hybrid_and_stays_as_it_is() {
    let first = made(&uefi());
    let media = Media(content(&first.disk));
    assert!(disk::Format::probe(disk::format("iso").unwrap(), &media.0).unwrap() && media.details().efi_partition);
    let again = made(&media);
    assert_eq!((again.bios, again.uefi), (first.bios, true));
    assert!(content(&again.disk) == media.0);
}

#[test]
fn hybrid_media_stay_as_they_are() {
    let media = mixed();
    let disk = made(&media);
    assert!(disk.bios && !disk.uefi && content(&disk.disk) == media.0);
    assert!(disk.notes[0].contains("El Torito"), "{:?}", disk.notes);
}

#[test]
fn a_taken_system_area_leaves_the_mbr() {
    let mut media = uefi();
    media.put(0, b"ER\x08\0\0\0\x90\x90").put(512, b"PM\0\0");
    let bytes = content(&made(&media).disk);
    assert_eq!((bytes[450], &bytes[512..516], bytes.len()), (0xef, &b"PM\0\0"[..], media.0.len()));
    media.put(446, &[7; 64]);
    refused(bootable(media.source()), ErrorKind::Unsupported, "no partition table");
    let mut media = uefi();
    media.entry(0, 0xee, 1, 100);
    refused(bootable(media.source()), ErrorKind::Unsupported, "is in force");
    let mut media = uefi();
    (0..4).for_each(|i| _ = media.entry(i, 0x83, 100 + i as u32, 1));
    refused(bootable(media.source()), ErrorKind::Unsupported, "all four entries");
    // Who starts with BIOS is not refused for want of UEFI.
    media.with_boot_code();
    let disk = made(&media);
    assert!(disk.bios && !disk.uefi && content(&disk.disk) == media.0);
}

#[test]
fn media_for_bios_and_cd_drives_only_are_refused_with_the_way_out() {
    let mut media = Media::iso();
    media.with_catalog(&[0]);
    refused(bootable(media.source()), ErrorKind::Unsupported, "`isohybrid` of syslinux-utils");
    media.with_boot_code();
    let disk = made(&media);
    assert!(disk.bios && !disk.uefi && content(&disk.disk) == media.0);
}

#[test]
fn data_stay_data() {
    for platforms in [None, Some([1]), Some([9])] {
        let mut media = Media::iso();
        platforms.map(|platforms| media.with_catalog(&platforms));
        let disk = made(&media);
        assert!(!disk.bios && !disk.uefi && content(&disk.disk) == media.0);
        assert!(disk.notes[0].contains("nothing starts"), "{:?}", disk.notes);
    }
}

#[test]
fn boot_images_must_be_fat_and_fit() {
    let mut media = Media::iso();
    media.with_catalog(&[0xef]);
    refused(bootable(media.source()), ErrorKind::Unsupported, "FAT filesystem");
    media.with_fat(60_000);
    refused(bootable(media.source()), ErrorKind::Corrupt, "download it again");
    // Apple's image comes first, the right one second.
    let mut media = Media::iso();
    media.with_catalog(&[0xef, 0xef]).with_fat(200).put(24 * SECTOR + 32 + 8, &[50]);
    assert_eq!(content(&made(&media).disk)[1024 + 128 + 32], ESP_FIRST as u8);
    // Not over the descriptors, whatever the catalogue says.
    let mut media = uefi();
    media.put(24 * SECTOR + 32 + 8, &[8]);
    let boot_sector = media.0[IMAGE * SECTOR..][..512].to_vec();
    media.put(8 * SECTOR, &boot_sector);
    refused(bootable(media.source()), ErrorKind::Corrupt, "not within");
}
