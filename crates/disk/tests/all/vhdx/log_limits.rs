//! Logs that change where and how long the file is, what they must not change, and logs without end.

use super::build::{
    BAT, BLOCKS, Change, DISK_SIZE, Entry, LEN, LOG, LOG_GUID, MIB, SECTOR, SIZE, item, model, region, sound,
};
use super::log::{SECTORS, bat, breaks_block_1, entry, sets_block_1, with_block_1};
use super::{details, format, open};
use crate::support::{content, refused};
use std::sync::Arc;
use storage::{ErrorKind, ReadAt};

#[test]
fn x1_the_file_has_its_length() {
    let (wanted, image) = with_block_1();
    let changes = [Change::Data(BAT as u64, &bat(1, 7 << 20 | 6))];
    let with = |flushed, last| image.clone().log(0, &Entry { flushed, last, ..entry(1, 0, &changes) }.bytes());
    with(LEN + MIB, LEN + MIB).corrupt("truncated");
    with(usize::MAX, LEN).corrupt("truncated");
    with(LEN, usize::MAX).corrupt("no whole sequence");
    with(0, 0).is(&wanted);
    // The file was to grow: what it had not yet reads as zeros.
    let mut zeros = wanted.clone();
    zeros[MIB..2 * MIB].fill(0);
    let changes = [Change::Data(BAT as u64, &bat(1, 9 << 20 | 6))];
    let grows = |last| image.clone().log(0, &Entry { last, ..entry(1, 0, &changes) }.bytes());
    let disk = grows(10 * MIB).is(&zeros);
    assert_eq!(disk.mapping_at(MIB as u64).unwrap().offset, None);
    grows(10 * MIB - 1).corrupt("truncated");
    grows(i64::MAX as usize).is(&zeros);
    // A change behind the end makes it grow as well.
    let data = vec![7; SECTOR];
    let changes = [changes[0], Change::Data((10 * MIB - SECTOR) as u64, &data)];
    zeros[2 * MIB - SECTOR..2 * MIB].fill(7);
    let disk = image.clone().log(0, &entry(1, 0, &changes).bytes()).is(&zeros);
    assert_eq!(disk.mapping_at((2 * MIB - SECTOR) as u64).unwrap().offset, None);
}

#[test]
fn x1_the_log_changes_all_structures_but_those_it_hangs_on() {
    let mut size = sound().0[item(DISK_SIZE) / SECTOR * SECTOR..][..SECTOR].to_vec();
    let at = item(DISK_SIZE) % SECTOR;
    size[at..at + 8].copy_from_slice(&(MIB as u64).to_le_bytes());
    let changes = [Change::Data((item(DISK_SIZE) / SECTOR * SECTOR) as u64, &size)];
    sound().log(0, &entry(1, 0, &changes).bytes()).is(&model()[..MIB]);
    // The region table with the BAT at 7 MiB, as after a move; the BAT at its old place is rubbish.
    let moved = sound().regions(16, &region(super::build::BAT_GUID, 7 * MIB, MIB, 1));
    let table = &moved.0[192 << 10..320 << 10];
    let changes: Vec<_> =
        table.chunks(SECTOR).zip(0..).map(|(sector, i)| Change::Data((192 << 10) + i * 4096, sector)).collect();
    let old = sound().0[BAT..BAT + SECTOR].to_vec();
    sound().with(BAT, &[0xff; 64]).with(7 * MIB, &old).log(0, &entry(1, 0, &changes).bytes()).is(&model());
    let zeros = |at: u64, len: u64| sound().log(0, &entry(1, 0, &[Change::Zero(at, len)]).bytes());
    zeros(0, 4096).corrupt("changes the headers or the log");
    zeros(128 << 10, 4096).corrupt("changes the headers or the log");
    zeros(LOG as u64, 4096).corrupt("changes the headers or the log");
    zeros(512 << 10, 1 << 40).corrupt("changes the headers or the log");
    zeros((2 * MIB - SECTOR) as u64, 4096).corrupt("changes the headers or the log");
    zeros((2 * MIB) as u64, 1 << 40).corrupt("signature");
    zeros(0, 0).is(&model());
    // A place that is no place: the entry is not valid.
    zeros((7 * MIB) as u64, 1 << 63).corrupt("no whole sequence");
    zeros(u64::MAX - 4095, 4096).corrupt("no whole sequence");
    zeros((7 * MIB + 512) as u64, 4096).corrupt("no whole sequence");
    zeros((7 * MIB) as u64, 512).corrupt("no whole sequence");
}

