//! Logs: whole, torn, stale, wrapped and hostile.

use super::build::{BAT, Change, Entry, Image, LEN, MIB, SECTOR, SIZE, model, sound};
use super::{details, format};
use std::sync::Arc;

pub(crate) const SECTORS: usize = MIB / SECTOR;

pub(crate) fn entry<'a>(sequence: u64, tail: usize, changes: &'a [Change<'a>]) -> Entry<'a> {
    Entry { sequence, tail, flushed: LEN, last: LEN, changes }
}

/// The first sector of the BAT, with an entry changed.
pub(crate) fn bat(i: usize, value: u64) -> Vec<u8> {
    sound().entry(i, value).0[BAT..BAT + SECTOR].to_vec()
}

/// An entry that changes nothing, for a file of `len` bytes.
pub(crate) fn harmless(len: usize) -> Vec<u8> {
    Entry { flushed: len, last: len, ..entry(1, 0, &[]) }.bytes()
}

/// Block 1 at 7 MiB.
pub(crate) fn with_block_1() -> (Vec<u8>, Image) {
    let block = vec![0x5a; MIB];
    let mut wanted = model();
    wanted[MIB..2 * MIB].copy_from_slice(&block);
    (wanted, sound().with(7 * MIB, &block))
}

/// Sectors of an entry that sets block 1's place to 7 MiB; `wrong` sets it to another.
pub(crate) fn sets_block_1(sequence: u64, tail: usize) -> Vec<u8> {
    entry(sequence, tail, &[Change::Data(BAT as u64, &bat(1, 7 << 20 | 6))]).bytes()
}

pub(crate) fn breaks_block_1(sequence: u64, tail: usize) -> Vec<u8> {
    entry(sequence, tail, &[Change::Data(BAT as u64, &bat(1, 5))]).bytes()
}

/// A sequence of two that sets block 1's place.
pub(crate) fn two_entries() -> Vec<u8> {
    [sets_block_1(8, 0), sets_block_1(9, 0)].concat()
}

#[test]
fn x1_a_dirty_log_is_replayed() {
    let (wanted, image) = with_block_1();
    for at in [0, 1, 100, SECTORS - 2, SECTORS - 1] {
        let dirty = image.clone().log(at, &sets_block_1(9, at));
        let disk = dirty.is(&wanted);
        assert!(details(disk.info()).log_replayed && disk.info().dirty);
        assert!(disk.info().notes[0].contains("1 changes"), "{:?}", disk.info().notes);
        assert_eq!(format().info(&dirty.0).unwrap(), *disk.info());
        assert_eq!(disk.mapping_at(MIB as u64).unwrap().offset, Some(7 << 20));
        assert!(format().check(Arc::new(dirty.0)).unwrap().unwrap().is_clean());
    }
    // Without the header's word the log does not count, nor does one of another time.
    let dirty = image.log(0, &sets_block_1(9, 0));
    dirty.clone().headers(48, &[0; 16]).is(&model());
    dirty.headers(48, b"another log guid").corrupt("no whole sequence");
}

#[test]
fn x1_entries_are_replayed_in_order() {
    let (wanted, image) = with_block_1();
    let sequence = [breaks_block_1(5, 3), entry(6, 3, &[]).bytes(), sets_block_1(7, 3)].concat();
    image.clone().log(3, &sequence).is(&wanted);
    // The tail of the head says where to begin: the first entry reached its place before.
    let later = [entry(5, 3, &[Change::Zero(BAT as u64, SECTOR as u64)]).bytes(), sets_block_1(6, 4)].concat();
    image.clone().log(3, &later).is(&wanted);
    // Zeros over all entries, then the table again.
    let zeros = [Change::Zero(BAT as u64, MIB as u64), Change::Data(BAT as u64, &bat(1, 7 << 20 | 6))];
    image.clone().log(0, &entry(1, 0, &zeros).bytes()).is(&wanted);
    image.clone().log(0, &entry(1, 0, &[zeros[1], zeros[0]]).bytes()).is(&vec![0; SIZE]);
    // Many descriptors, so that there are several sectors of them, and the last one counts.
    let mut many = vec![Change::Zero(BAT as u64, SECTOR as u64); 300];
    many.push(zeros[1]);
    image.log(SECTORS - 2, &entry(1, SECTORS - 2, &many).bytes()).is(&wanted);
}

#[test]
fn x1_the_newest_whole_sequence_counts() {
    let (wanted, image) = with_block_1();
    // Two sequences; the older one is behind in the ring.
    image.clone().log(0, &sets_block_1(20, 0)).log(50, &breaks_block_1(10, 50)).is(&wanted);
    image.clone().log(50, &sets_block_1(20, 50)).log(0, &breaks_block_1(10, 0)).is(&wanted);
    // A sequence whose number does not follow is another one.
    image.clone().log(0, &[breaks_block_1(5, 0), sets_block_1(7, 2)].concat()).is(&wanted);
    image.clone().log(0, &[sets_block_1(7, 0), breaks_block_1(5, 2)].concat()).is(&wanted);
    // Numbers to the last.
    image.clone().log(0, &[breaks_block_1(u64::MAX - 1, 0), sets_block_1(u64::MAX, 0)].concat()).is(&wanted);
    image.clone().log(0, &[sets_block_1(u64::MAX, 0), breaks_block_1(1, 2)].concat()).is(&wanted);
    image.clone().log(0, &sets_block_1(0, 0)).corrupt("no whole sequence");
    // The ring is full, and the sequence begins in its middle.
    let whole: Vec<u8> = (0..SECTORS as u64).flat_map(|n| entry(100 + n, 128, &[]).bytes()).collect();
    image.clone().log(128, &whole).is(&model());
    // One entry that is as long as the ring.
    let mut long = sets_block_1(3, 0);
    long.resize(MIB, 0);
    long[8..12].copy_from_slice(&(MIB as u32).to_le_bytes());
    super::build::checksum(&mut long);
    image.log(0, &long).is(&wanted);
}

#[test]
fn x1_torn_entries_do_not_count() {
    let (wanted, image) = with_block_1();
    let good = sets_block_1(5, 0);
    let next = breaks_block_1(6, 0);
    image.clone().log(0, &[good.clone(), next.clone()].concat()).corrupt("state 5");
    // Any byte of the newest entry: sector after sector, header, descriptor, halves of the number, data.
    let torn = [0, 4, 8, 12, 16, 24, 32, 48, 56, 64, 68, 72, 80, 88, 2000, 4096, 4100, 5000, 8191];
    for at in torn {
        let mut bad = next.clone();
        bad[at] ^= 0x10;
        image.clone().log(0, &[good.clone(), bad.clone()].concat()).is(&wanted);
        sound().log(0, &bad).corrupt("no whole sequence");
    }
    // The same with a right checksum: fields that contradict each other.
    for (at, value) in [(64, 0x20), (80, 1), (88, 7), (4096, b'D'), (4100, 1), (8188, 5), (16, 7), (24, 2), (24, 200)] {
        let mut bad = next.clone();
        bad[at] = value;
        super::build::checksum(&mut bad);
        image.clone().log(0, &[good.clone(), bad].concat()).is(&wanted);
    }
    for (at, value) in
        [(8, 0u32), (8, 4096), (8, 8193), (8, 2 << 20), (8, u32::MAX), (24, u32::MAX), (12, 1), (12, 1 << 20)]
    {
        let mut bad = next.clone();
        bad[at..at + 4].copy_from_slice(&value.to_le_bytes());
        super::build::checksum(&mut bad);
        image.clone().log(0, &[good.clone(), bad].concat()).is(&wanted);
    }
}

#[test]
fn x1_a_sequence_without_its_tail_does_not_count() {
    let (wanted, image) = with_block_1();
    image.clone().log(10, &sets_block_1(5, 11)).corrupt("no whole sequence");
    image.clone().log(10, &[sets_block_1(5, 10), entry(6, 9, &[]).bytes()].concat()).corrupt("no whole sequence");
    // An older sequence that is whole is the one.
    let stale = [breaks_block_1(50, 9), entry(51, 9, &[]).bytes()].concat();
    image.clone().log(100, &sets_block_1(5, 100)).log(10, &stale).is(&wanted);
    // It begins at the end of the ring and ends at its start.
    let sequence = [breaks_block_1(5, SECTORS - 3), sets_block_1(6, SECTORS - 3)].concat();
    image.log(SECTORS - 3, &sequence).is(&wanted);
}

/// Logs that all programs must understand alike.
pub(crate) fn samples() -> Vec<(&'static str, Image)> {
    let (_, image) = with_block_1();
    let table = bat(1, 7 << 20 | 6);
    let zeros = Change::Zero((BAT + SECTOR) as u64, 10 * SECTOR as u64);
    let set = [zeros, Change::Data(BAT as u64, &table)];
    // As many as one sector has room for; with more, qemu fails.
    let many = [vec![zeros; 124], set.to_vec()].concat();
    let torn = {
        let mut bad = breaks_block_1(6, 0);
        bad[5000] ^= 1;
        [sets_block_1(5, 0), bad].concat()
    };
    let wrapped = [breaks_block_1(5, SECTORS - 3), sets_block_1(6, SECTORS - 3)].concat();
    let later = [entry(5, 3, &[Change::Zero(BAT as u64, SECTOR as u64)]).bytes(), sets_block_1(6, 4)].concat();
    vec![
        ("nothing", image.clone().log(0, &entry(1, 0, &[]).bytes())),
        ("one", image.clone().log(0, &sets_block_1(9, 0))),
        ("two", image.clone().log(0, &[breaks_block_1(9, 0), sets_block_1(10, 0)].concat())),
        ("zeros first", image.clone().log(0, &entry(4, 0, &set).bytes())),
        ("many", image.clone().log(0, &entry(4, 0, &many).bytes())),
        ("torn", image.clone().log(0, &torn)),
        ("further back", image.clone().log(50, &sets_block_1(9, 50))),
        ("wrapped", image.clone().log(SECTORS - 1, &sets_block_1(9, SECTORS - 1))),
        ("two wrapped", image.clone().log(SECTORS - 3, &wrapped)),
        ("older behind", image.clone().log(0, &sets_block_1(20, 0)).log(50, &breaks_block_1(10, 50))),
        ("older before", image.clone().log(50, &sets_block_1(20, 50)).log(0, &breaks_block_1(10, 0))),
        ("tail in the middle", image.log(3, &later)),
    ]
}
