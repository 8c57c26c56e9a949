//! Streams: what is wrong with their markers, tables and ends (row M2), as a file and from a pipe.

use super::build::{GRAIN, Header, STREAM, Stream, grain, marker, text, zlib};
use super::{check, corrupt, details, driver, open};
use crate::support::{Numbers, content, refused};
use disk::Closed;
use std::sync::Arc;
use storage::{ErrorKind, ReadAt};

const CAPACITY: u64 = 128 * 1024;

fn sound() -> Stream {
    Stream::new(CAPACITY).grain(0).grain(1).grain(7).grain(511).table().grain(600)
}

#[test]
fn a_sound_stream() {
    let file = sound().finish();
    let disk = open(&file).unwrap();
    let bytes = content(&disk).unwrap();
    let mut wanted = vec![0; CAPACITY as usize * 512];
    for i in [0, 1, 7, 511, 600] {
        wanted[i * GRAIN..(i + 1) * GRAIN].copy_from_slice(&grain(i as u64));
    }
    assert!(bytes == wanted);
    let checked = check(&file);
    assert!(checked.is_clean(), "{:?}", checked.corruptions);
    assert_eq!((checked.total_clusters, checked.allocated_clusters, checked.compressed_clusters), (1024, 5, 5));
    assert_eq!(checked.image_end_offset, file.len() as u64);
    assert!(details(disk.info()).extents[0].compressed && disk.info().notes.is_empty());
}

#[test]
fn what_is_harmless() {
    // Tables without entries, all tables at the end, and zeros behind.
    let tables = Stream::new(CAPACITY).grain(0).raw(&marker(4, 1)).raw(&[0; 2048]).finish();
    let mut padded = sound().finish();
    assert!(content(&open(&tables).unwrap()).is_ok() && check(&tables).is_clean());
    padded.resize(padded.len() + 4096, 0);
    let mut late = Stream::new(CAPACITY).grain(0);
    let first = std::mem::take(&mut late.entries);
    late = late.grain(700);
    let second = std::mem::replace(&mut late.entries, first);
    late = late.table();
    late.entries = second;
    let late = late.finish();
    assert!(check(&late).is_clean());
    // The last grain may be cut where the disk ends.
    let short = Stream::new(128 + 8).grain(0).packed(1, &zlib(&grain(1)[..8 * 512])).finish();
    assert!(check(&short).is_clean());
}

#[test]
fn m2_markers_out_of_order() {
    corrupt(&Stream::new(CAPACITY).grain(7).grain(1).finish(), "order of the disk");
    let swapped = Stream::new(CAPACITY).grain(600).table().grain(1).finish();
    corrupt(&swapped, "order of the disk");
    // Grains, directories and footers where they do not belong.
    let stray = sound().table().directory().ones(128 * 700).footer().end();
    corrupt(&stray, "no table has");
    let twice = sound().table().directory().directory().footer().end();
    corrupt(&twice, "kind 2");
    let kind = sound().raw(&marker(1, 9)).raw(&[0; 512]).finish();
    corrupt(&kind, "kind 9");
}

#[test]
fn m2_grains_beyond_the_disk_or_repeated() {
    let beyond = Stream::new(CAPACITY).grain(0).ones(CAPACITY).finish();
    corrupt(&beyond, "no table has");
    let entry = Stream::new(128 * 600).grain(0).table().grain(601).finish();
    corrupt(&entry, "disk ends before it");
    let odd = Stream::new(CAPACITY).grain(0).ones(205).finish();
    corrupt(&odd, "no table has");
    // The same grain twice: the table has the last, or the first.
    let last = Stream::new(CAPACITY).grain(0).packed(3, &zlib(&[3; GRAIN])).grain(3).grain(4).finish();
    corrupt(&last, "no table has");
    let mut first = Stream::new(CAPACITY).grain(0).grain(3);
    let entries = first.entries.clone();
    first = first.packed(3, &zlib(&[3; GRAIN]));
    first.entries = entries;
    corrupt(&first.grain(4).finish(), "no table has");
    // Before the first grain.
    let lead = Stream::new(CAPACITY).ones(0).grain(0).finish();
    corrupt(&lead, "no table has");
    // Two entries lead to one grain.
    let mut shared = Stream::new(CAPACITY).grain(0).grain(1);
    shared.entries.insert(2, shared.entries[&1]);
    corrupt(&shared.finish(), "overlap in the file");
}

