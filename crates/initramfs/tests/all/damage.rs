//! Cut and flipped files: never a panic, never a complete reading of something else.

use crate::build::*;
use initramfs::{Limits, Summary};

fn small() -> Vec<u8> {
    Cpio::new().add("init", FILE, "#!/bin/sh\n").add("lib/virtio_blk.ko", FILE, [0x5a; 200]).end()
}

fn try_read(bytes: &[u8]) -> Option<(Summary, Seen)> {
    let mut seen = Seen::default();
    let limits = Limits { unpacked: 1 << 20, entries: 1000 };
    let summary = initramfs::read(bytes, &limits, &mut seen).ok()?;
    assert!(summary.unpacked <= limits.unpacked && summary.entries <= limits.entries);
    assert_eq!(summary.complete, summary.stopped.is_none());
    assert_eq!(summary.entries, seen.entries.len() as u64);
    Some((summary, seen))
}

#[test]
fn cut_anywhere_it_is_never_complete() {
    for (name, compress) in COMPRESSORS {
        let whole = compress(&small());
        for len in 0..whole.len() {
            if let Some((summary, _)) = try_read(&whole[..len]) {
                assert!(!summary.complete, "{name} cut to {len} of {} bytes", whole.len());
                assert!(summary.stopped.unwrap().contains(&format!("segment 1 ({name}, at byte 0")));
            }
        }
    }
}

#[test]
fn of_a_plain_archive_only_the_last_padding_can_be_cut() {
    let archive = small();
    let end = archive.len() - 3;
    let mut padded = archive;
    padded.extend([0; 512]);
    for len in 0..=padded.len() {
        let complete = try_read(&padded[..len]).is_some_and(|(summary, _)| summary.complete);
        assert_eq!(complete, len >= end, "cut to {len}, trailer ends at {end}");
    }
}

#[test]
fn a_sequence_cut_inside_a_segment_says_which() {
    let first = early().len();
    let mut file = early();
    file.extend(zstd(&small()));
    for len in first + 4..file.len() {
        let (summary, seen) = try_read(&file[..len]).unwrap();
        assert!(summary.stopped.unwrap().contains(&format!("segment 2 (zstd, at byte {first}")));
        assert_eq!(seen.paths()[..2], ["kernel", "kernel/x86/microcode/GenuineIntel.bin"]);
    }
}

#[test]
fn flipped_bits_are_noticed_where_there_is_a_checksum() {
    let mut random = Random(0x0b00_7b00_7b00_7b00);
    for (name, compress) in COMPRESSORS {
        let good = compress(&small());
        let (_, expected) = try_read(&good).unwrap();
        for _ in 0..3000 {
            let mut bad = good.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(bad.len());
                bad[at] ^= 1 << random.below(8);
            }
            let Some((summary, seen)) = try_read(&bad) else { continue };
            if summary.complete && !["lz4", "lzma"].contains(&name) {
                assert_eq!(seen, expected, "{name} {bad:x?}");
            }
        }
    }
}

#[test]
fn a_flipped_archive_never_panics() {
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    let mut good = small();
    good.extend(lz4_frame(&small()));
    good.extend(Cpio::summed().add_linked("a", FILE, "", 3, 2).add_linked("b", FILE, "text", 3, 2).end());
    let mut incomplete = 0;
    for _ in 0..20_000 {
        let mut bad = good.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bad.len());
            bad[at] = random.byte();
        }
        incomplete += u32::from(try_read(&bad).is_some_and(|(summary, _)| !summary.complete));
    }
    assert!(incomplete > 1000, "{incomplete}");
}

#[test]
fn an_unfinished_archive_is_incomplete_inside_a_frame_too() {
    let archive = Cpio::new().add("a", FILE, "1").unfinished();
    for (name, compress) in COMPRESSORS {
        let mut file = compress(&archive);
        file.extend(compress(&small()));
        let (summary, seen) = try_read(&file).unwrap();
        // The blocks of two legacy lz4 frames are one stream, for Linux as for everyone.
        let joined = name == "lz4";
        assert_eq!((summary.complete, seen.entries.len()), (joined, if joined { 3 } else { 1 }), "{name}");
    }
}

/// xorshift64*: the same sequence everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap() % end
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() & 255).unwrap()
    }
}
