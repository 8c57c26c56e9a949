//! Small volumes made here, sound and damaged.

use crate::tree::{Driver, FileSystem};
use std::sync::Arc;

const BLOCK: usize = 512;

fn record(name: &[u8], block: u32, size: u32, flags: u8, system_use: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 33];
    bytes[2..6].copy_from_slice(&block.to_le_bytes());
    bytes[10..14].copy_from_slice(&size.to_le_bytes());
    bytes[25] = flags;
    bytes[32] = u8::try_from(name.len()).unwrap();
    bytes.extend_from_slice(name);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes.extend_from_slice(system_use);
    bytes[0] = u8::try_from(bytes.len()).unwrap();
    bytes
}

/// A volume with blocks of 512 bytes: the root in block 80, another directory in block 84, and files from block 100 on
/// whose every byte is the number of its block.
fn volume(mark: &[u8], root: &[Vec<u8>], other: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; 32768 + 2 * 2048];
    bytes[32768..32774].copy_from_slice(b"\x01CD001");
    bytes[32768 + 128..32768 + 130].copy_from_slice(&512u16.to_le_bytes());
    bytes[32768 + 156..32768 + 190].copy_from_slice(&record(&[0], 80, 2048, 2, b""));
    bytes[34816..34822].copy_from_slice(b"\xFFCD001");
    bytes.resize(120 * BLOCK, 0);
    for (block, entries) in [(80u32, root), (84, other)] {
        let own = if block == 80 { mark } else { &mark[mark.len().min(7)..] };
        let mut all = [record(&[0], block, 2048, 2, own), record(&[1], 80, 2048, 2, b"")].concat();
        all.extend(entries.concat());
        bytes[block as usize * BLOCK..][..all.len()].copy_from_slice(&all);
    }
    for block in 100..120u8 {
        bytes[usize::from(block) * BLOCK..][..BLOCK].fill(block);
    }
    bytes
}

fn open(bytes: Vec<u8>) -> Box<dyn FileSystem> {
    super::Reader.open(Arc::new(bytes)).unwrap()
}

fn names(fs: &dyn FileSystem, path: &str) -> Vec<String> {
    let entries = fs.read_dir(&path.into()).unwrap();
    entries.into_iter().map(|entry| String::from_utf8(entry.name).unwrap()).collect()
}

#[test]
fn files_in_several_parts_are_joined_and_old_versions_passed_over() {
    let mut apart = record(b"APART.;1", 104, 10, 0, b"");
    apart[26] = 1;
    let fs = open(volume(
        b"",
        &[
            apart,
            record(b"FILE.;2", 100, 1024, 0x80, b""),
            record(b"FILE.;2", 110, 512, 0x80, b""),
            record(b"FILE.;2", 105, 3, 0, b""),
            record(b"FILE.;1", 101, 5, 0, b""),
            record(b"FORK.;1", 102, 7, 4, b""),
            record(b"FORK.;1", 103, 8, 0, b""),
        ],
        &[],
    ));
    assert_eq!(names(&*fs, "/"), ["APART", "FILE", "FORK"]);
    let content = fs.read(&"/file".into(), 2000).unwrap();
    assert_eq!(content, [vec![100; 512], vec![101; 512], vec![110; 512], vec![105; 3]].concat());
    assert_eq!(fs.read_start(&"/FILE".into(), 600).unwrap(), content[..600]);
    assert_eq!(fs.read(&"/fork".into(), 100).unwrap(), [103; 8]);
    assert_eq!(fs.read(&"/apart".into(), 100).unwrap_err().kind(), storage::ErrorKind::Unsupported);
}

#[test]
fn names_of_joliet_that_differ_by_case_are_two() {
    let unit = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let entries = [record(&unit("a"), 100, 5, 0, b""), record(&unit("A"), 101, 5, 0, b"")];
    let mut bytes = volume(b"", &[], &entries);
    bytes.copy_within(32768..34816, 34816);
    bytes[34816] = 2;
    bytes[34816 + 88..34816 + 91].copy_from_slice(b"%/E");
    bytes[34816 + 158] = 84;
    let fs = open(bytes);
    assert_eq!(names(&*fs, "/"), ["a", "A"]);
    for (name, byte) in [("/a", 100), ("/A", 101)] {
        assert_eq!(fs.read(&name.into(), 5).unwrap(), [byte; 5]);
    }
}

#[test]
fn a_file_without_its_last_part_is_damage() {
    for entries in [
        vec![record(b"A.;1", 100, 512, 0x80, b"")],
        vec![record(b"A.;1", 100, 512, 0x80, b""), record(b"B.;1", 101, 5, 0, b"")],
    ] {
        let error = open(volume(b"", &entries, &[])).read_dir(&"/".into()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (storage::ErrorKind::Corrupt, Some(80 * 512 + 68)));
    }
}

