//! How many parts go at once: more as long as that is faster, fewer as soon as the service or the network objects.
//!
//! Additive increase, multiplicative decrease. A step is as many parts as lanes are open; after each, the bytes a second
//! of this step are held against the best so far. More lanes stay where they brought a twentieth more; a step that did
//! not is taken back, and tried again only after some more steps, for a network changes. What was throttled, timed out or
//! cut closes half of the lanes at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lanes at the start, as far as there may be so many: ours.
const START: usize = 4;
/// Steps after which more lanes are tried again.
const PATIENCE: u32 = 8;
/// Longest that a lane waits before it asks again whether all is over.
const NAP: Duration = Duration::from_millis(100);

/// The lanes of one upload.
#[derive(Debug)]
pub(super) struct Lanes {
    most: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    open: usize,
    busy: usize,
    /// Of this step.
    parts: usize,
    bytes: u64,
    begun: Instant,
    /// Bytes a second of the step before the last lane was opened, where one was opened.
    before: Option<f64>,
    /// Steps until another lane is tried.
    rest: u32,
}

/// A lane in use; dropped, it is free.
#[derive(Debug)]
pub(super) struct Lane<'a>(&'a Lanes);

impl Lanes {
    /// At most so many.
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        let state =
            State { open: most.min(START), busy: 0, parts: 0, bytes: 0, begun: Instant::now(), before: None, rest: 0 };
        Lanes { most, state: Mutex::new(state), freed: Condvar::new() }
    }

    /// The next free lane, or none where `over` says that all is over.
    pub(super) fn enter(&self, over: impl Fn() -> bool) -> Option<Lane<'_>> {
        let mut state = self.lock();
        while state.busy >= state.open {
            if over() {
                return None;
            }
            state = self.freed.wait_timeout(state, NAP).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.busy += 1;
        Some(Lane(self))
    }

    /// A part of so many bytes arrived.
    pub(super) fn arrived(&self, bytes: u64, now: Instant) {
        let mut state = self.lock();
        state.parts += 1;
        state.bytes += bytes;
        if state.parts >= state.open {
            state.step(self.most, now);
            drop(state);
            self.freed.notify_all();
        }
    }

    /// The service or the network wants less.
    pub(super) fn objected(&self, now: Instant) {
        let mut state = self.lock();
        // All that are under way may object for one reason.
        if state.parts > 0 || state.rest == 0 {
            state.open = (state.open / 2).max(1);
        }
        state.rest = PATIENCE;
        state.before = None;
        state.begin(now);
    }

    #[cfg(test)]
    fn open(&self) -> usize {
        self.lock().open
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, now: Instant) {
        (self.parts, self.bytes, self.begun) = (0, 0, now);
    }

    #[expect(clippy::cast_precision_loss, reason = "rates are compared by the twentieth")]
    fn step(&mut self, most: usize, now: Instant) {
        let rate = self.bytes as f64 / now.saturating_duration_since(self.begun).as_secs_f64().max(1e-6);
        match self.before.take() {
            Some(before) if rate < before * 1.05 => {
                self.open = (self.open - 1).max(1);
                self.rest = PATIENCE;
            }
            _ if self.rest > 0 => self.rest -= 1,
            _ if self.open < most => {
                self.before = Some(rate);
                self.open += 1;
            }
            _ => {}
        }
        self.begin(now);
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.0.lock().busy -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network that carries so many bytes a second for each lane, up to so many lanes.
    fn run(lanes: &Lanes, start: Instant, wide: usize, steps: usize) -> Instant {
        let mut now = start;
        for _ in 0..steps {
            let open = lanes.open();
            now += Duration::from_secs_f64(open as f64 / open.min(wide) as f64);
            for _ in 0..open {
                lanes.arrived(1 << 20, now);
            }
        }
        now
    }

    #[test]
    fn lanes_open_as_long_as_that_is_faster() {
        let lanes = Lanes::new(32);
        let begun = lanes.lock().begun;
        assert_eq!(lanes.open(), 4);
        let now = run(&lanes, begun, 10, 60);
        assert!((9..=11).contains(&lanes.open()), "{}", lanes.open());
        // The network becomes wider.
        run(&lanes, now, 100, 60);
        assert!(lanes.open() > 14, "{}", lanes.open());
        let few = Lanes::new(2);
        run(&few, begun, 100, 20);
        assert_eq!(few.open(), 2);
    }

    #[test]
    fn an_objection_halves_them_once() {
        let lanes = Lanes::new(32);
        let begun = lanes.lock().begun;
        let now = run(&lanes, begun, 100, 13);
        let open = lanes.open();
        (0..open).for_each(|_| lanes.objected(now));
        assert_eq!(lanes.open(), open / 2);
        run(&lanes, now, 100, 2);
        (0..9).for_each(|_| lanes.objected(now));
        assert!(lanes.open() >= 1 && lanes.open() <= open / 2);
    }

    #[test]
    fn no_more_than_are_open_are_used() {
        let lanes = Lanes::new(1);
        let first = lanes.enter(|| false).unwrap();
        assert!(lanes.enter(|| true).is_none());
        drop(first);
        assert!(lanes.enter(|| true).is_some());
    }
}
