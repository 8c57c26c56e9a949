//! Going no faster than asked for.

use crate::crew::lock;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};
use storage::{Error, Result};

/// Longest sleep between two questions whether to stop.
const NAP: Duration = Duration::from_millis(50);

/// What time it is, and a way to let it pass.
pub(crate) trait Clock: Sync {
    /// Since some moment in the past.
    fn now(&self) -> Duration;
    fn sleep(&self, time: Duration);
}

/// The clock of this machine.
pub(crate) struct Real(Instant);

impl Real {
    pub(crate) fn new() -> Self {
        Real(Instant::now())
    }
}

impl Clock for Real {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// Lets bytes through at a steady rate, in the order in which they come.
pub(crate) struct Pace<C> {
    rate: Option<u64>,
    clock: C,
    /// When all that was let through, or is waiting, is through.
    through: Mutex<Duration>,
}

impl<C: Clock> Pace<C> {
    /// `rate` bytes a second; at once without.
    pub(crate) fn new(rate: Option<u64>, clock: C) -> Self {
        Pace { rate, through: Mutex::new(clock.now()), clock }
    }

    /// Waits until `bytes` more may have been written, or `stop` says so, which is an error.
    pub(crate) fn wait(&self, bytes: u64, stop: impl Fn() -> bool) -> Result<()> {
        let Some(rate) = self.rate else { return Ok(()) };
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let end = {
            let mut through = lock(&self.through);
            // Time in which nothing was written is not made up for.
            *through = (*through).max(self.clock.now()).saturating_add(takes);
            *through
        };
        loop {
            let left = end.saturating_sub(self.clock.now());
            if left.is_zero() {
                return Ok(());
            }
            if stop() {
                return Err(Error::interrupted());
            }
            self.clock.sleep(left.min(NAP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Time that passes only by sleeping; counts the sleeps.
    #[derive(Default)]
    struct Fake(AtomicU64, AtomicU64);

    impl Clock for &Fake {
        fn now(&self) -> Duration {
            Duration::from_nanos(self.0.load(Ordering::SeqCst))
        }
        fn sleep(&self, time: Duration) {
            assert!(time <= NAP);
            self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::SeqCst);
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn takes_the_time_that_the_bytes_take() {
        let fake = Fake::default();
        let pace = Pace::new(Some(1 << 20), &fake);
        for _ in 0..10 {
            pace.wait(1 << 20, || false).unwrap();
        }
        assert_eq!(fake.0.load(Ordering::SeqCst), 10_000_000_000);
        assert_eq!(fake.1.load(Ordering::SeqCst), 10 * 20);
        pace.wait(1, || false).unwrap();
        assert_eq!(fake.1.load(Ordering::SeqCst), 10 * 20 + 1);
    }

    #[test]
    fn idle_time_is_not_made_up_for() {
        let fake = Fake::default();
        let pace = Pace::new(Some(1000), &fake);
        (&&fake).sleep(NAP);
        fake.0.fetch_add(3_000_000_000, Ordering::SeqCst);
        let before = fake.0.load(Ordering::SeqCst);
        pace.wait(1000, || false).unwrap();
        assert_eq!(fake.0.load(Ordering::SeqCst) - before, 1_000_000_000);
    }

    #[test]
    fn a_stop_is_obeyed_within_a_nap() {
        let fake = Fake::default();
        let pace = Pace::new(Some(1), &fake);
        let asked = Cell::new(0);
        let error = pace.wait(1 << 40, || asked.replace(asked.get() + 1) == 5).unwrap_err();
        assert!(error.is_interrupted());
        assert_eq!(fake.1.load(Ordering::SeqCst), 5);
    }

    #[test]
    fn without_a_rate_nothing_sleeps() {
        let fake = Fake::default();
        Pace::new(None, &fake).wait(u64::MAX, || true).unwrap();
        assert_eq!(fake.1.load(Ordering::SeqCst), 0);
    }
}