#[test]
fn directories_that_lie_within_themselves_or_outside_end() {
    let fs = open(volume(
        b"",
        &[record(b"DIR", 84, 2048, 2, b""), record(b"FAR", 1 << 30, 2048, 2, b""), record(b"LONG", 84, !0, 2, b"")],
        &[record(b"LOOP", 84, 2048, 2, b""), record(b"UP", 80, 2048, 2, b"")],
    ));
    assert_eq!(names(&*fs, "/DIR"), ["LOOP", "UP"]);
    for path in ["/DIR/LOOP", "/DIR/UP", "/DIR/LOOP/LOOP"] {
        let error = fs.read_dir(&path.into()).unwrap_err();
        assert!(error.what().contains("within itself"), "{error}");
    }
    assert_eq!(fs.read_dir(&"/FAR".into()).unwrap_err().kind(), storage::ErrorKind::Corrupt);
    let other = open(volume(b"", &[record(b"LONG", 84, !0, 2, b"")], &[]));
    assert_eq!(other.read_dir(&"/LONG".into()).unwrap_err().kind(), storage::ErrorKind::Unsupported);
}

const SP: &[u8] = b"SP\x07\x01\xBE\xEF\0RR\x05\x01\0";

/// A field of Rock Ridge, whose numbers are recorded in both orders of bytes.
fn field(name: &[u8; 2], numbers: &[u32]) -> Vec<u8> {
    let body: Vec<u8> = numbers.iter().flat_map(|n| [n.to_le_bytes(), n.to_be_bytes()].concat()).collect();
    [&name[..], &[u8::try_from(body.len() + 4).unwrap(), 1], &body].concat()
}

fn named(name: &str) -> Vec<u8> {
    [b"NM", &[u8::try_from(name.len() + 5).unwrap(), 1, 0][..], name.as_bytes()].concat()
}

#[test]
fn what_rock_ridge_cannot_do_here_is_said() {
    let with = |fields: &[Vec<u8>]| {
        [named("a name").as_slice(), &field(b"PX", &[0o100_640, 1, 7, 8])]
            .into_iter()
            .chain(fields.iter().map(Vec::as_slice))
            .collect::<Vec<_>>()
            .concat()
    };
    let zf = [&b"ZF\x10\x01pz\x04\x0F"[..], &5000u32.to_le_bytes(), &5000u32.to_be_bytes()].concat();
    for (extra, size) in [(zf, 5000), (b"SF\x15\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01".to_vec(), 10)] {
        let fs = open(volume(SP, &[record(b"A.;1", 100, 10, 0, &with(&[extra]))], &[]));
        let metadata = fs.metadata(&"/a name".into()).unwrap();
        assert_eq!((metadata.size, metadata.mode, metadata.uid, metadata.gid), (size, 0o640, 7, 8));
        assert_eq!(fs.read(&"/a name".into(), 9000).unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }
}

#[test]
fn continuations_end() {
    // The area in block 100 is filled with what goes on in itself.
    let ce = field(b"CE", &[110, 0, 28]);
    let mut bytes = volume(SP, &[record(b"A.;1", 100, 10, 0, &ce)], &[]);
    bytes[110 * BLOCK..][..28].copy_from_slice(&ce);
    let error = open(bytes).read_dir(&"/".into()).unwrap_err();
    assert!(error.what().contains("without end"), "{error}");
    for (block, offset, len) in [(1 << 30, 0, 28), (110, !0, 28), (110, 0, 1 << 20), (110, 0, !0)] {
        let bytes = volume(SP, &[record(b"A.;1", 100, 10, 0, &field(b"CE", &[block, offset, len]))], &[]);
        assert_eq!(open(bytes).read_dir(&"/".into()).unwrap_err().kind(), storage::ErrorKind::Corrupt);
    }
}

#[test]
fn moved_directories_that_stand_for_themselves_end() {
    // The child's own first record says that it is elsewhere, again and again.
    let child = field(b"CL", &[84]);
    let mut bytes = volume(SP, &[record(b"A.;1", 84, 10, 0, &child)], &[]);
    let own = record(&[0], 84, 2048, 2, &child);
    bytes[84 * BLOCK..][..own.len()].copy_from_slice(&own);
    assert_eq!(open(bytes).read_dir(&"/".into()).unwrap_err().kind(), storage::ErrorKind::Corrupt);
}

#[test]
fn names_that_are_none_are_damage() {
    for name in ["..", "a/b", "a\0b", "."] {
        let bytes = volume(SP, &[record(b"A.;1", 100, 10, 0, &named(name))], &[]);
        let error = open(bytes).read_dir(&"/".into()).unwrap_err();
        assert!(error.what().contains("name"), "{name:?}: {error}");
    }
}