/// A change within a block: the log must not be used for that, and is replayed all the same.
#[test]
fn x1_changes_within_a_block() {
    let data = vec![0xcc; SECTOR];
    let at = |sector: usize| (BLOCKS[1] + sector * SECTOR) as u64;
    let changes = [Change::Data(at(3), &data), Change::Zero(at(100), 40 * SECTOR as u64)];
    let mut wanted = model();
    wanted[3 * SECTOR..4 * SECTOR].fill(0xcc);
    wanted[100 * SECTOR..140 * SECTOR].fill(0);
    let disk = sound().log(0, &entry(1, 0, &changes).bytes()).is(&wanted);
    let mapping = |sector: usize| {
        let mapping = disk.mapping_at((sector * SECTOR) as u64).unwrap();
        (mapping.extent.size() as usize / SECTOR, mapping.offset)
    };
    assert_eq!(mapping(0), (3, Some(at(0))));
    assert_eq!(mapping(3).1, None);
    assert_eq!(mapping(100), (40, None));
    assert_eq!(mapping(140), (SECTORS - 140, Some(at(140))));
    crate::conformance::extents_are_true(&*disk);
}

#[test]
fn x1_hostile_logs_end() {
    // A sequence of as many entries as there are sectors, each with a tail that is not in it.
    let whole: Vec<u8> = (0..SECTORS as u64 - 1).flat_map(|n| entry(1 + n, SECTORS - 1, &[]).bytes()).collect();
    sound().log(0, &whole).corrupt("no whole sequence");
    // Entries within entries: each begins in the padding of the one before.
    let mut nested = vec![0; MIB];
    for first in (0..SECTORS).rev() {
        let len = (SECTORS - first) * SECTOR;
        let mut header = entry(1 + first as u64, first, &[]).bytes();
        header[8..12].copy_from_slice(&(len as u32).to_le_bytes());
        nested[first * SECTOR..][..SECTOR].copy_from_slice(&header);
        super::build::checksum(&mut nested[first * SECTOR..]);
    }
    sound().log(0, &nested).corrupt("entries lie within one another");
    // The longest log, full of zeros to zero.
    let mut image = sound();
    let len = 300 * MIB;
    image.0.resize(9 * MIB + len, 0);
    let image = image.headers(48, &LOG_GUID).headers(68, &(len as u32).to_le_bytes());
    image.headers(72, &(9u64 << 20).to_le_bytes()).unsupported("are not replayed");
}

#[test]
fn x1_more_changes_than_are_kept() {
    // 9 MiB of descriptors, each of a sector apart from the next.
    let changes: Vec<_> = (0..270_000).map(|i| Change::Zero((1 << 30) + i * 8192, 4096)).collect();
    let bytes = entry(1, 0, &changes).bytes();
    let mut image = sound();
    image.0.resize(9 * MIB, 0);
    image.0.extend(&bytes);
    image.0.resize(18 * MIB, 0);
    let image = image.headers(48, &LOG_GUID).headers(68, &(9u32 << 20).to_le_bytes());
    image.headers(72, &(9u64 << 20).to_le_bytes()).unsupported("changes are not replayed");
}

#[test]
fn x1_the_file_is_not_changed_and_info_works_with_a_bad_log() {
    let image = sound().log(0, &breaks_block_1(0, 0));
    image.corrupt("no whole sequence");
    let info = format().info(&image.0).unwrap();
    assert!(info.dirty && !details(&info).log_replayed && info.virtual_size == SIZE as u64);
    assert!(info.notes[0].contains("before the log"));
    let checked = format().check(Arc::new(image.0)).unwrap().unwrap();
    assert_eq!(checked.corruption_count, 1);
    let (_, image) = with_block_1();
    let before = image.clone().log(0, &sets_block_1(1, 0)).0;
    let file = Arc::new(before.clone());
    content(&open(file.clone()).unwrap()).unwrap();
    assert!(*file == before);
    refused(open(Arc::new(before[..LEN - 1].to_vec())), ErrorKind::Corrupt, "truncated");
    assert_eq!(file.size(), LEN as u64);
}
