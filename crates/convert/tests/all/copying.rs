//! What is copied is what was there, and what need not be written is not.

use crate::disks::{Disk, LAYOUTS, Layout, SIZES, assert_holds, content, dirty};
use convert::{Options, Progress, copy};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use storage::{ErrorKind, Memory, ReadAt, Result, WriteAt, is_zero};

/// Notes what it is asked to do.
struct Noting {
    memory: Memory,
    writes: Mutex<Vec<(Range<u64>, bool)>>,
    wipes: Mutex<Vec<Range<u64>>>,
}

impl Noting {
    fn new(memory: Memory) -> Self {
        Noting { memory, writes: Mutex::default(), wipes: Mutex::default() }
    }
}

impl WriteAt for Noting {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.writes.lock().unwrap().push((offset..offset + buf.len() as u64, is_zero(buf)));
        self.memory.write_at(buf, offset)
    }
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        self.wipes.lock().unwrap().push(range.clone());
        self.memory.zero_at(range)
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn options(workers: usize, sparse: u64, target_is_zero: bool) -> Options {
    Options { workers, sparse, target_is_zero, ..Options::default() }
}

#[test]
fn every_size_layout_and_option_gives_the_same_bytes() {
    for (seed, size) in SIZES.into_iter().enumerate() {
        let bytes = content(size, seed as u64);
        for layout in LAYOUTS {
            let source = Disk::new(bytes.clone(), layout);
            for (workers, sparse) in [(1, 4096), (3, 512), (2, 1 << 30), (2, 0), (4, 12_288)] {
                for fresh in [true, false] {
                    let target = if fresh { Memory::new(size) } else { dirty(size) };
                    let copied = copy(&source, &target, &options(workers, sparse, fresh), &()).unwrap();
                    assert_holds(&target, &bytes, &format!("{size} {layout:?} {workers} {sparse} {fresh}"));
                    assert_eq!(copied.size, size);
                }
            }
        }
    }
}

#[test]
fn zeros_are_skipped_at_the_granularity_asked_for() {
    let mut bytes = vec![0; 4 << 20];
    bytes[8192] = 1;
    bytes[(2 << 20) - 1..(2 << 20) + 1].fill(2);
    let source = Disk::new(bytes.clone(), Layout::Data);
    for (sparse, written) in [(512, 3 * 512), (4096, 3 * 4096), (65_536, 3 * 65_536), (1 << 20, 3 << 20), (0, 4 << 20)]
    {
        let target = Noting::new(Memory::new(4 << 20));
        let copied = copy(&source, &target, &options(2, sparse, true), &()).unwrap();
        assert_eq!(copied.written, written, "-S {sparse}");
        let writes = target.writes.into_inner().unwrap();
        assert_eq!(writes.iter().map(|(range, _)| range.end - range.start).sum::<u64>(), written);
        assert!(sparse == 0 || writes.iter().all(|(_, zero)| !zero), "zeros were written with -S {sparse}");
        assert_eq!(target.wipes.into_inner().unwrap(), []);
    }
}

#[test]
fn nothing_is_skipped_without_granularity() {
    let source = Memory::new((3 << 20) + 5);
    let target = Noting::new(dirty((3 << 20) + 5));
    let copied = copy(&source, &target, &options(2, 0, false), &()).unwrap();
    assert_eq!(copied.written, (3 << 20) + 5);
    assert_holds(&target.memory, &vec![0; (3 << 20) + 5], "all zeros");
}

#[test]
fn old_content_is_wiped_once_and_only_where_nothing_is_written() {
    let bytes = content(7_777_777, 5);
    let source = Disk::new(bytes, Layout::Blocks(4096));
    let target = Noting::new(dirty(7_777_777));
    copy(&source, &target, &options(2, 4096, false), &()).unwrap();
    let mut all = target.wipes.into_inner().unwrap();
    all.extend(target.writes.into_inner().unwrap().into_iter().map(|(range, _)| range));
    all.sort_by_key(|range| range.start);
    let end = all.iter().fold(0, |end, range| {
        assert_eq!(range.start, end);
        range.end
    });
    assert_eq!(end, 7_777_777);
}

#[test]
fn neighbouring_data_is_written_together() {
    let bytes = vec![7; 8 << 20];
    let target = Noting::new(Memory::new(8 << 20));
    copy(&Disk::new(bytes, Layout::Blocks(512)), &target, &options(1, 4096, true), &()).unwrap();
    let writes = target.writes.into_inner().unwrap();
    assert!(writes.iter().all(|(range, _)| range.end - range.start == 1 << 20), "{writes:?}");
}

#[test]
fn progress_goes_forward_to_the_end() {
    struct Seen(Mutex<Vec<(u64, u64)>>);
    impl Progress for Seen {
        fn at(&self, done: u64, total: u64) {
            self.0.lock().unwrap().push((done, total));
        }
    }
    let seen = Seen(Mutex::default());
    let source = Disk::new(content(20 << 20, 1), Layout::Blocks(4096));
    copy(&source, &Memory::new(20 << 20), &options(3, 4096, true), &seen).unwrap();
    let seen = seen.0.into_inner().unwrap();
    assert!(seen.is_sorted() && seen.iter().all(|&(done, total)| done <= total && total == 20 << 20));
    assert_eq!((seen[0].0, seen[seen.len() - 1].0), (0, 20 << 20));
}

#[test]
fn memory_bounds_the_threads() {
    const SIZE: u64 = 9 << 20;
    #[derive(Debug)]
    struct Counting(Disk, AtomicU64, AtomicU64);
    impl ReadAt for Counting {
        fn size(&self) -> u64 {
            self.0.size()
        }
        fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
            let now = self.1.fetch_add(1, Ordering::SeqCst) + 1;
            self.2.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1));
            let read = self.0.read_at(buf, offset);
            self.1.fetch_sub(1, Ordering::SeqCst);
            read
        }
    }
    let disk = Disk::new(content(SIZE, 1), Layout::Data);
    for (memory, most) in [(4 << 20, 1), (9 << 20, 2), (13 << 20, 3)] {
        let source = Counting(disk.clone(), AtomicU64::new(0), AtomicU64::new(0));
        let options = Options { workers: 16, memory, ..Options::default() };
        copy(&source, &Memory::new(SIZE), &options, &()).unwrap();
        let seen = source.2.into_inner();
        assert!((1..=most).contains(&seen), "{memory}: {seen}");
    }
    let too_little = Options { memory: (4 << 20) - 1, ..Options::default() };
    let error = copy(&disk, &Memory::new(SIZE), &too_little, &()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.what().contains("4194304"), "{error}");
}
