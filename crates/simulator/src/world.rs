//! All that the services share.

use crate::account::Account;
use crate::clock::Clock;
use crate::ecs::Cloud;
use crate::fault::{Plan, Struck};
use crate::metadata::Tokens;
use crate::operation::Operation;
use crate::options::Options;
use crate::oss::Store;
use crate::ram::Roles;
use crate::record::Log;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Waiting is cut into pieces this long, so that a simulator that is dropped stops soon.
const SLICE: Duration = Duration::from_millis(100);

/// The state of the cloud.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) account: Account,
    pub(crate) plan: Plan,
    pub(crate) log: Log,
    pub(crate) store: Store,
    pub(crate) cloud: Cloud,
    pub(crate) roles: Roles,
    pub(crate) tokens: Tokens,
    pub(crate) denied: Mutex<BTreeSet<Operation>>,
    counter: AtomicU64,
    stopping: AtomicBool,
}

impl World {
    pub(crate) fn new(options: Options) -> std::io::Result<Self> {
        Ok(Self {
            clock: Clock::new(options.pace),
            account: Account::new(&options),
            plan: Plan::default(),
            log: Log::default(),
            store: Store::holding(options.scratch.as_deref(), &options.buckets)?,
            cloud: Cloud::default(),
            roles: Roles::new(options.import_role),
            tokens: Tokens::default(),
            denied: Mutex::default(),
            counter: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            options,
        })
    }

    /// A number that no other thing has.
    pub(crate) fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }

    /// An id in the shape of ECS: `PREFIX-` and letters and digits.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}-bp1sim{:010x}", self.number())
    }

    /// An id of a request in the shape of the RPC services.
    pub(crate) fn request_id(&self) -> String {
        format!("00000000-0000-4000-8000-{:012X}", self.number())
    }

    pub(crate) fn is_denied(&self, operation: Operation) -> bool {
        lock(&self.denied).contains(&operation)
    }

    /// What strikes before a request is read.
    pub(crate) fn strike_before(&self, struck: &Struck) {
        if let Some(seconds) = struck.skew {
            self.clock.set_skew(seconds);
        }
        if struck.expire_tokens {
            self.account.expire_tokens();
        }
        self.wait(struck.delay);
    }

    /// Lets time pass, unless the simulator is dropped.
    pub(crate) fn wait(&self, time: Duration) {
        let started = Instant::now();
        while let Some(left) = time.checked_sub(started.elapsed()) {
            if left.is_zero() || self.stopping.load(Ordering::SeqCst) {
                return;
            }
            thread::sleep(left.min(SLICE));
        }
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

/// A lock; what a thread that panicked left behind is taken as it is.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
