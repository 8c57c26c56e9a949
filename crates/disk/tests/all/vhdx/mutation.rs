//! Bytes flipped at random, always the same way: nothing panics, hangs or takes memory without bound.

use super::build::{BAT, Image, LOG, METADATA, MIB, SECTOR, checksum, sound};
use super::{format, log, open};
use crate::support::Numbers;
use std::sync::Arc;
use storage::{Extents, ReadAt};

const ROUNDS: u64 = 1200;

/// Where the structures are, and how much of each is worth changing.
const PLACES: [(usize, u64); 8] = [
    (0, 600),
    (64 << 10, 80),
    (128 << 10, 80),
    (192 << 10, 90),
    (METADATA, 256),
    (METADATA + (64 << 10), 8200),
    (BAT, 64),
    (LOG, 12 << 10),
];

fn mutate(image: &mut Image, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(3) {
        let (start, len) = PLACES[numbers.below(PLACES.len() as u64) as usize];
        let at = start + numbers.below(len) as usize;
        match numbers.below(4) {
            0 => image.0[at] ^= 1 << numbers.below(8),
            1 => image.0[at] = numbers.next() as u8,
            _ => image.0[at] = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5) as usize],
        }
    }
    if numbers.below(30) == 0 {
        let len = image.0.len() as u64;
        image.0.truncate((len - numbers.below(len)) as usize);
    }
}

/// Checksums keep all flips from the code behind them: they are made right in most rounds.
fn mend(image: &mut Image) {
    let structures = [(64 << 10, SECTOR), (128 << 10, SECTOR), (192 << 10, 64 << 10), (256 << 10, 64 << 10)];
    // Entries of the log have the length that they say.
    let entries = [LOG, LOG + 2 * SECTOR].map(|at| {
        let len = image.0.get(at + 8..at + 12).map_or(0, |len| u32::from_le_bytes(len.try_into().unwrap()));
        (at, (len as usize).clamp(SECTOR, MIB / 2))
    });
    let second = (192 << 10)..(256 << 10);
    if image.0.len() > MIB {
        image.0.copy_within(second, 256 << 10);
    }
    for (at, len) in structures.into_iter().chain(entries) {
        if let Some(block) = image.0.get_mut(at..at + len) {
            checksum(block);
        }
    }
}

fn exercise(file: Vec<u8>) -> bool {
    let file = Arc::new(file);
    let _ = format().probe(&*file);
    let _ = format().info(&*file);
    let _ = format().check(file.clone());
    let Ok(disk) = open(file) else { return false };
    let mut buf = vec![0; 64 << 10];
    for extent in Extents::new(&disk).take(1000) {
        let extent = extent.unwrap();
        let len = extent.size().min(buf.len() as u64) as usize;
        disk.read_at(&mut buf[..len], extent.range.start).unwrap();
        disk.read_at(&mut buf[..len], extent.range.end - len as u64).unwrap();
        disk.mapping_at(extent.range.start).unwrap();
    }
    true
}

#[test]
fn flipped_bytes() {
    let dirty = sound().log(0, &log::two_entries());
    let differencing = Image(super::blocks::differencing("p"));
    for (seed, sample) in (1..).zip([sound(), dirty, differencing.clone()]) {
        let mut numbers = Numbers(seed * 104_729);
        let (mut opened, mut refused) = (0, 0);
        for round in 0..ROUNDS {
            let mut image = sample.clone();
            mutate(&mut image, &mut numbers);
            if round % 8 != 0 {
                mend(&mut image);
            }
            if exercise(image.0) { opened += 1 } else { refused += 1 }
        }
        eprintln!("{opened} opened, {refused} refused");
        assert!((opened > 200 || seed == 3) && refused > 200, "{seed}: {opened} opened, {refused} refused");
    }
}

/// Bytes of any kind, most of which are no VHDX at all.
#[test]
fn arbitrary_bytes() {
    let mut numbers = Numbers(5);
    for round in 0..400u64 {
        let len = numbers.below(if round % 2 == 0 { 2000 } else { 3 << 20 }) as usize;
        let mut bytes = numbers.bytes(len);
        if len > 8 && round % 4 < 3 {
            bytes[..8].copy_from_slice(b"vhdxfile");
        }
        // Structures with right checksums and otherwise anything in them.
        let mut image = Image(bytes);
        for (at, signature) in [(64 << 10, b"head"), (192 << 10, b"regi"), (MIB, b"loge")] {
            if image.0.len() > at + 4 && round % 4 < 2 {
                image.put(at, signature);
            }
        }
        if image.0.len() > (64 << 10) + 80 && round % 8 < 4 {
            image.put((64 << 10) + 64, &[0, 0, 1, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0, 0, 0, 0, 0]);
        }
        mend(&mut image);
        assert!(!exercise(image.0), "{round}");
    }
}
