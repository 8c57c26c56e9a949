//! What the writer accepts, and that it only ever adds to the file.

use super::build::GRAIN;
use super::{check, details, driver, info, open, written};
use crate::support::{Growing, Numbers, content, options, refused};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex};
use storage::{ErrorKind, ReadAt, Result, Turn, WriteAt};

/// A pipe: whoever writes elsewhere than at the end fails.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl WriteAt for Pipe {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        let mut bytes = self.0.lock().unwrap();
        assert_eq!(offset, bytes.len() as u64);
        bytes.extend_from_slice(buf);
        Ok(())
    }
    fn zero_at(&self, _: Range<u64>) -> Result<()> {
        panic!("holes in a pipe");
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// Segments take their turns by number.
struct Turns {
    next: Mutex<u64>,
    changed: Condvar,
}

struct Numbered<'a>(&'a Turns, u64);

impl Turn for Numbered<'_> {
    fn take(&self, step: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let mut next = self.0.next.lock().unwrap();
        while *next != self.1 {
            next = self.0.changed.wait(next).unwrap();
        }
        step()?;
        *next += 1;
        self.0.changed.notify_all();
        Ok(())
    }
}

/// Data in pieces that begin and end anywhere, over several tables.
fn pieces(size: usize) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut numbers = Numbers(19);
    let mut disk = vec![0; size];
    let mut ranges = Vec::new();
    let mut at = 0;
    loop {
        at += [0, 512, 4096, 70_000, 3 << 20][numbers.below(5) as usize];
        let len = [512, 4096, 65_536, 200_000][numbers.below(4) as usize];
        if at + len > size {
            break;
        }
        let bytes = numbers.bytes(len);
        disk[at..at + len].copy_from_slice(&bytes);
        disk[at + len / 2..at + len].fill(3);
        ranges.push(at..at + len);
        at += len;
    }
    (disk, ranges)
}

#[test]
fn the_same_file_however_it_is_written() {
    let size = (100 << 20) + 4096;
    let (disk, ranges) = pieces(size);
    let wanted = written(size as u64, &[], &[(0, &disk)]);
    let parts: Vec<_> = ranges.iter().map(|range| (range.start as u64, &disk[range.clone()])).collect();
    assert!(written(size as u64, &[], &parts) == wanted);
    let small: Vec<_> = disk.chunks(5000).enumerate().map(|(i, part)| (i as u64 * 5000, part)).collect();
    assert!(written(size as u64, &[], &small) == wanted);
    for (threads, segment) in [(1, 1 << 20), (4, 1 << 20), (3, 100_000)] {
        assert!(in_segments(&disk, &ranges, threads, segment) == wanted, "{threads} {segment}");
    }
}

fn in_segments(disk: &[u8], ranges: &[Range<usize>], threads: usize, segment: usize) -> Vec<u8> {
    let pipe = Pipe::default();
    let writer = driver().create(Arc::new(pipe.clone()), &options(disk.len() as u64, &[])).unwrap();
    let turns = Turns { next: Mutex::new(0), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (writer, turns) = (&writer, &turns);
            scope.spawn(move || {
                for n in (0..disk.len().div_ceil(segment)).filter(|n| n % threads == thread) {
                    let whole = n * segment..(n + 1) * segment;
                    let within = ranges.iter().map(|range| range.start.max(whole.start)..range.end.min(whole.end));
                    let pieces: Vec<_> = within
                        .filter(|range| range.start < range.end)
                        .map(|range| (range.start as u64, &disk[range]))
                        .collect();
                    writer.write_segment(&pieces, &Numbered(turns, n as u64)).unwrap();
                }
            });
        }
    });
    writer.finish().unwrap();
    let file = pipe.0.lock().unwrap();
    file.clone()
}

/// As a conversion writes: by several threads, holes passed over or wiped.
#[test]
fn the_same_file_by_way_of_a_copy() {
    let size = (40 << 20) + 4096;
    let (disk, _) = pieces(size);
    let wanted = written(size as u64, &[], &[(0, &disk)]);
    for (workers, sparse, target_is_zero) in [(1, 4096, true), (4, 4096, true), (4, 512, false), (3, 0, true)] {
        let pipe = Pipe::default();
        let writer = driver().create(Arc::new(pipe.clone()), &options(size as u64, &[])).unwrap();
        let how = convert::Options { workers, sparse, target_is_zero, ..convert::Options::default() };
        convert::copy(&disk, &*writer, &how, &()).unwrap();
        writer.finish().unwrap();
        assert!(*pipe.0.lock().unwrap() == wanted, "{workers} {sparse} {target_is_zero}");
    }
}

