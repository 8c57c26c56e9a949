//! Going no faster than asked for.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets bytes of all parts through at a steady rate.
#[derive(Debug)]
pub(super) struct Pace {
    rate: Option<u64>,
    /// When all that was let through is through.
    through: Mutex<Instant>,
}

impl Pace {
    /// `rate` bytes a second; at once without.
    pub(super) fn new(rate: Option<u64>) -> Self {
        Pace { rate, through: Mutex::new(Instant::now()) }
    }

    /// Whether there is a rate.
    pub(super) fn is_limited(&self) -> bool {
        self.rate.is_some()
    }

    /// How long to wait before `bytes` more are sent at `now`.
    pub(super) fn wait(&self, bytes: usize, now: Instant) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let nanos = (bytes as u128).saturating_mul(1_000_000_000) / u128::from(rate.max(1));
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let mut through = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        // Time in which nothing was sent is not made up for.
        let start = (*through).max(now);
        *through = start.checked_add(takes).unwrap_or(start);
        start.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_wait_for_those_before_them() {
        let pace = Pace::new(Some(1000));
        let now = Instant::now() + Duration::from_secs(1);
        let waits: Vec<_> = (0..3).map(|_| pace.wait(500, now)).collect();
        assert_eq!(waits, [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(1)]);
        assert_eq!(pace.wait(500, now + Duration::from_secs(60)), Duration::ZERO);
        assert_eq!(Pace::new(None).wait(1 << 30, now), Duration::ZERO);
    }
}
