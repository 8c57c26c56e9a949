//! Conversions into parts: side by side they are the file that the same conversion writes.

use crate::conformance::all_variants;
use crate::support::{Growing, Numbers, build, findings, open, options, refused, texture};
use convert::{Cut, Options, copy, in_parts};
use disk::CreateOptions;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use storage::{Error, ErrorKind, Memory, ReadAt, Source, WriteAt, read_vec};

const MIB: u64 = 1 << 20;

type Given = &'static [(&'static str, &'static str)];

/// Disks of different kinds, none of which ends where anything is cut.
fn disks() -> Vec<(&'static str, Source)> {
    let sparse = Memory::new(70 * MIB + 512);
    for (at, len) in [(0, 70_000), (5 * MIB - 700, 5000), (30 * MIB + 65_536, 4096), (65 * MIB, 900_000)] {
        sparse.write_at(&Numbers(at + 1).bytes(len), at).unwrap();
    }
    let mixed = texture((6 << 20) + 512);
    // What does not compress stands between what does: there is room left behind the latter.
    let mut patchy = Numbers(3).bytes((4 << 20) + 1024);
    patchy.chunks_mut(65_536).step_by(37).for_each(|cluster| cluster.fill(7));
    let image = |name, given: Given| {
        let writes = [(0, &mixed[..2 << 20]), (6 * MIB + 512, &mixed[3 << 20..5 << 20])];
        let disk = open(build(name, 13 * MIB, given, &writes), Some(name)).unwrap();
        let disk: Source = disk;
        disk
    };
    vec![
        ("sparse", Arc::new(sparse)),
        ("patchy", Arc::new(patchy)),
        ("qcow2", image("qcow2", &[])),
        ("vmdk", image("vmdk", &[])),
        ("mixed", Arc::new(mixed)),
        ("empty", Arc::new(Memory::new(3 * MIB))),
    ]
}

fn how(workers: usize) -> Options {
    Options { workers, ..Options::default() }
}

fn whole(name: &str, given: Given, disk: &Source) -> (Vec<u8>, convert::Digest) {
    let file = Growing::default();
    let target = disk::format(name).unwrap().create(Arc::new(file.clone()), &made(disk.size(), given)).unwrap();
    let copied = copy(disk, &*target, &how(2), &()).unwrap();
    target.finish().unwrap();
    (std::mem::take(&mut *file.0.lock().unwrap()), copied.digest)
}

struct Cutting {
    part_size: u64,
    workers: usize,
    connections: usize,
}

/// The parts by number, and the digest of the disk.
fn cut(name: &str, given: Given, disk: &Source, how_cut: &Cutting) -> (BTreeMap<u32, Vec<u8>>, convert::Digest) {
    let Cutting { part_size, workers, connections } = *how_cut;
    // What has a place from the start is in front, and all of it.
    let in_front = if given.iter().any(|(name, _)| *name == "preallocation") { disk.size() + 8 * MIB } else { 5 * MIB };
    let cut = Cut { part_size, memory: Cut::least_memory(part_size) + in_front };
    let parts = Mutex::new(BTreeMap::new());
    let sink = |part: &convert::Part<'_>| {
        let bytes = read_vec(part, 0, part.size())?;
        assert!(part.slices().eq_by_bytes(&bytes));
        let others = parts.lock().unwrap().insert(part.number(), (part.offset(), bytes));
        assert!(others.is_none(), "part {} came twice", part.number());
        Ok::<_, Error>(())
    };
    let delivered = in_parts(&cut, connections, &sink, |file| {
        let target = disk::format(name).unwrap().create(file, &made(disk.size(), given))?;
        let copied = copy(disk, &*target, &how(workers), &())?;
        target.finish()?;
        Ok(copied)
    });
    let delivered = delivered.unwrap_or_else(|error| panic!("{name} {given:?} {part_size}: {error}"));
    let parts = parts.into_inner().unwrap();
    assert_eq!(parts.len(), delivered.parts as usize);
    assert!(u64::from(delivered.parts) <= Cut::most_parts(part_size, delivered.size));
    let mut end = 0;
    for (number, (offset, bytes)) in &parts {
        assert_eq!(*offset, end, "part {number}");
        end += bytes.len() as u64;
        let is_last = *number == delivered.parts;
        assert!(is_last || *number == 1 && bytes.len() >= 100 << 10 || bytes.len() as u64 == part_size);
    }
    assert_eq!(end, delivered.size);
    (parts.into_iter().map(|(number, (_, bytes))| (number, bytes)).collect(), delivered.value.digest)
}

trait Slices {
    fn eq_by_bytes(self, bytes: &[u8]) -> bool;
}

impl<'a, I: Iterator<Item = &'a [u8]>> Slices for I {
    fn eq_by_bytes(mut self, bytes: &[u8]) -> bool {
        let mut at = 0;
        self.all(|slice| {
            at += slice.len();
            bytes[at - slice.len()..at] == *slice
        }) && at == bytes.len()
    }
}

