//! What holds for every format that is written.

use crate::support::{Growing, Numbers, build, content, findings, open, options, refused};
use disk::{Closed, FORMATS};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use storage::{ErrorKind, Extents, Memory, ReadAt, Result, State, Turn, WriteAt};

const VARIANTS: &[(&str, &[(&str, &str)])] = &[
    ("raw", &[]),
    ("qcow2", &[]),
    ("qcow2", &[("compat", "0.10")]),
    ("qcow2", &[("cluster_size", "512"), ("refcount_bits", "1")]),
    ("qcow2", &[("cluster_size", "4k"), ("refcount_bits", "64"), ("lazy_refcounts", "on")]),
    ("qcow2", &[("cluster_size", "2M"), ("refcount_bits", "8")]),
    ("qcow2", &[("extended_l2", "on"), ("cluster_size", "16k")]),
    ("qcow2", &[("extended_l2", "on"), ("compression_type", "zstd")]),
    ("qcow2", &[("preallocation", "metadata")]),
    ("qcow2", &[("preallocation", "metadata"), ("extended_l2", "on"), ("cluster_size", "2M")]),
    ("qcow2", &[("preallocation", "full"), ("cluster_size", "4k")]),
    ("vhd", &[]),
    ("vhd", &[("subformat", "fixed")]),
    ("raw", &[("preallocation", "full")]),
];

const COMPRESSED: &[(&str, &[(&str, &str)])] = &[
    ("qcow2", &[("-c", "")]),
    ("qcow2", &[("-c", ""), ("zlib_window", "32k"), ("compat", "0.10")]),
    ("qcow2", &[("-c", ""), ("compression_type", "zstd")]),
    ("qcow2", &[("-c", ""), ("cluster_size", "512")]),
    ("qcow2", &[("-c", ""), ("cluster_size", "4k"), ("refcount_bits", "1")]),
    ("qcow2", &[("-c", ""), ("cluster_size", "16k"), ("refcount_bits", "2"), ("extended_l2", "on")]),
    ("qcow2", &[("-c", ""), ("cluster_size", "1M"), ("refcount_bits", "64")]),
    ("qcow2", &[("-c", ""), ("cluster_size", "2M"), ("compression_type", "zstd")]),
];

fn all_variants() -> impl Iterator<Item = (&'static str, &'static [(&'static str, &'static str)])> {
    VARIANTS.iter().chain(COMPRESSED).copied()
}

#[test]
fn every_format_has_a_variant_here() {
    for format in FORMATS {
        assert!(VARIANTS.iter().any(|(name, _)| *name == format.name()), "{}", format.name());
    }
    assert_eq!(disk::format("vpc").unwrap().name(), "vhd");
    assert_eq!(disk::format("iso").unwrap().name(), "raw");
    assert!(disk::format("vmdk").is_none());
}

#[test]
fn what_is_written_is_read() {
    for (seed, &(name, given)) in (1..).zip(VARIANTS) {
        let size = 9 * (1 << 20) + 512 * seed;
        let mut numbers = Numbers(seed * 7919);
        let (file, model) = (Growing::default(), Memory::new(size));
        let disk = disk::format(name).unwrap().create(Arc::new(file.clone()), &options(size, given)).unwrap();
        for _ in 0..60 {
            let start = numbers.below(size);
            let len = numbers.below(300_000).min(size - start);
            if numbers.below(5) == 0 {
                disk.zero_at(start..start + len).unwrap();
                model.zero_at(start..start + len).unwrap();
            } else {
                let bytes = numbers.bytes(len as usize);
                disk.write_at(&bytes, start).unwrap();
                model.write_at(&bytes, start).unwrap();
            }
        }
        disk.finish().unwrap();
        let file = std::mem::take(&mut *file.0.lock().unwrap());
        assert_eq!(findings(Arc::new(file.clone()), Some(name)), [""; 0], "{name} {given:?}");
        let disk = open(file, Some(name)).unwrap();
        assert_eq!(disk.size(), size);
        assert!(content(&disk).unwrap() == content(&model).unwrap(), "{name} {given:?}");
        random_reads(&disk, &model, &mut numbers);
        extents_are_true(&disk);
    }
}

fn random_reads(disk: &dyn ReadAt, model: &dyn ReadAt, numbers: &mut Numbers) {
    for _ in 0..200 {
        let start = numbers.below(model.size());
        let len = numbers.below(200_000).min(model.size() - start) as usize;
        let (mut ours, mut wanted) = (vec![1; len], vec![2; len]);
        disk.read_at(&mut ours, start).unwrap();
        model.read_at(&mut wanted, start).unwrap();
        assert!(ours == wanted);
    }
    refused(disk.read_at(&mut [0; 2], disk.size() - 1), ErrorKind::Corrupt, "ends at");
}

