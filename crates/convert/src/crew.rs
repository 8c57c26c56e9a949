//! Threads that work through a plan.

use crate::plan::{Plan, Task};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use storage::{Error, Result};

/// No more threads than this: each has a buffer or two of 1 MiB, and storage is not faster for more.
const MOST_WORKERS: usize = 16;

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

/// Works through `plan`; each of `workers` threads (0: as many as there are processors) does its tasks with a function
/// of its own that `hire` makes.
///
/// A task may fail, or find the position that was searched for: then no further tasks are handed out. Those before it
/// have all been handed out by then, and so what the first task in the order of the disk says is what is returned,
/// whatever the threads do.
pub(crate) fn run<W>(
    plan: Plan<'_>,
    workers: usize,
    progress: &dyn Progress,
    hire: impl Fn() -> W + Sync,
) -> Result<Option<u64>>
where
    W: FnMut(&Task) -> Result<Option<u64>>,
{
    let total = plan.size();
    let crew = Crew::new(plan, progress);
    progress.at(0, total);
    let work = || crew.work(hire());
    match rayon::ThreadPoolBuilder::new().num_threads(count(workers, total)).build() {
        Ok(threads) => drop(threads.broadcast(|_| work())),
        // Where no threads can be had, this one does it all.
        Err(_) => work(),
    }
    match crew.end.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, end)) => end.map(Some),
        None => {
            progress.at(total, total);
            Ok(None)
        }
    }
}

/// How many threads: as many as asked for, but no more than have something to do.
fn count(asked: usize, size: u64) -> usize {
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let wanted = if asked == 0 { processors() } else { asked };
    let useful = usize::try_from(size / crate::digest::SEGMENT).unwrap_or(usize::MAX).saturating_add(1);
    wanted.min(MOST_WORKERS).min(useful)
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

/// What the locks protect is whole between any two statements, and so a panic elsewhere does not spoil it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