#[test]
fn m2_compressed_sizes_and_data() {
    let big = Stream::new(CAPACITY).grain(0).packed(1, &vec![0x55; 2 * GRAIN + 1]).finish();
    corrupt(&big, "too many");
    let mut huge = Stream::new(CAPACITY).grain(0);
    huge.entries.insert(1, huge.at());
    corrupt(&huge.stored(128, u32::MAX, &[1; 600]).finish(), "too many");
    // A length that reaches into the next grain.
    let mut long = Stream::new(CAPACITY).grain(0);
    long.entries.insert(1, long.at());
    let data = zlib(&grain(1));
    corrupt(&long.stored(128, data.len() as u32 + 700, &data).grain(2).finish(), "overlaps");
    for (data, word) in [
        (zlib(&vec![7; GRAIN + 1]), "zlib"),
        (zlib(&vec![7; GRAIN - 1]), "instead of"),
        (zlib(&[]), "instead of"),
        (vec![0x78; 100], "zlib"),
        (data[..data.len() - 1].to_vec(), "zlib"),
    ] {
        let file = Stream::new(CAPACITY).packed(0, &data).grain(1).finish();
        refused(open(&file).and_then(|disk| content(&disk)), ErrorKind::Corrupt, word);
    }
    let mut sum = zlib(&grain(0));
    *sum.last_mut().unwrap() ^= 1;
    let sum = Stream::new(CAPACITY).packed(0, &sum).finish();
    refused(open(&sum).and_then(|disk| content(&disk)), ErrorKind::Corrupt, "zlib");
}

#[test]
fn m2_a_marker_of_another_grain() {
    let mut other = Stream::new(CAPACITY).grain(0);
    other.entries.insert(5, other.at());
    corrupt(&other.ones(128 * 4).finish(), "says sector 512");
    // An entry that leads to a table.
    let mut table = Stream::new(CAPACITY).grain(0).table();
    table.entries.insert(600, table.tables[&0] - 1);
    corrupt(&table.finish(), "kind 1");
}

#[test]
fn m2_missing_ends() {
    let file = sound().finish();
    for (cut, word) in [(512, "footer"), (1024, "footer"), (1536, "footer"), (2048, "footer"), (100, "whole sectors")] {
        corrupt(&file[..file.len() - cut], word);
    }
    corrupt(&sound().table().directory().end(), "footer");
    corrupt(&sound().table().end(), "footer");
    let no_end = sound().table().directory().footer().raw(&[1; 512]).file;
    corrupt(&no_end, "marker of its end");
    corrupt(&sound().directory().footer().end(), "no table has");
}

#[test]
fn m2_directories_that_point_backwards() {
    for (gd, word) in [
        (0, "cannot be"),
        (5, "no grain directory"),
        (128, "no grain directory"),
        (1 << 40, "cannot be"),
        (u64::MAX - 1, "cannot be"),
    ] {
        let mut stream = sound().table().directory();
        stream.directory = gd;
        corrupt(&stream.footer().end(), word);
    }
    let mut stream = sound().table().directory();
    stream.directory = u64::MAX;
    corrupt(&stream.footer().end(), "cannot be");
    // Tables of the directory.
    for sector in [1, 127, 128, 1 << 30] {
        let mut stream = sound().table();
        stream.tables.insert(0, sector);
        corrupt(&stream.directory().footer().end(), "");
    }
    let mut same = sound().table();
    same.tables.insert(1, same.tables[&0]);
    corrupt(&same.directory().footer().end(), "overlaps grain table 0");
}

#[test]
fn m2_a_footer_that_disagrees() {
    for (at, value) in [(4, 1), (8, 0x3_0003), (12, 128 * 1023), (20, 64), (28, 2), (36, 19)] {
        let mut stream = sound().table().directory();
        let header = stream.header.clone();
        stream.header = stream.header.u32(at, value);
        let file = stream.footer();
        let file = Stream { header, ..file }.end();
        corrupt(&file, "contradicts the header");
    }
}

#[test]
fn streams_without_a_disk_of_their_own() {
    let none = Stream::with(Header::new(STREAM, 128).u64(56, u64::MAX).u64(64, 128), "").grain(0).finish();
    refused(open(&none), ErrorKind::Unsupported, "descriptor");
    let delta = text_with_parent();
    let delta = Stream::with(Header::new(STREAM, 128).u64(56, u64::MAX).u64(64, 128), &delta).grain(0).finish();
    refused(open(&delta), ErrorKind::Unsupported, "consolidate");
}

fn text_with_parent() -> String {
    text("streamOptimized", "RW 128 SPARSE \"a\"").replace("ffffffff", "00001234")
}

