//! Targets that give out places in the order of the disk: the same output whatever the threads do,
//! and nothing hangs when one of them fails.

use crate::disks::{Disk, Layout, Random, content, options};
use crate::hanging::within_limits;
use convert::{Progress, copy};
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use storage::{Error, ErrorKind, Memory, Result, Turn, WriteAt, read_vec};

const SIZE: u64 = (9 << 20) + 4096;
const BLOCK: u64 = 65_536;

/// A target that gives blocks their places as they are first written, as formats do.
#[derive(Debug)]
struct Placing {
    file: Memory,
    places: Mutex<BTreeMap<u64, u64>>,
    calls: AtomicU64,
    fault: Fault,
}

/// What goes wrong, at which call of which kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// Before the turn.
    Before(u64),
    /// In it.
    Within(u64),
    /// After it, when bytes are written.
    After(u64),
    /// As a panic, before the turn.
    Panic(u64),
}

impl Placing {
    fn new(fault: Fault) -> Self {
        Placing { file: Memory::new(SIZE * 2), places: Mutex::default(), calls: AtomicU64::new(0), fault }
    }

    fn call(&self, kind: fn(u64) -> Fault) -> Result<()> {
        if std::mem::discriminant(&kind(0)) != std::mem::discriminant(&self.fault)
            || kind(self.calls.fetch_add(1, Ordering::SeqCst)) != self.fault
        {
            return Ok(());
        }
        assert!(!matches!(self.fault, Fault::Panic(_)), "as tested");
        Err(Error::io("the target broke", std::io::Error::from_raw_os_error(28)))
    }

    /// Gives the blocks of a segment their places.
    fn place(&self, pieces: &[(u64, &[u8])]) -> Result<()> {
        self.call(Fault::Within)?;
        let mut places = self.places.lock().unwrap();
        for (offset, bytes) in pieces {
            for block in offset / BLOCK..(offset + bytes.len() as u64).div_ceil(BLOCK) {
                let next = places.len() as u64 * BLOCK;
                places.entry(block).or_insert(next);
            }
        }
        Ok(())
    }
}

impl WriteAt for Placing {
    fn write_at(&self, _: &[u8], _: u64) -> Result<()> {
        panic!("the engine writes segments")
    }

    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        assert!(!pieces.is_empty());
        // Different segments take different times.
        for _ in 0..Random(pieces[0].0).below(200) {
            std::thread::yield_now();
        }
        self.call(Fault::Before)?;
        self.call(Fault::Panic)?;
        turn.take(&mut || self.place(pieces))?;
        for (offset, bytes) in pieces {
            for (at, part) in (0u64..).map(|at| offset + at).step_by(4096).zip(bytes.chunks(4096)) {
                self.call(Fault::After)?;
                let place = self.places.lock().unwrap()[&(at / BLOCK)];
                self.file.write_at(part, place + at % BLOCK)?;
            }
        }
        Ok(())
    }

    fn zero_at(&self, _: Range<u64>) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn source() -> Disk {
    Disk::new(content(SIZE, 4711), Layout::Blocks(4096))
}

#[test]
fn the_output_is_the_same_with_any_number_of_threads() {
    for sparse in [4096, 65_536, 1 << 20, 0] {
        let run = |workers| {
            let target = Placing::new(Fault::None);
            within_limits(|| copy(&source(), &target, &options(workers, sparse), &())).unwrap();
            let places = target.places.into_inner().unwrap();
            (read_vec(&target.file, 0, SIZE * 2).unwrap(), places)
        };
        let (bytes, places) = run(1);
        assert!(places.values().is_sorted(), "-S {sparse}: places are not given in the order of the disk");
        for workers in [2, 3, 8] {
            let other = run(workers);
            assert!(other.0 == bytes && other.1 == places, "-S {sparse}, {workers} threads");
        }
    }
}

/// Every call fails once: as many runs as there are calls, until one goes through.
#[test]
fn whichever_call_fails_the_copy_fails_and_ends() {
    let expected = Placing::new(Fault::None);
    copy(&source(), &expected, &options(1, 4096), &()).unwrap();
    for workers in [1, 2, 8] {
        for kind in [Fault::Before, Fault::Within, Fault::After] {
            let mut failures = 0;
            for n in (0..).map(|n| if n < 16 { n } else { n * n }) {
                let target = Placing::new(kind(n));
                match within_limits(|| copy(&source(), &target, &options(workers, 4096), &())) {
                    Err(error) => assert_eq!((error.kind(), error.what()), (ErrorKind::Io, "the target broke")),
                    Ok(_) => {
                        let all = |target: &Placing| read_vec(&target.file, 0, SIZE * 2).unwrap();
                        assert!(all(&target) == all(&expected));
                        break;
                    }
                }
                failures += 1;
            }
            assert!(failures >= 9, "{:?} {failures}", kind(0));
        }
    }
}

#[test]
fn a_panic_in_one_thread_ends_the_others() {
    for workers in [1, 2, 8] {
        for n in [0, 1, 5, 9] {
            let target = Placing::new(Fault::Panic(n));
            let outcome = within_limits(|| {
                catch_unwind(AssertUnwindSafe(|| copy(&source(), &target, &options(workers, 4096), &()))).is_err()
            });
            assert!(outcome, "{workers} {n}");
            // Nobody after it has had a place: what is there is what came before.
            assert!(target.places.into_inner().unwrap().values().is_sorted());
        }
    }
}

/// The first segment is not written before all other threads wait for it and the user has lost patience.
#[derive(Debug)]
struct Slow {
    stop: AtomicBool,
    entered: AtomicU64,
    turns: AtomicU64,
    workers: u64,
}

impl WriteAt for Slow {
    fn write_at(&self, _: &[u8], _: u64) -> Result<()> {
        panic!("the engine writes segments")
    }
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        self.entered.fetch_add(1, Ordering::SeqCst);
        if pieces[0].0 < 1 << 20 {
            while self.entered.load(Ordering::SeqCst) < self.workers {
                std::thread::yield_now();
            }
            self.stop.store(true, Ordering::SeqCst);
        }
        turn.take(&mut || {
            self.turns.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    }
    fn zero_at(&self, _: Range<u64>) -> Result<()> {
        Ok(())
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Progress for Slow {
    fn at(&self, _: u64, _: u64) {}
    fn stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

#[test]
fn a_stop_is_obeyed_while_turns_are_waited_for() {
    for workers in [1, 2, 4] {
        let slow = Slow { stop: AtomicBool::default(), entered: 0.into(), turns: 0.into(), workers };
        let source = Disk::new(vec![1; 32 << 20], Layout::Data);
        let threads = usize::try_from(workers).unwrap();
        let error = within_limits(|| copy(&source, &slow, &options(threads, 4096), &slow)).unwrap_err();
        assert!(error.is_interrupted(), "{error}");
        // Who had begun is let through; nobody else begins.
        assert_eq!(slow.turns.into_inner(), workers);
    }
}