#[test]
fn sizes_and_ends() {
    for size in [0, 512, 65_536, 65_536 + 512, 32 << 20, (32 << 20) + 512, 1 << 40] {
        let file = written(size, &[], &[]);
        let disk = open(&file).unwrap();
        assert_eq!((disk.size(), check(&file).is_clean()), (size, true));
        if size > 0 && size < 1 << 30 {
            let disk: Vec<u8> = Numbers(size).bytes(size as usize);
            let file = written(size, &[], &[(0, &disk)]);
            assert!(content(&open(&file).unwrap()).unwrap() == disk && check(&file).is_clean());
        }
    }
    assert!(written(1 << 40, &[], &[]).len() < 300_000);
}

#[test]
fn zeros_are_not_stored() {
    let mut disk = vec![0; 10 * GRAIN];
    disk[GRAIN * 4] = 1;
    let file = written(disk.len() as u64, &[], &[(0, &disk)]);
    assert_eq!(check(&file).allocated_clusters, 1);
}

#[test]
fn backwards_is_an_error() {
    let writer = || driver().create(Arc::new(Growing::default()), &options(1 << 20, &[])).unwrap();
    let disk = writer();
    disk.write_at(&[1; 1000], 70_000).unwrap();
    refused(disk.write_at(&[1; 1000], 70_999), ErrorKind::Unsupported, "order of the disk");
    refused(disk.write_at(&[1; 1000], 0), ErrorKind::Unsupported, "order of the disk");
    disk.write_at(&[1; 1000], 71_000).unwrap();
    disk.write_at(&[1; 512], 200_000).unwrap();
    // What was never written is zeros already, what is stored stays.
    disk.zero_at(0..65_536).unwrap();
    disk.zero_at(300_000..1 << 20).unwrap();
    disk.zero_at(200_000..200_100).unwrap();
    refused(disk.zero_at(60_000..80_000), ErrorKind::Unsupported, "order of the disk");
    refused(disk.write_at(&[1; 2], (1 << 20) - 1), ErrorKind::Corrupt, "ends at");
    refused(disk.zero_at(0..2 << 20), ErrorKind::Corrupt, "ends at");
    disk.finish().unwrap();
}

#[test]
fn a_part_can_be_taken_back_before_it_is_stored() {
    let file = written(1 << 20, &[], &[(100, &[7; 1000])]);
    let growing = Growing::default();
    let disk = driver().create(Arc::new(growing.clone()), &options(1 << 20, &[])).unwrap();
    disk.write_at(&[7; 2000], 100).unwrap();
    disk.zero_at(1100..5000).unwrap();
    disk.finish().unwrap();
    assert!(*growing.0.lock().unwrap() == file);
}

#[test]
fn options_are_qemus() {
    let file = written(1 << 30, &[("subformat", "streamOptimized"), ("adapter_type", "ide"), ("hwversion", "13")], &[]);
    assert_eq!(details(&info(&file)).adapter_type.as_deref(), Some("ide"));
    let text = String::from_utf8_lossy(&file[512..2048]).into_owned();
    assert!(text.contains("virtualHWVersion = \"13\"") && text.contains("heads = \"16\""), "{text}");
    assert_eq!(details(&info(&written(1 << 30, &[], &[]))).adapter_type.as_deref(), Some("lsilogic"));
    let create = |size: u64, given: &[(&str, &str)]| {
        driver().create(Arc::new(Growing::default()), &options(size, given)).map(drop)
    };
    refused(create(512, &[("subformat", "monolithicFlat")]), ErrorKind::Unsupported, "one of streamOptimized");
    refused(create(512, &[("adapter_type", "nvme")]), ErrorKind::Unsupported, "lsilogic, ide");
    refused(create(512, &[("hwversion", "x\"")]), ErrorKind::Unsupported, "hwversion");
    refused(create(512, &[("colour", "blue")]), ErrorKind::Unsupported, "the options are subformat");
    refused(create(1000, &[]), ErrorKind::Unsupported, "whole sectors");
    refused(create(1 << 60, &[]), ErrorKind::Unsupported, "too large");
    assert_eq!(driver().options().len(), 3);
}

/// Equal disks become equal files, and other disks have another content id.
#[test]
fn files_are_reproducible() {
    let one = written(1 << 20, &[], &[(5, b"x")]);
    assert!(one == written(1 << 20, &[], &[(5, b"x")]));
    let cid = |size| details(&info(&written(size, &[], &[]))).cid;
    assert_ne!(cid(1 << 20), cid(2 << 20));
}
