//! Writing in segments by several threads, as a copy does.

use crate::conformance::all_variants;
use crate::support::{Growing, content, findings, open, options, texture};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use storage::{Result, Turn};

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