/// As qemu writes them: the directory first.
fn directory_first(order: &[usize]) -> Stream {
    let header = Header::new(STREAM, CAPACITY).u32(4, 3).u64(56, 21).u64(64, 128);
    let mut stream = Stream::with(header, &text("streamOptimized", &format!("RW {CAPACITY} SPARSE \"a\"")));
    for &i in order {
        stream = stream.grain(i);
    }
    for table in 0..2 {
        let sector = 22 + table as u32 * 4;
        stream = stream.put(21 * 512 + table * 4, &sector.to_le_bytes());
    }
    for (i, sector) in stream.entries.clone() {
        stream = stream.put(22 * 512 + i * 4, &sector.to_le_bytes());
    }
    stream
}

#[test]
fn the_directory_may_come_first() {
    for order in [[0, 1, 600], [600, 0, 1]] {
        let file = directory_first(&order).file;
        let disk = content(&open(&file).unwrap()).unwrap();
        assert!(disk[600 * GRAIN..601 * GRAIN] == grain(600) && disk[GRAIN..2 * GRAIN] == grain(1));
        assert!(check(&file).is_clean());
        let cut = &file[..file.len() - 512];
        corrupt(cut, "");
    }
    let stream = directory_first(&[0, 1, 600]);
    let entry = |i: usize| 22 * 512 + i * 4;
    let sector = |i: usize| stream.entries[&i].to_le_bytes();
    corrupt(&stream.clone().put(entry(5), &sector(1)).file, "overlap");
    corrupt(&stream.clone().put(entry(1), &sector(0)).file, "overlap");
    corrupt(&stream.clone().put(entry(1), &22u32.to_le_bytes()).file, "overlaps grain table 0");
    corrupt(&stream.clone().put(entry(600), &[0xff; 4]).file, "past the end");
    let mut swapped = stream.clone().put(entry(0), &sector(1));
    swapped = swapped.put(entry(1), &sector(0));
    corrupt(&swapped.file, "its marker says");
}

#[test]
fn cut_streams_are_refused() {
    for file in [sound().finish(), directory_first(&[0, 1, 600]).file] {
        let wanted = content(&open(&file).unwrap()).unwrap();
        let near_end = (file.len() - 1500..file.len()).step_by(37);
        for cut in (0..file.len()).step_by(512).chain(near_end) {
            let results = [open(&file[..cut]).and_then(|disk| content(&disk))];
            for bytes in results.into_iter().flatten() {
                assert!(bytes == wanted, "cut at {cut} of {}", file.len());
            }
        }
        assert!(open(&file[..file.len() / 2]).is_err());
    }
}

#[test]
fn flipped_bytes() {
    let (mut opened, mut refused) = (0, 0);
    for (seed, file) in (1..).zip([sound().finish(), directory_first(&[0, 1, 600]).file]) {
        let mut numbers = Numbers(seed * 7907);
        for _ in 0..600 {
            let mut file = file.clone();
            for _ in 0..=numbers.below(3) {
                let len = file.len() as u64;
                let at = match numbers.below(4) {
                    0 => numbers.below(128),
                    1 => len - 1 - numbers.below(6000),
                    2 => 21 * 512 + numbers.below(2600),
                    _ => numbers.below(len),
                };
                file[at as usize] = numbers.next() as u8;
            }
            let source = Arc::new(file.clone());
            let _ = (driver().info(&*source), driver().check(source.clone()));
            match driver().open(source, &Closed) {
                Err(_) => refused += 1,
                Ok(disk) if disk.size() <= 1 << 30 => {
                    let mut part = vec![0; 1 << 20];
                    for at in (0..disk.size().saturating_sub(1 << 20)).step_by(8 << 20) {
                        let _ = disk.read_at(&mut part, at);
                    }
                    opened += 1;
                }
                Ok(_) => opened += 1,
            }
        }
    }
    assert!(opened > 20 && refused > 20, "{opened} {refused}");
}

#[test]
fn parts_of_grains_in_any_order() {
    let disk = open(&sound().finish()).unwrap();
    let whole = content(&disk).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (disk, whole) = (&disk, &whole);
            scope.spawn(move || {
                let mut numbers = Numbers(thread + 5);
                for _ in 0..200 {
                    let start = numbers.below(12 * GRAIN as u64);
                    let mut part = vec![1; numbers.below(200_000) as usize];
                    disk.read_at(&mut part, start).unwrap();
                    assert!(part == whole[start as usize..start as usize + part.len()]);
                }
            });
        }
    });
    refused(disk.read_at(&mut [0; 2], disk.size() - 1), ErrorKind::Corrupt, "ends at");
}
