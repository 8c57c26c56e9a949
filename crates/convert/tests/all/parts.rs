//! Parts that are passed on while the rest is written: who takes them may be slow, fail or panic, and so may who writes.

#![allow(clippy::single_range_in_vec_init, reason = "a list of ranges may be short")]

use crate::disks::{Disk, Layout, content, options};
use crate::hanging::within_limits;
use convert::{Cut, Part, Progress, copy, in_parts};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;
use storage::{Error, ErrorKind, ReadAt, Result, WriteAt, read_vec};

const SIZE: u64 = (40 << 20) + 4096;
const PART: u64 = 1 << 20;

/// Made once, which takes its time.
static SOURCE: LazyLock<Disk> = LazyLock::new(|| Disk::new(content(SIZE, 4711), Layout::Blocks(4096)));

fn source() -> Disk {
    SOURCE.clone()
}

fn least() -> Cut {
    Cut { part_size: PART, memory: Cut::least_memory(PART) }
}

/// The disk in parts of a megabyte, in as little memory as there may be.
fn copied(workers: usize, connections: usize, sink: &(dyn Fn(&Part<'_>) -> Result<()> + Sync)) -> Result<u32> {
    let source = source();
    let made = within_limits(|| {
        in_parts(&least(), connections, sink, |file| copy(&source, &*file, &options(workers, 4096), &()))
    });
    made.map(|made| made.parts)
}

/// Parts as they come in.
#[derive(Default)]
struct Arrived(Mutex<Vec<(u64, Vec<u8>)>>);

impl Arrived {
    fn take(&self, part: &Part<'_>) -> Result<()> {
        self.0.lock().unwrap().push((part.offset(), read_vec(part, 0, part.size())?));
        Ok(())
    }

    fn joined(self) -> Vec<u8> {
        let mut parts = self.0.into_inner().unwrap();
        parts.sort();
        parts.into_iter().flat_map(|(_, bytes)| bytes).collect()
    }
}

/// The file ends with the last byte that is not zeros, as nobody said how long it is.
fn expected() -> Vec<u8> {
    let bytes = &SOURCE.bytes;
    let end = bytes.chunks(4096).rposition(|block| !storage::is_zero(block)).unwrap();
    bytes[..(end + 1) * 4096].to_vec()
}

#[test]
fn slow_sinks_are_waited_for_within_the_memory_there_is() {
    let alive = AtomicU64::new(0);
    for connections in [1, 4, 40] {
        let arrived = Arrived::default();
        let sink = |part: &Part<'_>| {
            let now = alive.fetch_add(part.size(), Ordering::SeqCst) + part.size();
            assert!(now <= least().memory, "{now}");
            std::thread::sleep(Duration::from_millis(2));
            arrived.take(part)?;
            alive.fetch_sub(part.size(), Ordering::SeqCst);
            Ok(())
        };
        assert_eq!(copied(4, connections, &sink).unwrap(), 40);
        assert!(arrived.joined() == expected(), "{connections}");
    }
}

#[test]
fn whichever_part_fails_all_ends() {
    for (workers, connections) in [(1, 1), (4, 3)] {
        for n in [0, 1, 2, 17, 39] {
            let (count, arrived) = (AtomicU64::new(0), Arrived::default());
            let sink = |part: &Part<'_>| match count.fetch_add(1, Ordering::SeqCst) {
                now if now == n => Err(Error::io("sending", std::io::ErrorKind::BrokenPipe.into())),
                _ => arrived.take(part),
            };
            let error = copied(workers, connections, &sink).unwrap_err();
            assert_eq!((error.kind(), error.what()), (ErrorKind::Io, "sending"), "{n}");
            // Those that were being sent, and no others.
            assert!(count.into_inner() <= n + connections as u64 + 1, "{n}");
        }
    }
}

#[test]
fn a_panic_on_either_side_ends_both() {
    let panics = |work: &(dyn Fn() + Sync)| within_limits(|| catch_unwind(AssertUnwindSafe(work)).is_err());
    assert!(panics(&|| drop(copied(4, 2, &|part| panic!("as tested, at {part:?}")))));
    assert!(panics(&|| {
        let sent = |_: &Part<'_>| Ok::<_, Error>(());
        drop(in_parts(&least(), 2, &sent, |_| -> Result<()> { panic!("as tested") }));
    }));
}

/// A user who loses patience at a tenth of the disk.
struct Impatient(AtomicBool);

