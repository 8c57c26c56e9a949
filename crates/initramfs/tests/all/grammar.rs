//! The sequence of segments, and the entries in them.

use crate::build::*;
use initramfs::{CONTENT_LIMIT, Limits};
use storage::ErrorKind;

#[test]
fn every_compression_shows_the_same() {
    let (_, plain) = read(&main());
    assert_eq!(plain.entries[2], ("usr/lib/modules/6.1.0/kernel/drivers/block/virtio_blk.ko".into(), FILE, 3001));
    assert_eq!(plain.contents[0], ("bin/sh".into(), 7, b"busybox".to_vec()));
    for (name, compress) in COMPRESSORS {
        let (summary, seen) = read(&compress(&main()));
        assert_eq!((summary.segments, summary.stopped), (vec![name], None));
        assert_eq!((summary.unpacked, summary.entries, summary.complete), (main().len() as u64, 4, true), "{name}");
        assert_eq!(seen, plain, "{name}");
    }
}

#[test]
fn segments_follow_each_other_in_any_order() {
    let modules = Cpio::new().add("usr/lib/modules/6.8/virtio_net.ko.zst", FILE, [1; 77]).end();
    for (name, compress) in COMPRESSORS {
        let mut file = early();
        file.extend([0; 512]);
        file.extend(&modules);
        file.extend(compress(&main()));
        file.extend([0; 13]);
        file.extend(xz(&early()));
        file.extend([0; 1024]);
        let (summary, seen) = read(&file);
        assert_eq!((summary.segments, summary.stopped), (vec!["cpio", "cpio", name, "xz"], None));
        assert_eq!(summary.entries, 2 + 1 + 4 + 2);
        assert_eq!(seen.paths()[2], "usr/lib/modules/6.8/virtio_net.ko.zst");
    }
}

#[test]
fn a_frame_may_hold_several_archives_and_padding() {
    let mut inner = early();
    inner.extend([0; 512]);
    inner.extend(main());
    inner.extend([0; 100]);
    let (summary, seen) = read(&gzip(&inner));
    assert_eq!((summary.segments, summary.complete), (vec!["gzip"], true));
    assert_eq!((summary.unpacked, seen.entries.len()), (inner.len() as u64, 6));
}

#[test]
fn large_contents_cross_the_buffers() {
    let noise: Vec<u8> = (0..9_000_000u32).map(|n| u8::try_from((n.wrapping_mul(n) >> 11) & 255).unwrap()).collect();
    let archive = Cpio::new().add("a", FILE, &noise).add("b", FILE, "last").end();
    for (name, compress) in [("zstd", zstd as Compressor), ("gzip", gzip), ("lz4", lz4), ("lz4-frame", lz4_frame)] {
        let (summary, seen) = read(&compress(&archive));
        assert_eq!(summary.stopped, None, "{name}");
        assert!(seen.contents[0].2 == noise && seen.contents[1].2 == b"last", "{name}");
    }
}

#[test]
fn contents_are_cut_at_the_limit() {
    let content = vec![3; CONTENT_LIMIT + 5];
    let (summary, seen) = read(&Cpio::new().add("big", FILE, &content).add("b", FILE, "b").end());
    assert!(summary.complete);
    assert_eq!((seen.contents[0].1, seen.contents[0].2.len()), (CONTENT_LIMIT as u64 + 5, CONTENT_LIMIT));
    assert_eq!(seen.contents[1].2, b"b");
}

#[test]
fn names_are_as_linux_takes_them() {
    let longest = "d/".repeat(2047);
    let archive = Cpio::new()
        .add("./etc/fstab", FILE, "")
        .add("//init", FILE, "")
        .add("etc/a\0b", FILE, "")
        .add(b"caf\xe9", FILE, "")
        .add(&longest, DIRECTORY, "")
        .end();
    let (summary, seen) = read(&archive);
    assert_eq!(summary.stopped, None);
    assert_eq!(seen.paths(), ["etc/fstab", "init", "etc/a", "caf\u{fffd}", longest.as_str()]);
    let (summary, _) = read(&Cpio::new().add("x".repeat(4096), FILE, "").end());
    assert!(summary.stopped.unwrap().contains("longer than Linux takes"));
}

#[test]
fn hard_links_share_the_content_that_comes_last() {
    let archive = Cpio::new()
        .add_linked("bin/a", FILE, "", 9, 3)
        .add_linked("bin/other", FILE, "", 10, 2)
        .add_linked("bin/b", FILE, "", 9, 3)
        .add_linked("bin/c", FILE, "text", 9, 3)
        .add_linked("bin/d", FILE, "more", 10, 2)
        .end();
    let (summary, seen) = read(&archive);
    assert!(summary.complete);
    let mut contents = seen.contents;
    contents.sort();
    let expected = [("bin/a", "text"), ("bin/b", "text"), ("bin/c", "text"), ("bin/d", "more"), ("bin/other", "more")];
    assert_eq!(contents, expected.map(|(path, text)| (path.to_owned(), 4, text.as_bytes().to_vec())));
}

#[test]
fn links_do_not_reach_into_the_next_archive() {
    let mut file = Cpio::new().add_linked("a", FILE, "", 9, 2).end();
    file.extend(Cpio::new().add_linked("b", FILE, "text", 9, 2).end());
    let (_, seen) = read(&file);
    assert_eq!(seen.contents, [("b".to_owned(), 4, b"text".to_vec())]);
}

#[test]
fn checksums_of_the_crc_variant_are_verified() {
    let good = Cpio::summed().add("a", FILE, "content").add("b", FILE, "").end();
    assert_eq!(read(&good).0.stopped, None);
    let mut bad = good;
    let at = bad.windows(7).position(|window| window == b"content").unwrap();
    bad[at] ^= 1;
    assert!(read(&bad).0.stopped.unwrap().contains("checksum"));
}

#[test]
fn zeros_may_stand_between_entries() {
    let mut file = Cpio::new().add("a", FILE, "1").unfinished();
    file.extend([0; 256]);
    file.extend(Cpio::new().add("b", FILE, "2").end());
    let (summary, seen) = read(&file);
    assert_eq!((summary.segments, summary.stopped), (vec!["cpio"], None));
    assert_eq!(seen.paths(), ["a", "b"]);
}

#[test]
fn what_follows_unknown_is_said_and_what_was_seen_stands() {
    for (garbage, words) in [
        (&b"garbage"[..], "neither cpio nor a known compression"),
        (b"\x89LZO\0\r\n\x1a\n", "lzo is not read"),
        (b"070707000000", "Linux refuses"),
    ] {
        let mut file = zstd(&main());
        let at = file.len() + 8;
        file.extend([0; 8]);
        file.extend(garbage);
        file.resize(file.len() + 200, b'0');
        let (summary, seen) = read(&file);
        let stopped = summary.stopped.unwrap();
        assert!(stopped.contains(words) && stopped.contains(&format!("at byte {at}")), "{stopped}");
        assert!(!summary.complete && seen.entries.len() == 4);
    }
}

#[test]
fn what_is_no_initramfs_is_an_error() {
    let mut seen = Seen::default();
    for bytes in [&b""[..], &[0; 4096], b"\x7fELF", b"Windows Boot Manager", b"07"] {
        let error = initramfs::read(bytes, &Limits::default(), &mut seen).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.what().starts_with("no initramfs: "), "{error}");
    }
    assert_eq!(seen, Seen::default());
}
