//! What is sound is read, and told as it is.

use super::build::{BAT, BLOCKS, Image, LEN, MIB, SECTOR, SIZE, item, model, sound};
use super::{details, format, open};
use crate::support::{Numbers, content, refused};
use disk::{CreateOptions, Disk, Mappings};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use storage::{ErrorKind, Extent, Extents, Memory, ReadAt, Result, State, WriteAt};

#[test]
fn the_sound_one_is_sound() {
    let disk = sound().is(&model());
    let info = disk.info();
    assert_eq!((info.format, info.virtual_size, info.cluster_size), ("vhdx", SIZE as u64, Some(MIB as u64)));
    assert!(info.notes.is_empty() && !info.dirty && info.backing_file.is_none());
    let details = details(info);
    assert_eq!((details.creator.as_str(), details.block_size, details.fixed), ("by hand", MIB as u64, false));
    assert_eq!((details.logical_sector_size, details.physical_sector_size, details.log_replayed), (512, 4096, false));
    assert_eq!(format().info(&sound().0).unwrap(), *info);
    assert!(format().probe(&sound().0).unwrap() && !format().probe(&b"vhdxfil".to_vec()).unwrap());
}

#[test]
fn fixed_disks_and_large_sectors() {
    let fixed = sound().with(item(0) + 4, &[1]);
    assert!(details(fixed.is(&model()).info()).fixed);
    let large = sound().with(item(3), &4096u32.to_le_bytes());
    assert_eq!(details(large.is(&model()).info()).logical_sector_size, 4096);
    large.with(item(1), &(SIZE as u64 - 512).to_le_bytes()).corrupt("whole sectors of 4096");
}

/// States and places, in MiB, of the runs.
#[test]
fn runs_are_told() {
    let disk = sound().open().unwrap();
    let mib = MIB as u64;
    let runs: Vec<_> = Extents::new(&disk).map(|run| run.unwrap()).map(|run| (run.range, run.state)).collect();
    let wanted = [
        (0..mib, State::Data),
        (mib..2 * mib, State::Unmapped),
        (2 * mib..3 * mib, State::Zero),
        (3 * mib..4 * mib, State::Data),
        (4 * mib..5 * mib, State::Unmapped),
        (5 * mib..SIZE as u64, State::Data),
    ];
    assert_eq!(runs, wanted);
    let mappings: Vec<_> = Mappings::new(&*disk).map(|run| run.unwrap()).collect();
    let offsets: Vec<_> = mappings.iter().map(|run| run.offset).collect();
    let [third, first, fifth] = BLOCKS.map(|at| Some(at as u64));
    assert_eq!(offsets, [first, None, None, third, None, fifth]);
    assert_eq!(mappings[2].extent.state, State::Zero);
    assert_eq!(disk.mapping_at(mib / 2).unwrap().offset, first.map(|at| at + mib / 2));
    assert!(disk.extent_at(SIZE as u64).is_err() && disk.mapping_at(SIZE as u64).is_err());
}

#[test]
fn reads_of_any_place_and_length() {
    let (disk, model) = (sound().open().unwrap(), model());
    let mut numbers = Numbers(9);
    for _ in 0..300 {
        let start = numbers.below(SIZE as u64) as usize;
        let len = (numbers.below(2 << 20) as usize).min(SIZE - start);
        let mut buf = vec![1; len];
        disk.read_at(&mut buf, start as u64).unwrap();
        assert!(buf == model[start..start + len]);
    }
    refused(disk.read_at(&mut [0; 2], SIZE as u64 - 1), ErrorKind::Corrupt, "ends at");
}

/// Counts reads.
#[derive(Debug)]
struct Counting(Vec<u8>, AtomicUsize);

impl ReadAt for Counting {
    fn size(&self) -> u64 {
        self.0.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.read_at(buf, offset)
    }
}

#[test]
fn neighbours_are_read_at_once() {
    // Blocks 0 and 1 side by side, block 2 elsewhere.
    let image = sound().entry(0, 4 << 20 | 6).entry(1, 5 << 20 | 6).entry(3, 0).entry(2, 7 << 20 | 6);
    let file = Arc::new(Counting(image.0, AtomicUsize::new(0)));
    let disk = open(file.clone()).unwrap();
    for (offset, len, wanted) in [(0, MIB, 1), (MIB, MIB, 1), (0, 2 * MIB, 1), (MIB / 2, 2 * MIB, 2), (3 * MIB, MIB, 0)]
    {
        let before = file.1.load(Ordering::Relaxed);
        disk.read_at(&mut vec![0; len], offset as u64).unwrap();
        assert_eq!(file.1.load(Ordering::Relaxed) - before, wanted, "{offset} {len}");
    }
}