pub(crate) fn extents_are_true(disk: &dyn ReadAt) {
    let mut end = 0;
    for extent in Extents::new(disk) {
        let extent = extent.unwrap();
        assert!(extent.range.start == end && extent.range.end > end);
        end = extent.range.end;
        if extent.state != State::Data {
            let mut bytes = vec![1; extent.size() as usize];
            disk.read_at(&mut bytes, extent.range.start).unwrap();
            assert!(storage::is_zero(&bytes), "{extent:?}");
        }
    }
    assert_eq!(end, disk.size());
    let mut numbers = Numbers(3);
    for _ in 0..50.min(end) {
        let at = numbers.below(end);
        let extent = disk.extent_at(at).unwrap();
        assert!(extent.range.start == at && extent.range.end > at && extent.range.end <= end);
    }
    assert!(disk.extent_at(end).is_err());
}

#[test]
fn threads_may_write_at_once() {
    let size = 16 << 20;
    for (name, given) in all_variants() {
        let file = Growing::default();
        let disk = disk::format(name).unwrap().create(Arc::new(file.clone()), &options(size, given)).unwrap();
        let wanted = texture(size as usize);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (disk, wanted) = (&disk, &wanted);
                scope.spawn(move || {
                    // Not aligned to anything: neighbours share clusters.
                    for (i, part) in wanted.chunks(77_777).enumerate().filter(|(i, _)| i % 4 == thread) {
                        disk.write_at(part, i as u64 * 77_777).unwrap();
                    }
                });
            }
        });
        disk.finish().unwrap();
        let file = std::mem::take(&mut *file.0.lock().unwrap());
        assert_eq!(findings(Arc::new(file.clone()), Some(name)), [""; 0], "{name} {given:?}");
        let disk = open(file, Some(name)).unwrap();
        assert!(content(&disk).unwrap() == wanted, "{name} {given:?}");
    }
}

#[test]
fn empty_disks_of_any_size() {
    for (name, given) in all_variants() {
        for size in [0, 512, 1 << 20] {
            let disk = open(build(name, size, given, &[]), Some(name)).unwrap();
            assert_eq!((disk.size(), content(&disk).unwrap().len() as u64), (size, size), "{name} {given:?}");
            extents_are_true(&disk);
        }
    }
    let huge = open(build("qcow2", 1 << 50, &[("cluster_size", "2M")], &[]), None).unwrap();
    assert_eq!(Extents::new(&huge).count(), 1);
}

#[test]
fn a_sequential_disk_is_contiguous() {
    let whole = vec![5; 8 << 20];
    let disk = open(build("qcow2", 8 << 20, &[], &[(0, &whole)]), None).unwrap();
    assert_eq!(disk.extent_at(0).unwrap().range, 0..8 << 20);
}

#[test]
fn writes_past_the_end_and_bad_options_are_refused() {
    for (name, given) in all_variants() {
        let format = disk::format(name).unwrap();
        let disk = format.create(Arc::new(Growing::default()), &options(4096, given)).unwrap();
        refused(disk.write_at(&[1; 2], 4095), ErrorKind::Corrupt, "ends at");
        refused(disk.zero_at(4000..5000), ErrorKind::Corrupt, "ends at");
        let unknown = format.create(Arc::new(Growing::default()), &options(4096, &[("colour", "blue")]));
        refused(unknown.map(drop), ErrorKind::Unsupported, "colour");
    }
    type Given<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, u64, Given<'_>, &str)] = &[
        ("qcow2", 1 << 20, &[("cluster_size", "3k")], "power of two"),
        ("qcow2", 1 << 20, &[("cluster_size", "4M")], "power of two"),
        ("qcow2", 1 << 20, &[("compat", "2.0")], "1.1, v3, 0.10"),
        ("qcow2", 1 << 20, &[("refcount_bits", "12")], "one of 16"),
        ("qcow2", 1 << 20, &[("compat", "0.10"), ("refcount_bits", "8")], "refcount_bits=16"),
        ("qcow2", 1 << 20, &[("preallocation", "some")], "one of off"),
        ("qcow2", 1 << 20, &[("preallocation", "full"), ("-c", "")], "leave out -c"),
        ("qcow2", 1 << 20, &[("extended_l2", "on"), ("cluster_size", "8k")], "16k"),
        ("qcow2", 1 << 20, &[("extended_l2", "maybe")], "on, off"),
        ("qcow2", 1 << 20, &[("extended_l2", "on"), ("compat", "0.10")], "extended_l2=off"),
        ("qcow2", 1 << 20, &[("compression_type", "zstd"), ("compat", "v2")], "compression_type=zlib"),
        ("qcow2", 1 << 20, &[("compression_type", "lzma")], "zlib, zstd"),
        ("qcow2", 1 << 20, &[("zlib_window", "8k")], "one of 4k"),
        ("qcow2", 1 << 20, &[("data_file", "x")], "data_file"),
        ("raw", 1 << 20, &[("-c", "")], "cannot be compressed"),
        ("vhd", 1 << 20, &[("-c", "")], "cannot be compressed"),
        ("qcow2", 1000, &[], "sectors"),
        ("qcow2", 1 << 50, &[("cluster_size", "512")], "larger one"),
        ("vhd", 1000, &[], "sectors"),
        ("vhd", (2040 << 30) + 512, &[], "2040 GiB"),
        ("vhd", 512, &[("force_size", "maybe")], "on, off"),
    ];
    for &(name, size, given, word) in cases {
        let result = disk::format(name).unwrap().create(Arc::new(Growing::default()), &options(size, given));
        refused(result.map(drop), ErrorKind::Unsupported, word);
    }
}

