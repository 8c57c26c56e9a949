//! Letting threads through one after another, in the order of their tasks.

use crate::crew::lock;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};
use storage::{Error, Result, Turn};

/// Tasks that may be begun before an earlier one is over. Bounds what is remembered of those that came too early.
const WINDOW: u64 = 1024;

/// The turns of all tasks, numbered from 0 without gaps.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whose turn it is: all before it have had theirs or given it up.
    next: u64,
    /// Turns given up before their time.
    over: BTreeSet<u64>,
    /// The first task that failed.
    failed: Option<u64>,
}

impl State {
    fn pass(&mut self, number: u64) {
        self.over.insert(number);
        while self.over.remove(&self.next) {
            self.next += 1;
        }
    }

    fn check(&self, number: u64) -> Result<()> {
        if self.failed.is_some_and(|failed| failed < number) {
            // Never shown: what the earlier one failed with is.
            return Err(Error::io("an earlier part of the disk failed", std::io::ErrorKind::Other.into()));
        }
        Ok(())
    }
}

impl Turns {
    /// The place of task `number`; waits where it is far ahead of the others. Every place is asked for once, by who
    /// does the task, and tasks are handed out in order: so the first that is not over never waits.
    pub(crate) fn place(&self, number: u64) -> Place<'_> {
        drop(self.wait(|state| number >= state.next.saturating_add(WINDOW)));
        Place { turns: self, number, passed: Cell::new(false), done: Cell::new(false) }
    }

    fn wait(&self, mut until_not: impl FnMut(&mut State) -> bool) -> std::sync::MutexGuard<'_, State> {
        self.changed.wait_while(lock(&self.state), &mut until_not).unwrap_or_else(PoisonError::into_inner)
    }
}

/// One task among the others. Dropped before it is [done](Self::done), by an error or a panic, the task has failed.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    turns: &'a Turns,
    number: u64,
    passed: Cell<bool>,
    done: Cell<bool>,
}

impl Place<'_> {
    /// The task is over, and all went well.
    pub(crate) fn done(self) {
        self.done.set(true);
    }
}

impl Turn for Place<'_> {
    fn take(&self, step: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        if self.passed.get() {
            return Err(Error::unsupported("a segment has one turn, and it was taken"));
        }
        let number = self.number;
        let state = self.turns.wait(|state| state.next < number && state.check(number).is_ok());
        state.check(number)?;
        drop(state);
        step()?;
        lock(&self.turns.state).pass(number);
        self.passed.set(true);
        self.turns.changed.notify_all();
        Ok(())
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.turns.state);
        if !self.passed.get() {
            state.pass(self.number);
        }
        if !self.done.get() {
            state.failed = Some(state.failed.map_or(self.number, |failed| failed.min(self.number)));
        }
        drop(state);
        self.turns.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn steps_come_in_order_whatever_the_threads_do() {
        let (turns, next, log) = (Turns::default(), AtomicU64::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    // Numbers are handed out in order, as segments are.
                    while let Some(number) = Some(next.fetch_add(1, Ordering::SeqCst)).filter(|&n| n < 5000) {
                        let place = turns.place(number);
                        // Every third needs no turn.
                        if !number.is_multiple_of(3) {
                            let mut step =
                                || log.lock().map(|mut log| log.push(number)).map_err(|_| Error::interrupted());
                            place.take(&mut step).unwrap();
                        }
                        place.done();
                    }
                });
            }
        });
        let expected: Vec<_> = (0..5000).filter(|number| number % 3 != 0).collect();
        assert_eq!(log.into_inner().unwrap(), expected);
        let state = turns.state.into_inner().unwrap();
        assert!(state.next == 5000 && state.over.is_empty() && state.failed.is_none());
    }

    #[test]
    fn after_a_failure_later_steps_do_not_run_and_earlier_ones_do() {
        let turns = Turns::default();
        let [first, second, third] = [0, 1, 2].map(|number| turns.place(number));
        std::thread::scope(|scope| {
            // Waits for both of the others, one of which fails.
            let late = scope.spawn(move || third.take(&mut || panic!("an earlier one failed")));
            drop(second);
            assert!(late.join().unwrap().is_err());
        });
        let mut ran = 0;
        let mut step = || {
            ran += 1;
            Ok(())
        };
        first.take(&mut step).unwrap();
        assert_eq!(ran, 1);
    }

    #[test]
    fn a_panic_is_a_failure() {
        let turns = Turns::default();
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| turns.place(0).take(&mut || panic!("as tested"))));
        assert!(panicked.is_err());
        assert!(turns.place(1).take(&mut || Ok(())).is_err());
    }

    #[test]
    fn who_is_far_ahead_waits() {
        let (turns, begun) = (Turns::default(), AtomicU64::new(0));
        let first = turns.place(0);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                for number in 1..=2 * WINDOW {
                    turns.place(number).done();
                    begun.fetch_add(1, Ordering::SeqCst);
                }
            });
            while begun.load(Ordering::SeqCst) < WINDOW - 1 {
                std::thread::yield_now();
            }
            assert!(lock(&turns.state).over.len() < usize::try_from(WINDOW).unwrap());
            first.done();
            other.join().unwrap();
        });
        assert_eq!(lock(&turns.state).next, 2 * WINDOW + 1);
    }

    #[test]
    fn a_turn_is_had_once() {
        let turns = Turns::default();
        let place = turns.place(0);
        place.take(&mut || Ok(())).unwrap();
        assert!(place.take(&mut || Ok(())).is_err());
    }
}
