//! The largest disks, and tables that are nothing but holes.

use super::build::{Image, MIB, item, region, sound};
use super::open;
use std::sync::Arc;
use storage::{Extents, Memory, ReadAt, State, WriteAt};

const LARGEST: u64 = 64 << 40;

/// The sound one's headers and metadata, with a BAT of `len` bytes behind all blocks, as a file of `size` bytes.
fn large(block_size: u32, len: usize, size: u64) -> Memory {
    let image: Image = sound()
        .with(item(0), &block_size.to_le_bytes())
        .with(item(1), &LARGEST.to_le_bytes())
        .regions(16, &region(super::build::BAT_GUID, 8 * MIB, len, 1));
    let file = Memory::new(size);
    file.write_at(&image.0, 0).unwrap();
    file
}

#[test]
fn sixty_four_tebibytes_of_nothing() {
    for (block_size, len) in [(1u32 << 20, 513 * MIB), (32 << 20, 17 * MIB), (256 << 20, 3 * MIB)] {
        let disk = open(Arc::new(large(block_size, len, (8 * MIB + len) as u64))).unwrap();
        assert_eq!(disk.size(), LARGEST);
        let runs: Vec<_> = Extents::new(&disk).map(|run| run.unwrap()).map(|run| (run.range, run.state)).collect();
        assert_eq!(runs, [(0..LARGEST, State::Unmapped)]);
        let mut end = vec![1; 4096];
        disk.read_at(&mut end, LARGEST - 4096).unwrap();
        assert!(storage::is_zero(&end));
    }
}

#[test]
fn blocks_at_both_ends_of_sixty_four_tebibytes() {
    let bat = 8 * MIB as u64;
    let file = large(1 << 20, 513 * MIB, 1 << 40);
    let last = (LARGEST >> 20) - 1;
    for (block, place) in [(0, 600u64), (last / 2, 700), (last / 2 + 1, 701), (last, 1000)] {
        file.write_at(&(place << 20 | 6).to_le_bytes(), bat + 8 * (block + block / 4096)).unwrap();
        file.write_at(&[place as u8; 512], place << 20).unwrap();
    }
    let disk = open(Arc::new(file)).unwrap();
    for (block, place) in [(0, 600u64), (last / 2, 700), (last / 2 + 1, 701), (last, 1000)] {
        let mut buf = [0; 512];
        disk.read_at(&mut buf, block << 20).unwrap();
        assert_eq!(buf, [place as u8; 512]);
        assert_eq!(disk.mapping_at(block << 20).unwrap().offset, Some(place << 20));
    }
    let runs: Vec<_> = Extents::new(&disk).map(|run| run.unwrap()).filter(|run| run.is_data()).collect();
    let starts: Vec<_> = runs.iter().map(|run| run.range.start >> 20).collect();
    assert_eq!(starts, [0, last / 2, last / 2 + 1, last]);
}

/// Every other block: the most runs that there can be, walked to the end.
#[test]
fn a_disk_in_many_pieces() {
    const BLOCKS: u64 = 100_000;
    let file = Memory::new((2 * BLOCKS + 100) << 20);
    let image = sound()
        .with(item(1), &(BLOCKS << 20).to_le_bytes())
        .regions(16, &region(super::build::BAT_GUID, 8 * MIB, MIB, 1));
    file.write_at(&image.0, 0).unwrap();
    let entry = |block: u64| (1 - block % 2) * ((2 * BLOCKS + 50 - block) << 20 | 6);
    let mut table = Vec::new();
    for block in 0..BLOCKS {
        if block > 0 && block % 4096 == 0 {
            table.extend([0; 8]);
        }
        table.extend(entry(block).to_le_bytes());
    }
    file.write_at(&table, 8 << 20).unwrap();
    let disk = open(Arc::new(file)).unwrap();
    let (mut at, mut steps) = (0, 0);
    while at < disk.size() {
        at = disk.mapping_at(at).unwrap().extent.range.end;
        steps += 1;
    }
    assert_eq!(steps, BLOCKS);
    // Blocks that are there are holes in this file.
    assert_eq!(Extents::new(&disk).count() as u64, BLOCKS);
}
