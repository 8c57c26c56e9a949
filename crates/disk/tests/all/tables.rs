//! Tables of a qcow2 that are written as soon as they are whole.

use crate::support::{Growing, findings, has_program, open, options, qemu_img_ok, refused};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{ErrorKind, Result, WriteAt, read_vec};

const SEGMENT: u64 = 1 << 20;

/// What metadata may wait in memory for: a piece of it, and as much again while it is gathered.
const WAITING: u64 = 2 << 20;

/// Disks of many tables: the options, and the bytes of the disk that a table is for.
const KINDS: &[(&[(&str, &str)], u64)] = &[
    (&[("cluster_size", "512")], 32 << 10),
    (&[("cluster_size", "512"), ("refcount_bits", "64")], 32 << 10),
    (&[("cluster_size", "512"), ("refcount_bits", "1")], 32 << 10),
    (&[("cluster_size", "4k"), ("compat", "0.10")], 2 << 20),
    (&[], 512 << 20),
    (&[("extended_l2", "on"), ("cluster_size", "16k")], 16 << 20),
    (&[("cluster_size", "2M")], 512 << 30),
    (&[("preallocation", "metadata"), ("cluster_size", "512")], 32 << 10),
    (&[("preallocation", "metadata"), ("extended_l2", "on"), ("cluster_size", "16k")], 16 << 20),
    (&[("-c", ""), ("cluster_size", "512")], 32 << 10),
    (&[("-c", ""), ("cluster_size", "512"), ("refcount_bits", "64")], 32 << 10),
    (&[("-c", ""), ("cluster_size", "512"), ("refcount_bits", "1")], 32 << 10),
    (&[("-c", ""), ("cluster_size", "4k"), ("compression_type", "zstd")], 2 << 20),
    (&[("-c", "")], 512 << 20),
    (&[("-c", ""), ("extended_l2", "on"), ("cluster_size", "16k")], 16 << 20),
    (&[("-c", ""), ("cluster_size", "2M")], 512 << 30),
];

/// A file in memory, and how much was written to it.
#[derive(Clone, Default)]
struct Counted(Growing, Arc<AtomicU64>);

impl WriteAt for Counted {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.1.fetch_add(buf.len() as u64, Ordering::Relaxed);
        self.0.write_at(buf, offset)
    }
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        self.0.zero_at(range)
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// Half a kilobyte of its own: every other one can be compressed.
fn sector(number: u64) -> Vec<u8> {
    let mut numbers = crate::support::Numbers(number + 1);
    let noise = numbers.bytes(512);
    if number.is_multiple_of(2) { noise } else { noise[..16].repeat(32) }
}

fn is_preallocated(given: &[(&str, &str)]) -> bool {
    given.iter().any(|(name, _)| *name == "preallocation")
}

/// Places on a disk for which tables of some megabytes are needed, one table each, and the size of the disk.
fn places(given: &[(&str, &str)], each: u64) -> (Vec<u64>, u64) {
    let cluster = given.iter().find(|(name, _)| *name == "cluster_size").map_or("64k", |(_, size)| size);
    let count = match cluster {
        "512" if is_preallocated(given) => 2_500,
        "512" => 10_000,
        "4k" => 1_300,
        "16k" if is_preallocated(given) => 3,
        "16k" => 320,
        "64k" => 80,
        _ => 8,
    };
    ((0..count).map(|i| i * each + i % 60 * 512).collect(), count * each)
}

/// One call for each segment, as a copy does it.
fn segments<'b>(places: &[u64], sectors: &'b [Vec<u8>]) -> Vec<Vec<(u64, &'b [u8])>> {
    let pieces: Vec<_> = places.iter().copied().zip(sectors.iter().map(Vec::as_slice)).collect();
    pieces.chunk_by(|a, b| a.0 / SEGMENT == b.0 / SEGMENT).map(<[_]>::to_vec).collect()
}

#[test]
fn tables_do_not_wait_for_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let qemu = has_program("qemu-img");
    for &(given, each) in KINDS {
        let (places, size) = places(given, each);
        let sectors: Vec<_> = (0..places.len() as u64).map(sector).collect();
        let (format, file) = (disk::format("qcow2").unwrap(), Counted::default());
        let disk = format.create(Arc::new(file.clone()), &options(size, given)).unwrap();
        for pieces in segments(&places, &sectors) {
            disk.write_segment(&pieces, &()).unwrap();
        }
        let before = file.1.load(Ordering::Relaxed);
        disk.finish().unwrap();
        let waited = file.1.load(Ordering::Relaxed) - before;
        let file = std::mem::take(&mut *file.0.0.lock().unwrap());
        // The refcounts of clusters that are not compressed are the same for all, and do not wait anywhere.
        let counts = if given.contains(&("-c", "")) { 4 << 20 } else { file.len() as u64 / 512 * 8 };
        // A table, a block of refcounts and their table may be large themselves.
        let clusters = if given.contains(&("cluster_size", "2M")) { 3 * (2 << 20) } else { 0 };
        assert!(waited <= WAITING + counts + clusters, "{given:?}: {waited} of {before}");
        if !given.contains(&("-c", "")) {
            let data = places.iter().map(|&place| Ok(place..place + 512));
            let measured = format.measure(&options(size, given), &mut data.into_iter()).unwrap();
            assert_eq!(file.len() as u64, measured, "{given:?}");
        }
        if qemu {
            std::fs::write(dir.path().join("ours"), &file).unwrap();
            let report = qemu_img_ok(dir.path(), "check -f qcow2 ours");
            assert!(report.contains("No errors were found"), "{given:?} {report}");
        }
        assert_eq!(findings(Arc::new(file.clone()), Some("qcow2")), [""; 0], "{given:?}");
        let disk = open(file, Some("qcow2")).unwrap();
        for (place, sector) in places.iter().zip(&sectors) {
            assert!(read_vec(&disk, *place, 512).unwrap() == *sector, "{given:?} {place}");
            if place % 4096 != 0 {
                assert!(storage::is_zero(&read_vec(&disk, place - 512, 512).unwrap()), "{given:?} {place}");
            }
        }
    }
}

#[test]
fn what_lies_before_a_segment_is_closed() {
    for &(given, each) in KINDS {
        let disk = disk::format("qcow2").unwrap();
        let disk = disk.create(Arc::new(Growing::default()), &options(each * 3, given)).unwrap();
        disk.write_at(&[1; 512], 0).unwrap();
        disk.write_segment(&[(each * 2 - 512, &[2; 512])], &()).unwrap();
        let closed = "cannot be changed";
        refused(disk.write_at(&[3; 512], each - 512), ErrorKind::Unsupported, closed);
        refused(disk.zero_at(0..each * 2), ErrorKind::Unsupported, closed);
        refused(disk.write_segment(&[(0, &[3; 512])], &()), ErrorKind::Unsupported, closed);
        disk.write_at(&[4; 512], each * 2).unwrap();
        disk.finish().unwrap();
    }
}