fn variants() -> impl Iterator<Item = (&'static str, Given)> {
    let more: [(&str, Given); 1] = [("vmdk", &[])];
    all_variants().chain(more)
}

/// All at one moment.
fn made(size: u64, given: Given) -> CreateOptions {
    CreateOptions { made: Some(1_700_000_000), ..options(size, given) }
}

#[test]
fn parts_side_by_side_are_the_file() {
    let sizes = [100 << 10, MIB, 1_234_567, 5 * MIB, 16 * MIB];
    let mut numbers = Numbers(99);
    for (what, disk) in disks() {
        for (name, given) in variants() {
            // These are as long as the disk.
            let is_full = given.iter().any(|(name, value)| *name == "preallocation" || *value == "fixed");
            if what == "sparse" && is_full {
                continue;
            }
            let (expected, digest) = whole(name, given, &disk);
            let cutting = Cutting {
                part_size: sizes[numbers.below(sizes.len() as u64) as usize],
                workers: [1, 2, 8][numbers.below(3) as usize],
                connections: [1, 3][numbers.below(2) as usize],
            };
            let (parts, of_parts) = cut(name, given, &disk, &cutting);
            let joined = parts.into_values().collect::<Vec<_>>().concat();
            let differs = joined.iter().zip(&expected).position(|(a, b)| a != b);
            assert!(
                joined.len() == expected.len() && differs.is_none(),
                "{what} {name} {given:?} {}: {} for {}, {differs:?}",
                cutting.part_size,
                joined.len(),
                expected.len()
            );
            assert_eq!(digest, of_parts);
        }
    }
}

/// Small clusters have so many tables that those are written between them.
#[test]
fn tables_are_passed_on_with_the_rest() {
    let disk = Memory::new(140 * MIB);
    for i in 0..140 * 32 {
        let mut bytes = Numbers(i + 1).bytes(4096);
        bytes[..if i / 100 % 2 == 0 { 4096 } else { 3 }].fill(5);
        disk.write_at(&bytes, i * 32_768).unwrap();
    }
    let disk: Source = Arc::new(disk);
    let compressed: Given = &[("-c", ""), ("cluster_size", "512")];
    for given in [&compressed[1..], compressed] {
        let expected = whole("qcow2", given, &disk).0;
        for (part_size, workers) in [(150_000, 8), (3 * MIB, 2)] {
            let cutting = Cutting { part_size, workers, connections: 2 };
            let parts = cut("qcow2", given, &disk, &cutting).0;
            assert!(parts.into_values().collect::<Vec<_>>().concat() == expected, "{given:?} {part_size}");
        }
    }
}

/// Who is interrupted converts again, and sends what is not there.
#[test]
fn parts_are_the_same_whatever_the_threads_do() {
    let disk: Source = Arc::new(texture((5 << 20) + 512));
    for (name, given) in variants() {
        let parts = |workers| {
            let cutting = Cutting { part_size: 300_000, workers, connections: 2 };
            cut(name, given, &disk, &cutting).0
        };
        let first = parts(1);
        assert!(!first.is_empty() && parts(2) == first && parts(8) == first, "{name} {given:?}");
    }
}

/// What is put together from parts is an image.
#[test]
fn what_arrives_is_sound() {
    let disk: Source = Arc::new(texture((3 << 20) + 512));
    for (name, given) in variants() {
        let cutting = Cutting { part_size: 100 << 10, workers: 3, connections: 2 };
        let file = cut(name, given, &disk, &cutting).0.into_values().collect::<Vec<_>>().concat();
        if name != "vmdk" {
            assert_eq!(findings(Arc::new(file.clone()), Some(name)), [""; 0], "{name} {given:?}");
        }
        let arrived: Source = open(file, Some(name)).unwrap();
        let digests = [&disk, &arrived].map(|disk| convert::digest(disk, 1, &()).unwrap());
        assert_eq!(digests[0], digests[1], "{name} {given:?}");
    }
}

/// Where too much is written last, that is said before anything is sent.
#[test]
fn what_needs_too_much_memory_is_refused_at_once() {
    let disk: Source = Arc::new(Memory::new(1 << 30));
    let cut = Cut { part_size: MIB, memory: Cut::least_memory(MIB) };
    let never = |part: &convert::Part<'_>| Err(Error::refused(format!("{part:?} was sent")));
    let made = in_parts(&cut, 1, &never, |file| {
        let given = options(disk.size(), &[("preallocation", "metadata")]);
        let target = disk::format("qcow2").unwrap().create(file, &given)?;
        copy(&disk, &*target, &how(2), &())?;
        target.finish()
    });
    refused(made, ErrorKind::Refused, "written last");
    let few = Cut { part_size: 16 * MIB, memory: 16 * MIB };
    refused(in_parts(&few, 1, &never, |_| Ok(())), ErrorKind::Refused, "too few");
}