impl Progress for Impatient {
    fn at(&self, _: u64, _: u64) {}
    fn stop(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn a_stop_ends_both() {
    let (source, user) = (source(), Impatient(AtomicBool::new(false)));
    let taken = AtomicU64::new(0);
    let sink = |_: &Part<'_>| {
        user.0.store(taken.fetch_add(1, Ordering::SeqCst) >= 4, Ordering::SeqCst);
        Ok::<_, Error>(())
    };
    let made = within_limits(|| in_parts(&least(), 2, &sink, |file| copy(&source, &*file, &options(2, 4096), &user)));
    assert!(made.unwrap_err().is_interrupted());
    assert!((5..40).contains(&taken.into_inner()));
}

/// A disk that cannot be read to its end.
#[derive(Debug)]
struct Damaged(Disk);

impl ReadAt for Damaged {
    fn size(&self) -> u64 {
        self.0.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        if offset >= 20 << 20 { Err(Error::corrupt(offset, "bad block")) } else { self.0.read_at(buf, offset) }
    }
}

#[test]
fn a_source_that_fails_ends_both() {
    for workers in [1, 4] {
        let (source, sent) = (Damaged(source()), |_: &Part<'_>| Ok::<_, Error>(()));
        let made =
            within_limits(|| in_parts(&least(), 2, &sent, |file| copy(&source, &*file, &options(workers, 4096), &())));
        assert_eq!(made.unwrap_err().what(), "bad block");
    }
}

/// What goes back is an error, and never lost.
#[test]
fn what_is_passed_on_is_not_written_again() {
    type Step = fn(&dyn WriteAt) -> Result<()>;
    let broken: [(&str, Step); 6] = [
        ("a write that was not foretold", |file| {
            file.foretell(&[0..5], 9..9, 9)?;
            file.write_at(b"x", 7)
        }),
        ("a write into what is passed on", |file| {
            file.foretell(&[], 0..0, 3 * PART)?;
            file.write_at(b"x", PART)
        }),
        ("a second write", |file| {
            file.foretell(&[0..PART], PART..PART, PART)?;
            file.write_at(&vec![1; 1 << 20], 0)?;
            file.write_at(b"x", 5)
        }),
        ("telling of what was settled", |file| {
            file.foretell(&[], 10..20, 2 * PART)?;
            file.foretell(&[15..21], 0..0, 2 * PART)
        }),
        ("going back", |file| {
            file.foretell(&[], 0..0, 2 * PART)?;
            file.foretell(&[], 0..0, PART)
        }),
        ("a write that never comes", |file| file.foretell(&[5..6], 6..6, 6)),
    ];
    for (what, step) in broken {
        let sent = |_: &Part<'_>| Ok::<_, Error>(());
        let made = within_limits(|| in_parts(&least(), 1, &sent, |file| step(&*file)));
        assert_eq!(made.unwrap_err().kind(), ErrorKind::Unsupported, "{what}");
    }
}

/// Writers that go about it in any order would need memory for all of the file.
#[test]
fn what_can_never_become_whole_is_no_reason_to_wait() {
    let sent = |_: &Part<'_>| Ok::<_, Error>(());
    let made = within_limits(|| {
        in_parts(&least(), 1, &sent, |file| (0..100).try_for_each(|i| file.write_at(&[1; 4096], i * PART)))
    });
    let error = made.unwrap_err();
    assert!(error.kind() == ErrorKind::Refused && error.what().contains("cannot become whole"), "{error}");
}

/// What is left open is waited for, and what is in front comes last.
#[test]
fn open_ends_and_fronts_are_held_back() {
    let numbers = Mutex::new(Vec::new());
    let arrived = Arrived::default();
    let sink = |part: &Part<'_>| {
        numbers.lock().unwrap().push(part.number());
        arrived.take(part)
    };
    let head = 128 << 10;
    let cut = Cut { part_size: PART, memory: Cut::least_memory(PART) + (512 << 10) };
    let made = in_parts(&cut, 1, &sink, |file| {
        file.reserve(0..1000)?;
        let first = head..head + 100;
        file.foretell(std::slice::from_ref(&first), first.end..first.end + 50, head + 3 * PART)?;
        file.write_at(&[1; 100], first.start)?;
        // The second part is open, and the third and the fourth are on their way meanwhile.
        file.foretell(&[first.end + 10..first.end + 20], 0..0, head + 3 * PART)?;
        file.write_at(&[2; 10], first.end + 10)?;
        file.write_at(&[3; 10], head + 3 * PART)?;
        file.write_at(&[4; 10], 0)
    });
    let made = made.unwrap();
    assert_eq!((made.size, made.parts), (head + 3 * PART + 10, 5));
    let numbers = numbers.into_inner().unwrap();
    assert_eq!(numbers, [3, 4, 2, 1, 5]);
    let mut expected = vec![0; usize::try_from(made.size).unwrap()];
    for (at, byte, len) in [(head, 1, 100), (head + 110, 2, 10), (head + 3 * PART, 3, 10), (0, 4, 10)] {
        expected[usize::try_from(at).unwrap()..][..len].fill(byte);
    }
    assert!(arrived.joined() == expected);
}
