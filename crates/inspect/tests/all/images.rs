//! Images made of literals, and images that cannot be opened.

use super::guests::inspect;
use facts::Known;
use std::io::Write as _;
use std::sync::Arc;
use storage::{Error, Source};

fn image(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn an_empty_disk_holds_nothing() {
    let file = image(&vec![0; 4 << 20]);
    let facts = inspect(file.path());
    assert_eq!(facts.disk.value().unwrap().empty, Known::Is(true));
    assert!(facts.guest.is_absent(), "{:?}", facts.guest);
    assert_eq!(facts.boot.bios.can, Known::Is(false));
    assert_eq!(facts.boot.uefi.can, Known::Is(false));
}

#[test]
fn a_disk_full_of_something_is_not_a_data_disk_for_sure() {
    let mut bytes = vec![0; 4 << 20];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::try_from(index * 7 % 251).unwrap();
    }
    let facts = inspect(image(&bytes).path());
    assert!(facts.guest.reason().is_some(), "{:?}", facts.guest);
}

#[test]
fn the_reason_why_a_disk_could_not_be_opened_is_everywhere() {
    let file: Source = Arc::new(b"QFI\xfb and then nothing".to_vec());
    let error = Error::corrupt(4, "the header is cut off").at_path("disk.qcow2");
    let facts = inspect::unreadable("disk.qcow2", &file, &error);
    assert_eq!(facts.image.named_as.as_deref(), Some("qcow2"));
    let damage = facts.image.damage.value().unwrap();
    assert_eq!((damage[0].offset, damage[0].text.as_deref()), (Some(4), Some("the header is cut off")));
    for why in [facts.disk.reason(), facts.guest.reason(), facts.boot.bios.can.reason(), facts.boot.code.reason()] {
        assert_eq!(why.unwrap().why, "at byte 4: the header is cut off");
    }
    let refused = inspect::unreadable("disk", &file, &Error::refused("a backing file").at_path("disk"));
    assert_eq!(refused.image.damage.reason().unwrap().why, "a backing file");
}

#[test]
fn no_byte_flipped_in_a_table_ends_in_a_panic() {
    let mut bytes = vec![0; 1 << 20];
    bytes[446 + 4] = 0x83;
    bytes[446 + 8..446 + 16].copy_from_slice(&[8, 0, 0, 0, 0, 4, 0, 0]);
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    let words = b"GRUB \0Geom\0Hard Disk\0Read\0 Error";
    bytes[0x180..0x180 + words.len()].copy_from_slice(words);
    for at in (0x5c..0x64).chain(446..462) {
        for value in [0x01, 0x7f, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= value;
            inspect(image(&flipped).path());
        }
    }
}
