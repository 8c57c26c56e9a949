//! Disks that fail and users who lose patience: the error comes out, and nothing hangs.

use crate::disks::{Disk, Layout, content};
use convert::{Comparison, Options, Progress, compare, copy, digest};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{Error, ErrorKind, Extent, Memory, ReadAt, Result, WriteAt};

const SIZE: u64 = 12 << 20;

/// Fails in the ways that it is told to.
#[derive(Debug)]
struct Faulty {
    disk: Disk,
    memory: Memory,
    calls: AtomicU64,
    /// Which call fails, counted over all calls of the kind.
    fails: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Read(u64),
    ReadOver(u64),
    Map(u64),
    Write(u64),
    Zero(u64),
}

impl Faulty {
    fn new(fails: Fault) -> Self {
        let disk = Disk::new(content(SIZE, 77), Layout::Blocks(65_536));
        Faulty { disk, memory: Memory::new(SIZE), calls: AtomicU64::new(0), fails }
    }

    fn call(&self, kind: fn(u64) -> Fault, what: &str) -> Result<()> {
        // Only calls of the kind that fails are counted.
        if std::mem::discriminant(&kind(0)) != std::mem::discriminant(&self.fails) {
            return Ok(());
        }
        if self.fails == kind(self.calls.fetch_add(1, Ordering::SeqCst)) {
            return Err(Error::io(format!("{what} broke"), std::io::Error::from_raw_os_error(5)));
        }
        Ok(())
    }
}

impl ReadAt for Faulty {
    fn size(&self) -> u64 {
        self.disk.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.call(Fault::Read, "reading")?;
        if let Fault::ReadOver(at) = self.fails
            && (offset..offset + buf.len() as u64).contains(&at)
        {
            return Err(Error::corrupt(at, "reading broke"));
        }
        self.disk.read_at(buf, offset)
    }
    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.call(Fault::Map, "mapping")?;
        self.disk.extent_at(offset)
    }
}

impl WriteAt for Faulty {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.call(Fault::Write, "writing")?;
        self.memory.write_at(buf, offset)
    }
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        self.call(Fault::Zero, "wiping")?;
        self.memory.zero_at(range)
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_source_that_fails_once_fails_the_copy() {
    for workers in [1, 2, 8] {
        for n in [0, 1, 2, 9] {
            for (fault, what) in [(Fault::Read(n), "reading broke"), (Fault::Map(n), "mapping broke")] {
                let options = Options { workers, ..Options::default() };
                let error = copy(&Faulty::new(fault), &Memory::new(SIZE), &options, &()).unwrap_err();
                assert_eq!((error.kind(), error.what()), (ErrorKind::Io, what));
                assert_eq!(digest(&Faulty::new(fault), workers, &()).unwrap_err().what(), what);
                let fine = Faulty::new(Fault::None);
                assert_eq!(compare(&fine, &Faulty::new(fault), workers, &()).unwrap_err().what(), what);
            }
        }
    }
}

#[test]
fn a_target_that_fails_once_fails_the_copy() {
    let source = Faulty::new(Fault::None);
    for workers in [1, 2, 8] {
        for n in [0, 1, 20] {
            for (fault, what) in [(Fault::Write(n), "writing broke"), (Fault::Zero(n), "wiping broke")] {
                let options = Options { workers, target_is_zero: false, ..Options::default() };
                let error = copy(&source, &Faulty::new(fault), &options, &()).unwrap_err();
                assert_eq!((error.kind(), error.what()), (ErrorKind::Io, what));
            }
        }
    }
}

#[test]
fn what_lies_first_on_the_disk_decides() {
    let source = Disk::new(vec![1; 12 << 20], Layout::Data);
    let at = |offset: u64| {
        let mut bytes = vec![1; 12 << 20];
        bytes[usize::try_from(offset).unwrap()] = 2;
        bytes
    };
    for workers in [1, 2, 8] {
        for (differs, breaks) in [(1 << 20, 3 << 20), (5 << 20, 4 << 20), (11 << 20, 0)] {
            let disk = Disk::new(at(differs), Layout::Data);
            let broken = Faulty { disk, ..Faulty::new(Fault::ReadOver(breaks)) };
            match compare(&source, &broken, workers, &()) {
                Ok(found) => assert!(differs < breaks && found == Comparison::Differ(differs)),
                Err(error) => assert!(breaks < differs && error.offset() == Some(breaks)),
            }
        }
    }
}

#[test]
fn a_map_that_makes_no_sense_is_an_error_not_a_loop() {
    #[derive(Debug)]
    struct Mapped(Range<u64>);
    impl ReadAt for Mapped {
        fn size(&self) -> u64 {
            4096
        }
        fn read_at(&self, buf: &mut [u8], _: u64) -> Result<()> {
            buf.fill(0);
            Ok(())
        }
        fn extent_at(&self, _: u64) -> Result<Extent> {
            Ok(Extent { range: self.0.clone(), state: storage::State::Unmapped })
        }
    }
    for range in [0..0, 1..4096, 0..4097, 0..2048] {
        assert_eq!(digest(&Mapped(range), 1, &()).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

/// Asks to stop from the `n`th question on.
struct Impatient(AtomicU64);

impl Progress for Impatient {
    fn at(&self, _: u64, _: u64) {}
    fn stop(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1))) == Ok(0)
    }
}

#[test]
fn a_stop_is_obeyed_before_the_next_megabyte() {
    #[derive(Debug)]
    struct Counting(Memory, AtomicU64);
    impl WriteAt for Counting {
        fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
            self.1.fetch_add(buf.len() as u64, Ordering::SeqCst);
            self.0.write_at(buf, offset)
        }
        fn zero_at(&self, range: Range<u64>) -> Result<()> {
            self.0.zero_at(range)
        }
        fn finish(self: Box<Self>) -> Result<()> {
            Ok(())
        }
    }
    let source = Disk::new(vec![5; 32 << 20], Layout::Data);
    for workers in [1, 2, 4] {
        for patience in [0, 1, 7] {
            let target = Counting(Memory::new(32 << 20), AtomicU64::new(0));
            let options = Options { workers, ..Options::default() };
            let error = copy(&source, &target, &options, &Impatient(AtomicU64::new(patience))).unwrap_err();
            assert!(error.is_interrupted(), "{error}");
            assert_eq!(target.1.into_inner(), patience << 20);
            let impatient = Impatient(AtomicU64::new(patience));
            assert!(digest(&source, workers, &impatient).unwrap_err().is_interrupted());
            let impatient = Impatient(AtomicU64::new(patience));
            assert!(compare(&source, &source, workers, &impatient).unwrap_err().is_interrupted());
        }
    }
}

/// A petabyte in holes of one block: hours of walking.
#[test]
fn a_stop_is_obeyed_among_holes() {
    #[derive(Debug)]
    struct Holes;
    impl ReadAt for Holes {
        fn size(&self) -> u64 {
            1 << 50
        }
        fn read_at(&self, _: &mut [u8], _: u64) -> Result<()> {
            Err(Error::unsupported("nothing here is to be read"))
        }
        fn extent_at(&self, offset: u64) -> Result<Extent> {
            Ok(Extent { range: offset..offset + 512, state: storage::State::Zero })
        }
    }
    assert!(digest(&Holes, 2, &Impatient(AtomicU64::new(3))).unwrap_err().is_interrupted());
}
