//! Raw, and files that could be several things at once.

use crate::iso::media::Media;
use crate::qcow2::Image;
use crate::support::{build, content, open, refused};
use storage::{ErrorKind, ReadAt};

/// A partition table with one entry.
fn partitioned(mut file: Vec<u8>) -> Vec<u8> {
    file[446..462].copy_from_slice(&[0x80, 0, 1, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0]);
    file[510..512].copy_from_slice(&[0x55, 0xaa]);
    file
}

fn formats(file: &Vec<u8>) -> Vec<&'static str> {
    disk::probe(file).unwrap().formats
}

#[test]
fn raw_is_what_bears_no_marks() {
    for file in [vec![], vec![1; 5], vec![0; 4096], partitioned(vec![0; 4096])] {
        assert!(formats(&file).is_empty());
        let disk = open(file.clone(), None).unwrap();
        assert_eq!((disk.info().format, content(&disk).unwrap()), ("raw", file));
    }
    let odd = open(vec![1; 1000], None).unwrap();
    assert!(odd.info().notes[0].contains("not a multiple of 512"));
}

#[test]
fn r1_a_header_that_the_guest_wrote() {
    let file = partitioned(Image::sound().0);
    assert_eq!(formats(&file), ["qcow2", "raw"]);
    refused(open(file.clone(), None), ErrorKind::Refused, "qcow2 and raw");
    let raw = open(file.clone(), Some("raw")).unwrap();
    assert_eq!(content(&raw).unwrap(), file);
    assert!(raw.info().notes.iter().any(|note| note.contains("looks like qcow2")));
    assert_eq!(open(file, Some("qcow2")).unwrap().info().format, "qcow2");

    for magic in [&b"KDMV"[..], b"vhdxfile", b"QED\0", b"LUKS\xba\xbe\0\x01", b"conectix", b"QFI\xfb\0\0\0\x01"] {
        let mut file = partitioned(vec![0; 64 << 10]);
        file[..magic.len()].copy_from_slice(magic);
        refused(open(file.clone(), None), ErrorKind::Refused, "and raw at once");
        assert!(open(file.clone(), Some("raw")).is_ok());
        file[446..512].fill(0);
        file[512..520].copy_from_slice(b"EFI PART");
        refused(open(file, None), ErrorKind::Refused, "a GPT");
    }
}

#[test]
fn r1_in_a_fixed_vhd() {
    let inner = Image::sound().0;
    let file = build("vhd", inner.len() as u64, &[("subformat", "fixed")], &[(0, &inner)]);
    refused(open(file.clone(), None), ErrorKind::Refused, "qcow2 and vhd");
    assert_eq!(content(&open(file, Some("vhd")).unwrap()).unwrap(), inner);
}

#[test]
fn r2_a_footer_at_the_end_of_a_raw_disk() {
    let disk = partitioned(vec![7; 1 << 20]);
    let file = build("vhd", 1 << 20, &[("subformat", "fixed")], &[(0, &disk)]);
    assert_eq!(formats(&file), ["vhd"]);
    assert_eq!(content(&open(file.clone(), None).unwrap()).unwrap(), disk);
    // A stale footer: the disk has grown, or shrunk, or the footer is damaged.
    let mut grown = vec![1; 512];
    grown.extend(&file);
    let mut damaged = file.clone();
    damaged[(1 << 20) + 100] ^= 1;
    for file in [grown, damaged, file[512..].to_vec()] {
        assert_eq!(formats(&file), ["vhd", "raw"]);
        refused(open(file.clone(), None), ErrorKind::Refused, "vhd and raw");
        let raw = open(file.clone(), Some("raw")).unwrap();
        assert!(raw.size() == file.len() as u64 && raw.info().notes.iter().any(|note| note.contains("looks like vhd")));
    }
}

#[test]
fn r3_polyglots() {
    let iso = |mut file: Vec<u8>| {
        let media = Media::iso().0;
        file.resize(media.len().max(file.len()), 0);
        file[0x8000..media.len()].copy_from_slice(&media[0x8000..]);
        file
    };
    let plain = iso(Vec::new());
    assert_eq!(formats(&plain), ["iso"]);
    assert_eq!(open(plain.clone(), None).unwrap().info().format, "iso");
    let disk = open(plain, Some("raw")).unwrap();
    assert!(disk.info().notes.iter().any(|note| note.contains("optical media")));
    // Media and disk at once: an isohybrid.
    let hybrid = iso(partitioned(vec![0; 64 << 10]));
    assert_eq!((formats(&hybrid), open(hybrid, None).unwrap().info().format), (vec!["iso"], "iso"));
    // A filesystem in the system area of media is one too many.
    let mut filesystem = iso(Vec::new());
    filesystem[1024 + 4] = 64;
    filesystem[1024 + 56..1024 + 58].copy_from_slice(b"\x53\xef");
    assert_eq!(formats(&filesystem), ["iso", "raw"]);
    // In a VHD they are its disk.
    let media = iso(Vec::new());
    let file = build("vhd", media.len() as u64, &[("subformat", "fixed")], &[(0, &media)]);
    assert_eq!(formats(&file), ["vhd"]);

    let mut all = iso(Image::sound().0);
    assert_eq!(formats(&all), ["qcow2", "iso"]);
    all[257..262].copy_from_slice(b"ustar");
    let end = all.len() - 512;
    all[end..end + 8].copy_from_slice(b"koly\0\0\0\x04");
    refused(open(partitioned(all), None), ErrorKind::Refused, "qcow2 and iso and dmg and tar and raw");
}

#[test]
fn q24_what_is_recognised_is_never_raw() {
    let cases: &[(&str, usize, &[u8])] = &[
        ("qcow version 1", 0, b"QFI\xfb\0\0\0\x01"),
        ("QED", 0, b"QED\0"),
        ("COWD", 0, b"COWD"),
        ("Parallels", 0, b"WithoutFreeSpace"),
        ("Apple", 4096 - 512, b"koly\0\0\0\x04"),
        ("LUKS", 0, b"LUKS\xba\xbe\0\x02"),
        ("gzip", 0, b"\x1f\x8b\x08"),
    ];
    for &(word, at, magic) in cases {
        let mut file = vec![0; 4096];
        file[at..at + magic.len()].copy_from_slice(magic);
        refused(open(file, None), ErrorKind::Unsupported, word);
    }
}

#[test]
fn a_raw_file_has_its_length_and_its_holes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("raw");
    let file = std::sync::Arc::new(storage::NewFile::create(&path, false).unwrap());
    let raw = disk::format("raw").unwrap().create(file.clone(), &crate::support::options(64 << 20, &[])).unwrap();
    raw.write_at(b"x", 32 << 20).unwrap();
    raw.finish().unwrap();
    std::sync::Arc::into_inner(file).unwrap().commit().unwrap();
    let file = storage::File::open(&path).unwrap();
    assert_eq!(file.size(), 64 << 20);
    assert!(file.allocated() < 1 << 20);
    let disk = disk::open(std::sync::Arc::new(file), None, &disk::Closed).unwrap();
    assert_eq!(disk.extent_at(0).unwrap().state, storage::State::Unmapped);
    crate::conformance::extents_are_true(&disk);
}
