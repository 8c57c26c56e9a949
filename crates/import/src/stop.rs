//! A stop that any thread may ask for.

use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Longest sleep between two questions whether to stop.
const NAP: Duration = Duration::from_millis(50);

/// Asks what goes on to end soon, in a state from which it can go on. Clones ask for the same.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_asked() { Err(Error::stopped()) } else { Ok(()) }
    }

    /// Lets time pass, unless a stop is asked for.
    pub(crate) fn sleep(&self, time: Duration) -> Result<()> {
        let started = Instant::now();
        loop {
            self.check()?;
            match time.checked_sub(started.elapsed()) {
                Some(left) if !left.is_zero() => thread::sleep(left.min(NAP)),
                _ => return Ok(()),
            }
        }
    }
}
