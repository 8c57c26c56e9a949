//! Bombs: a small file must not cost much memory, nor more work than was allowed.

use crate::build::*;
use initramfs::{Entry, Limits, Visitor};
use std::process::Command;

const MIB: usize = 1 << 20;

/// One file of zeros, `size` bytes long.
fn bomb(size: usize) -> Vec<u8> {
    Cpio::new().add("zeros", FILE, vec![0; size]).end()
}

#[test]
fn unpacked_bytes_end_at_the_limit() {
    let archive = bomb(8 * MIB);
    let limits = Limits { unpacked: 3_000_001, ..Limits::default() };
    for (name, compress) in COMPRESSORS.into_iter().chain([("cpio", (|bytes| bytes.to_vec()) as Compressor)]) {
        let mut file = early();
        file.extend(compress(&archive));
        let summary = initramfs::read(&file, &limits, &mut Seen::default()).unwrap();
        assert_eq!((summary.unpacked, summary.complete), (limits.unpacked, false), "{name}");
        assert!(summary.stopped.unwrap().contains("limit of unpacked bytes"), "{name}");
    }
}

#[test]
fn a_limit_that_is_just_met_is_no_stop() {
    let archive = main();
    let limits = Limits { unpacked: archive.len() as u64, entries: 4 };
    assert!(initramfs::read(&zstd(&archive), &limits, &mut Seen::default()).unwrap().complete);
    let limits = Limits { entries: 3, ..limits };
    let summary = initramfs::read(&zstd(&archive), &limits, &mut Seen::default()).unwrap();
    assert_eq!((summary.entries, summary.complete), (3, false));
    assert!(summary.stopped.unwrap().contains("limit of 3 entries"));
}

/// Has seen enough once a path has gone by.
struct Until(&'static [u8], u32, bool);

impl Visitor for Until {
    fn entry(&mut self, entry: &Entry<'_>) -> bool {
        self.1 += 1;
        self.2 |= entry.path == self.0;
        false
    }

    fn is_done(&self) -> bool {
        self.2
    }
}

#[test]
fn a_visitor_that_has_seen_enough_ends_the_walk() {
    let archive = Cpio::new().add("a", FILE, "1").add("b", FILE, "2").add("c", FILE, "3").end();
    for (name, compress) in COMPRESSORS.into_iter().chain([("cpio", (|bytes| bytes.to_vec()) as Compressor)]) {
        let mut file = early();
        file.extend(compress(&archive));
        file.extend(b"no segment");
        let mut until = Until(b"b", 0, false);
        let summary = initramfs::read(&file, &Limits::default(), &mut until).unwrap();
        assert_eq!((summary.ended, summary.complete, summary.stopped), (true, false, None), "{name}");
        assert_eq!(u64::from(until.1), summary.entries, "{name}");
        let mut never = Until(b"never", 0, false);
        let summary = initramfs::read(&file, &Limits::default(), &mut never).unwrap();
        assert!(!summary.ended && summary.stopped.is_some(), "{name}");
    }
}

#[test]
fn segments_are_counted() {
    let empty = Cpio::new().end();
    let (summary, _) = read(&empty.repeat(1024));
    assert_eq!((summary.segments.len(), summary.complete), (1024, true));
    let (summary, _) = read(&empty.repeat(1025));
    assert_eq!((summary.segments.len(), summary.complete), (1024, false));
    assert!(summary.stopped.unwrap().contains("more than 1024 segments"));
}

#[test]
fn a_size_of_four_gigabytes_allocates_nothing() {
    let mut archive = Cpio::new().add("huge", FILE, "few").end();
    archive[54..62].copy_from_slice(b"ffffffff");
    let (summary, seen) = read(&zstd(&archive));
    assert_eq!(seen.entries, [("huge".to_owned(), FILE, u32::MAX.into())]);
    assert!(summary.stopped.unwrap().contains("more are due"));
    assert!(seen.contents.is_empty());
}

#[test]
fn windows_beyond_the_memory_bound_are_refused() {
    // One raw block of one byte, in frames that ask for a window of 256 MiB (zstd) and a dictionary of 1 GiB (lzma).
    let zstd = b"\x28\xb5\x2f\xfd\x00\x90\x09\0\0x".to_vec();
    let lzma = [&b"\x5d\0\0\0\x40\xff\xff\xff\xff\xff\xff\xff\xff"[..], &[0; 64]].concat();
    for file in [zstd, lzma] {
        let (summary, _) = read(&file);
        let stopped = summary.stopped.unwrap().to_lowercase();
        assert!(stopped.contains("memory"), "{stopped}");
    }
    let allowed = b"\x28\xb5\x2f\xfd\x00\x88\x09\0\0x".to_vec();
    assert!(read(&allowed).0.stopped.unwrap().contains("header of the entry"));
}

#[test]
fn blocks_that_hold_nothing_are_cheap() {
    // 200 000 legacy lz4 blocks that unpack to nothing: no 8 MiB are touched for each.
    let mut file = lz4(&[]);
    file.extend(b"\x01\0\0\0\0".repeat(200_000));
    let (summary, _) = read(&file);
    assert!(summary.stopped.unwrap().contains("unpacks to nothing"));
}

struct Nothing;
impl Visitor for Nothing {
    fn entry(&mut self, _: &Entry<'_>) -> bool {
        false
    }
}

/// The peak of this process's memory, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Unpacks the bomb in the file at `path`; only meaningful in a process that does nothing else.
fn unpack_alone(path: &std::path::Path) {
    let file = std::fs::read(path).unwrap();
    let before = peak();
    let summary = initramfs::read(&file, &Limits::default(), &mut Nothing).unwrap();
    assert_eq!((summary.entries, summary.stopped), (1, None));
    let grown = peak() - before;
    assert!(grown < 24 * 1024, "{grown} KiB");
}

#[test]
fn memory_does_not_grow_with_the_unpacked_size() {
    const BOMB: &str = "BOOTWORTHY_TEST_BOMB";
    if let Some(path) = std::env::var_os(BOMB) {
        return unpack_alone(path.as_ref());
    }
    let directory = tempfile::tempdir().unwrap();
    let archive = bomb(64 * MIB);
    for (name, compress) in COMPRESSORS {
        let path = directory.path().join(name);
        std::fs::write(&path, compress(&archive)).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "limits::memory_does_not_grow_with_the_unpacked_size"])
            .env(BOMB, &path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && said.contains("1 passed"), "{name}: {said}");
    }
}
