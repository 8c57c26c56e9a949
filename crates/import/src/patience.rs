//! How often, and after which pauses, requests are made again.
//!
//! The pause is anywhere between nothing and a limit that doubles (full jitter), so that many parts that fail at once do
//! not come back at once. One budget for the whole run: a service that is down is left alone, while one fault in a
//! hundred requests can go on forever.

use crate::error::{Error, Result, Retry};
use crate::random;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Successes that earn one more retry: ours.
const EARNED_BY: i64 = 10;

/// Limits of trying again.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts of one request.
    pub attempts: u32,
    /// Retries of the whole run, beyond those that successes earn.
    pub retries: u32,
    /// Limit of the first pause.
    pub base: Duration,
    /// Limit of any pause.
    pub cap: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { attempts: 8, retries: 100, base: Duration::from_millis(200), cap: Duration::from_secs(20) }
    }
}

/// Limits, and what is left of them.
#[derive(Debug)]
pub(crate) struct Patience {
    limits: Limits,
    /// In tenths of retries.
    left: AtomicI64,
}

impl Patience {
    pub(crate) fn new(limits: Limits) -> Self {
        Patience { limits, left: AtomicI64::new(i64::from(limits.retries) * EARNED_BY) }
    }

    /// Another request was answered well.
    pub(crate) fn earn(&self) {
        let most = i64::from(self.limits.retries) * EARNED_BY;
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| (left < most).then_some(left + 1));
    }

    /// How long to wait before the attempt after `attempts`; the error itself where there is none.
    pub(crate) fn pause(&self, error: Error, attempts: u32) -> Result<Duration> {
        if error.retry() == Retry::Never {
            return Err(error);
        }
        if attempts >= self.limits.attempts {
            return Err(error.within(format!("given up after {attempts} attempts")));
        }
        if self.left.fetch_sub(EARNED_BY, Ordering::Relaxed) < EARNED_BY {
            self.left.fetch_add(EARNED_BY, Ordering::Relaxed);
            return Err(error.within("given up, for too many requests failed"));
        }
        let limit = self.limits.base.saturating_mul(1 << (attempts - 1).min(16)).min(self.limits.cap);
        let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX).max(1);
        let asked = error.refusal().and_then(|refusal| refusal.retry_after).map(Duration::from_secs);
        Ok(Duration::from_micros(random::bits() % micros).max(asked.unwrap_or_default().min(self.limits.cap)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { attempts: 5, retries: 3, ..Limits::default() }
    }

    #[test]
    fn pauses_stay_below_a_limit_that_doubles() {
        let patience = Patience::new(Limits { retries: 10_000, attempts: 20, ..Limits::default() });
        for attempt in 1..12 {
            let limit = Duration::from_millis(200 << (attempt - 1)).min(Duration::from_secs(20));
            let pauses: Vec<_> = (0..200).map(|_| patience.pause(Error::network("x"), attempt).unwrap()).collect();
            assert!(pauses.iter().all(|pause| *pause < limit), "{attempt}");
            assert!(pauses.iter().any(|pause| *pause > limit / 2), "{attempt}");
        }
    }

    #[test]
    fn the_budget_is_of_the_whole_run_and_is_earned_back() {
        let patience = Patience::new(limits());
        let fails = || patience.pause(Error::network("x"), 1);
        assert!((0..3).all(|_| fails().is_ok()));
        assert!(fails().unwrap_err().to_string().contains("too many"));
        (0..10).for_each(|_| patience.earn());
        assert!(fails().is_ok() && fails().is_err());
    }

    #[test]
    fn what_cannot_end_better_is_not_tried_again() {
        let patience = Patience::new(limits());
        assert!(patience.pause(Error::usage("x"), 1).is_err());
        assert!(patience.pause(Error::network("x"), 5).unwrap_err().to_string().contains("after 5 attempts"));
    }
}