/// A file with holes.
#[derive(Debug)]
struct Holed(Vec<u8>, std::ops::Range<u64>);

impl ReadAt for Holed {
    fn size(&self) -> u64 {
        self.0.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.0.read_at(buf, offset)
    }
    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let (hole, size) = (&self.1, self.size());
        let (end, state) = match offset {
            at if at < hole.start => (hole.start, State::Data),
            at if at < hole.end => (hole.end, State::Unmapped),
            _ => (size, State::Data),
        };
        Ok(Extent { range: offset..end, state })
    }
}

#[test]
fn blocks_that_were_never_written_to_are_zeros() {
    let hole = (BLOCKS[1] + 100 * SECTOR) as u64..(BLOCKS[1] + 200 * SECTOR) as u64;
    let mut image = sound();
    image.0[hole.start as usize..hole.end as usize].fill(0);
    let disk = open(Arc::new(Holed(image.0, hole))).unwrap();
    let runs: Vec<_> = Extents::new(&disk).map(|run| run.unwrap()).map(|run| (run.range.end, run.state)).collect();
    let sector = SECTOR as u64;
    assert_eq!(runs[..3], [(100 * sector, State::Data), (200 * sector, State::Zero), (MIB as u64, State::Data)]);
    let mapping = disk.mapping_at(150 * sector).unwrap();
    assert_eq!(
        (mapping.extent.range, mapping.offset),
        (150 * sector..200 * sector, Some((BLOCKS[1] + 150 * SECTOR) as u64))
    );
}

/// Tables may be in a hole of the file in part, also one that ends within an entry.
#[test]
fn a_table_with_holes() {
    let image = sound().entry(0, 0).entry(1, 0).entry(2, 0);
    let wanted = content(&image.open().unwrap()).unwrap();
    for end in [8, 16, 20, 23, 24] {
        let file = Holed(image.0.clone(), BAT as u64..BAT as u64 + end);
        assert!(content(&open(Arc::new(file)).unwrap()).unwrap() == wanted, "{end}");
    }
}

/// Blocks of 1 MiB: a part of the sector bitmap is for so many of them, and its entry follows theirs.
#[test]
fn chunks_of_the_sector_bitmap_are_skipped() {
    for (sector, chunk) in [(512u32, 4096u64), (4096, 32768)] {
        let file = Memory::new(12 << 20);
        let entry = |number: u64, entry: u64| file.write_at(&entry.to_le_bytes(), BAT as u64 + number * 8).unwrap();
        let image = sound().with(item(1), &((chunk + 3) << 20).to_le_bytes()).with(item(3), &sector.to_le_bytes());
        file.write_at(&image.0, 0).unwrap();
        entry(chunk - 1, 7 << 20 | 6);
        entry(chunk + 1, 8 << 20 | 6);
        let disk = open(Arc::new(file.clone())).unwrap();
        let place = |disk: &Arc<dyn Disk>, block: u64| disk.mapping_at(block << 20).unwrap().offset;
        assert!(disk.info().notes.is_empty());
        assert_eq!([-1, 0, 1].map(|i| place(&disk, chunk.strict_add_signed(i))), [Some(7 << 20), Some(8 << 20), None]);
        // Rubbish in the bitmap's own entry, as qemu before 8.1 left it, does not matter.
        entry(chunk, 4 << 20 | 6);
        let disk = open(Arc::new(file.clone())).unwrap();
        assert!(disk.info().notes[0].contains("sector bitmaps"));
        assert_eq!([-1, 0, 1].map(|i| place(&disk, chunk.strict_add_signed(i))), [Some(7 << 20), Some(8 << 20), None]);
    }
}

#[test]
fn counts_of_a_check() {
    let checked = format().check(Arc::new(sound().0)).unwrap().unwrap();
    assert!(checked.is_clean());
    assert_eq!((checked.total_clusters, checked.allocated_clusters, checked.fragmented_clusters), (6, 3, 2));
    assert_eq!(checked.image_end_offset, 7 << 20);
    let empty = Image(sound().0[..LEN].to_vec()).entry(0, 0).entry(3, 0).entry(5, 0);
    let checked = format().check(Arc::new(empty.0)).unwrap().unwrap();
    assert_eq!((checked.allocated_clusters, checked.image_end_offset), (0, 4 << 20));
}

#[test]
fn nothing_is_written() {
    let file = crate::support::Growing::default();
    refused(
        format().create(Arc::new(file), &CreateOptions::default()).map(|_| ()),
        ErrorKind::Unsupported,
        "only read",
    );
}
