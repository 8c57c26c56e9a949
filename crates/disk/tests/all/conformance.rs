//! What holds for every format that is written.

use crate::support::{Growing, Numbers, build, content, findings, open, options, refused, texture};
use disk::{Closed, FORMATS};
use std::sync::Arc;
use storage::{ErrorKind, Extents, Memory, ReadAt, State, WriteAt};

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

pub(crate) fn all_variants() -> impl Iterator<Item = (&'static str, &'static [(&'static str, &'static str)])> {
    VARIANTS.iter().chain(COMPRESSED).copied()
}

#[test]
fn every_format_has_a_variant_here() {
    // A VMDK is a stream, written in the order of the disk only: it has tests of its own.
    for format in FORMATS.iter().filter(|format| format.name() != "vmdk") {
        let made = format.create(Arc::new(Growing::default()), &options(1 << 20, &[]));
        let there = VARIANTS.iter().any(|(name, _)| *name == format.name());
        assert_eq!(made.is_ok(), there, "{}", format.name());
        assert!(there || made.is_err_and(|error| error.kind() == ErrorKind::Unsupported));
    }
    assert_eq!(disk::format("vpc").unwrap().name(), "vhd");
    assert!(disk::format("qed").is_none());
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
    refused(open(vec![0; 512], Some("qed")), ErrorKind::Unsupported, "QED");
    refused(open(vec![0; 512], Some("nonsense")), ErrorKind::Unsupported, "raw");
    refused(disk::open(Arc::new(b"QED\0".to_vec()), None, &Closed), ErrorKind::Unsupported, "QED");
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
        disk.write_at(&numbers.bytes(whole as usize), 0).unwrap();
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
