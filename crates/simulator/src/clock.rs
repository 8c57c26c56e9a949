//! Two clocks: the one on the wall, which signatures are held against, and the one that tasks run by.

use crate::world::lock;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How fast tasks go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// This many seconds of a task pass in one real second.
    Scaled(f64),
    /// Nothing passes but what [`Simulator::advance`](crate::Simulator::advance) and
    /// [`Options::step`](crate::Options) add.
    Manual,
}

/// Both clocks.
pub(crate) struct Clock {
    started: Instant,
    pace: Pace,
    moved: Mutex<Moved>,
}

#[derive(Clone, Copy, Default)]
struct Moved {
    tasks: Duration,
    skew: i64,
}

impl Clock {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { started: Instant::now(), pace, moved: Mutex::default() }
    }

    /// Seconds since 1970, as the services believe.
    pub(crate) fn now(&self) -> i64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(real).unwrap_or(i64::MAX).saturating_add(lock(&self.moved).skew)
    }

    /// Since the start, as tasks count.
    pub(crate) fn elapsed(&self) -> Duration {
        let scaled = match self.pace {
            Pace::Manual => Duration::ZERO,
            Pace::Scaled(factor) => {
                Duration::try_from_secs_f64(self.started.elapsed().as_secs_f64() * factor).unwrap_or(Duration::MAX)
            }
        };
        scaled.saturating_add(lock(&self.moved).tasks)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut moved = lock(&self.moved);
        moved.tasks = moved.tasks.saturating_add(by);
    }

    /// Sets the services' clock off by `seconds` from the real one.
    pub(crate) fn set_skew(&self, seconds: i64) {
        lock(&self.moved).skew = seconds;
    }
}