#[test]
fn formats_that_are_not_read_are_called_by_name() {
    refused(open(vec![0; 512], Some("vmdk")), ErrorKind::Unsupported, "VMDK");
    refused(open(vec![0; 512], Some("nonsense")), ErrorKind::Unsupported, "raw");
    refused(disk::open(Arc::new(b"KDMV".to_vec()), None, &Closed), ErrorKind::Unsupported, "VMDK");
}

/// Text, noise and zeros in turns, in pieces of 30,000 bytes.
pub(crate) fn texture(len: usize) -> Vec<u8> {
    let mut numbers = Numbers(11);
    let mut bytes = Vec::with_capacity(len + 30_000);
    while bytes.len() < len {
        match bytes.len() / 30_000 % 4 {
            0 => bytes.extend(numbers.bytes(30_000)),
            3 => bytes.resize(bytes.len() + 30_000, 0),
            _ => bytes.extend((0..7_500u32).flat_map(|i| (i / 5 + (numbers.next() & 3) as u32).to_le_bytes())),
        }
    }
    bytes.truncate(len);
    bytes
}

#[test]
fn compressed_clusters_are_replaced_as_a_whole() {
    for (seed, &(name, given)) in (1..).zip(COMPRESSED) {
        let size = 9 * (1 << 20) + 512 * seed;
        let mut numbers = Numbers(seed * 7919);
        let (file, model) = (Growing::default(), Memory::new(size));
        let disk = disk::format(name).unwrap().create(Arc::new(file.clone()), &options(size, given)).unwrap();
        let whole = 2 << 20;
        for _ in 0..20 {
            let start = numbers.below(size) / whole * whole;
            let len = whole.min(size - start);
            if numbers.below(5) == 0 {
                disk.zero_at(start..start + len).unwrap();
                model.zero_at(start..start + len).unwrap();
            } else {
                let bytes = texture((len + start) as usize).split_off(start as usize);
                disk.write_at(&bytes, start).unwrap();
                model.write_at(&bytes, start).unwrap();
            }
        }
        disk.write_at(&texture(whole as usize), 0).unwrap();
        disk.write_at(&[1; 2 << 20], 0).unwrap();
        refused(disk.write_at(&[1; 100], 50), ErrorKind::Unsupported, "in parts");
        refused(disk.zero_at(50..100), ErrorKind::Unsupported, "in parts");
        disk.zero_at(0..whole).unwrap();
        disk.write_at(b"begun", 7).unwrap();
        disk.zero_at(8..10).unwrap();
        model.zero_at(0..whole).unwrap();
        model.write_at(b"b\0\0un", 7).unwrap();
        disk.finish().unwrap();
        let file = std::mem::take(&mut *file.0.lock().unwrap());
        assert_eq!(findings(Arc::new(file.clone()), Some(name)), [""; 0], "{name} {given:?}");
        let disk = open(file, Some(name)).unwrap();
        assert!(content(&disk).unwrap() == content(&model).unwrap(), "{name} {given:?}");
        random_reads(&disk, &model, &mut numbers);
        extents_are_true(&disk);
    }
}

