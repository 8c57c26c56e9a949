//! Threads that work through a plan.

use crate::copy::Options;
use crate::digest::SEGMENT;
use crate::plan::{Plan, Task};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use storage::{Error, Result};

/// No more threads than this, whatever is asked for: storage is not faster for more.
const MOST_WORKERS: usize = 64;

/// Threads beyond the processors, by default: who waits for its turn leaves its processor to one of them. Where
/// segments take very different times, as in compression, two threads on two processors lose 13 % by waiting, three or
/// more 1 %; where nobody waits they cost nothing.
const SPARE_WORKERS: usize = 2;

/// Memory that a thread is counted with: its buffer, its stack, and what formats hold meanwhile, such as a cluster of
/// 2 MiB that is unpacked.
const WORKER_MEMORY: u64 = 4 << 20;

/// Stack of a thread, in bytes: none of what runs there recurses or has large frames.
const STACK: usize = 1 << 20;

/// Time between two reports of progress.
const TICK: Duration = Duration::from_millis(50);

/// Told how a long operation goes, and asked whether to go on. Called from several threads.
pub trait Progress: Sync {
    /// `done` of `total` bytes of the disk are dealt with, copied or skipped. Never goes back; called some twenty times
    /// a second, and with `done == total` when all has gone well.
    fn at(&self, done: u64, total: u64);

    /// Stop as soon as possible; the operation then fails with an error that [`Error::is_interrupted`]. Asked before
    /// every megabyte.
    fn stop(&self) -> bool {
        false
    }
}

/// Says nothing and never stops.
impl Progress for () {
    fn at(&self, _: u64, _: u64) {}
}

/// How many threads may work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// 0: what the processors need.
    pub(crate) workers: usize,
    /// Bytes for all of them together.
    pub(crate) memory: u64,
}

impl Limits {
    pub(crate) fn of(options: &Options) -> Self {
        Limits { workers: options.workers, memory: options.memory }
    }

    /// How many threads: as many as asked for, but no more than have something to do, and memory to do it with.
    fn count(self, size: u64) -> Result<usize> {
        let processors = || thread::available_parallelism().map_or(1, NonZero::get);
        let wanted = if self.workers == 0 { processors() + SPARE_WORKERS } else { self.workers };
        let useful = usize::try_from(size / SEGMENT).unwrap_or(usize::MAX).saturating_add(1);
        let fits = usize::try_from(self.memory / WORKER_MEMORY).unwrap_or(usize::MAX);
        if fits == 0 {
            let memory = self.memory;
            return Err(Error::refused(format!("{memory} bytes of memory are too few; {WORKER_MEMORY} are needed")));
        }
        Ok(wanted.min(MOST_WORKERS).min(useful).min(fits))
    }
}

/// Works through `plan`; each thread does its tasks with a function of its own that `hire` makes. Where memory or
/// threads run out, those that there are do it all.
///
/// A task may fail, or find the position that was searched for: then no further tasks are handed out. Those before it
/// have all been handed out by then, and so what the first task in the order of the disk says is what is returned,
/// whatever the threads do.
pub(crate) fn run<W>(
    plan: Plan<'_>,
    limits: Limits,
    progress: &dyn Progress,
    hire: impl Fn() -> Result<W>,
) -> Result<Option<u64>>
where
    W: FnMut(&Task) -> Result<Option<u64>> + Send,
{
    let total = plan.size();
    // All buffers are allocated here and now: a thread that allocates would be given an arena of 64 MiB of its own.
    let count = limits.count(total)?;
    let mut workers = vec![hire()?];
    workers.extend(std::iter::repeat_with(&hire).take(count - 1).map_while(Result::ok));
    if workers.len() < count {
        // The last of the memory is not taken by buffers: others need some as well.
        workers.truncate((workers.len() / 2).max(1));
    }
    let halves = std::iter::successors(Some(workers.len()), |count| Some(count / 2));
    let threads = halves.take_while(|count| *count > 1).find_map(|count| threads(count).ok());
    let crew = Crew::new(plan, progress);
    progress.at(0, total);
    let workers = Mutex::new(workers);
    let work = || {
        let next = lock(&workers).pop();
        next.map(|worker| crew.work(worker))
    };
    match threads {
        Some(threads) => drop(threads.broadcast(|_| work())),
        None => drop(work()),
    }
    match crew.end.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, end)) => end.map(Some),
        None => {
            progress.at(total, total);
            Ok(None)
        }
    }
}

fn threads(count: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(count).stack_size(STACK).build()
}

/// What the threads share.
struct Crew<'a> {
    plan: Mutex<Plan<'a>>,
    /// What ended the work before its time, with the start of the task that did.
    end: Mutex<Option<(u64, Result<u64>)>>,
    progress: &'a dyn Progress,
    total: u64,
    done: AtomicU64,
    ticked: Mutex<Instant>,
}

impl<'a> Crew<'a> {
    fn new(plan: Plan<'a>, progress: &'a dyn Progress) -> Self {
        let total = plan.size();
        let (plan, end, ticked) = (Mutex::new(plan), Mutex::new(None), Mutex::new(Instant::now()));
        Crew { plan, end, progress, total, done: AtomicU64::new(0), ticked }
    }

    fn work<W: FnMut(&Task) -> Result<Option<u64>>>(&self, mut task_done: W) {
        let _alarm = Alarm(self);
        while let Some(task) = self.take() {
            match task_done(&task) {
                Ok(None) => self.tick(task.range.end - task.range.start),
                Ok(Some(found)) => self.finish(task.range.start, Ok(found)),
                Err(error) => self.finish(task.range.start, Err(error)),
            }
        }
    }

    fn take(&self) -> Option<Task> {
        let mut plan = lock(&self.plan);
        if lock(&self.end).is_some() {
            return None;
        }
        let task = if self.progress.stop() { Err(Error::interrupted()) } else { plan.take() };
        task.unwrap_or_else(|error| {
            self.finish(plan.at(), Err(error));
            None
        })
    }

    /// The end that lies first on the disk counts.
    fn finish(&self, offset: u64, how: Result<u64>) {
        let mut end = lock(&self.end);
        if end.as_ref().is_none_or(|(first, _)| offset < *first) {
            *end = Some((offset, how));
        }
    }

    fn tick(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        // Who finds the lock taken need not wait: another thread is reporting just now.
        if let Ok(mut ticked) = self.ticked.try_lock()
            && ticked.elapsed() >= TICK
        {
            *ticked = Instant::now();
            self.progress.at(self.done.load(Ordering::Relaxed), self.total);
        }
    }
}

/// Calls the others back when a thread panics.
struct Alarm<'a, 'b>(&'a Crew<'b>);

impl Drop for Alarm<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.finish(0, Err(Error::interrupted()));
        }
    }
}

/// What the locks protect is whole between any two statements, and so a panic elsewhere does not spoil it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