/// Lets segments in as the first threads of a copy would come: in order, but only for their turn.
struct Queue {
    next: Mutex<usize>,
    moved: Condvar,
}

struct Place<'a>(&'a Queue, usize);

impl Turn for Place<'_> {
    fn take(&self, step: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let mut next = self.0.next.lock().unwrap();
        while *next < self.1 {
            next = self.0.moved.wait(next).unwrap();
        }
        assert_eq!(*next, self.1, "one turn each");
        let result = step();
        *next += 1;
        self.0.moved.notify_all();
        result
    }
}

/// Runs of 4 KiB that are not zeros, as the copy makes them of one segment.
fn pieces(bytes: &[u8], offset: u64) -> Vec<(u64, &[u8])> {
    let mut pieces: Vec<(u64, &[u8])> = Vec::new();
    for (i, part) in bytes.chunks(4096).enumerate().filter(|(_, part)| !storage::is_zero(part)) {
        match pieces.last_mut() {
            Some((start, run)) if *start + run.len() as u64 == offset + i as u64 * 4096 => {
                *run = &bytes[(*start - offset) as usize..i * 4096 + part.len()];
            }
            _ => pieces.push((offset + i as u64 * 4096, part)),
        }
    }
    pieces
}

fn in_segments(name: &str, given: &[(&str, &str)], bytes: &[u8], threads: usize) -> Vec<u8> {
    let file = Growing::default();
    let format = disk::format(name).unwrap();
    let disk = format.create(Arc::new(file.clone()), &options(bytes.len() as u64, given)).unwrap();
    let segments: Vec<_> = (0u64..).zip(bytes.chunks(1 << 20)).map(|(i, part)| pieces(part, i << 20)).collect();
    let segments: Vec<_> = segments.into_iter().filter(|pieces| !pieces.is_empty()).collect();
    let queue = Queue { next: Mutex::new(0), moved: Condvar::new() };
    let number = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let i = number.fetch_add(1, Ordering::Relaxed);
                    let Some(pieces) = segments.get(i) else { break };
                    let place = Place(&queue, i);
                    disk.write_segment(pieces, &place).unwrap();
                    if *queue.next.lock().unwrap() == i {
                        place.take(&mut || Ok(())).unwrap();
                    }
                }
            });
        }
    });
    disk.finish().unwrap();
    std::mem::take(&mut *file.0.lock().unwrap())
}

#[test]
fn equal_disks_become_equal_files() {
    let mut bytes = texture((13 << 20) + 512);
    bytes[(2 << 20) + 1..(5 << 20) - 1].fill(0);
    for (name, given) in all_variants() {
        // A VHD has an identity of its own, in its footers.
        let written = |threads| {
            let mut file = in_segments(name, given, &bytes, threads);
            if name == "vhd" {
                let end = file.len() - 512;
                let copy = if file.starts_with(b"conectix") { 0 } else { end };
                [copy, end].into_iter().for_each(|footer| file[footer + 24..footer + 84].fill(0));
            }
            file
        };
        let first = in_segments(name, given, &bytes, 1);
        assert_eq!(findings(Arc::new(first.clone()), Some(name)), [""; 0], "{name} {given:?}");
        assert!(content(&open(first.clone(), Some(name)).unwrap()).unwrap() == bytes, "{name} {given:?}");
        let first = written(1);
        for _ in 0..2 {
            assert!(written(4) == first, "{name} {given:?}");
        }
    }
}

#[test]
fn compressing_makes_files_smaller() {
    let bytes = texture(8 << 20);
    let len = |given: &[(&str, &str)]| build("qcow2", bytes.len() as u64, given, &[(0, &bytes)]).len();
    let plain = len(&[]);
    // Five clusters of metadata make a small disk with large clusters no example.
    let small = |given: &[(&str, &str)]| !given.iter().any(|(_, value)| value.ends_with('M'));
    for (_, given) in COMPRESSED.iter().copied().filter(|(_, given)| small(given)) {
        // One user a cluster leaves no room for two.
        let most = if given.contains(&("refcount_bits", "1")) { plain } else { plain * 3 / 4 };
        assert!(len(given) <= most, "{given:?}: {} of {plain}", len(given));
    }
}

#[test]
fn options_are_listed() {
    for format in FORMATS {
        for (name, what) in format.options() {
            assert!(!name.is_empty() && what.len() > 10 && what.len() < 110, "{name}: {what}");
        }
    }
    let names: Vec<_> = disk::format("qcow2").unwrap().options().iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted() && names.contains(&"compression_type"));
}
