//! Dropping from the page cache what went by.
//!
//! `POSIX_FADV_DONTNEED` drops pages that are on the disk, and starts to write those that are not: a second call for
//! the same range, some batches later, finds them written and drops them. So it serves sources and targets, and a
//! target is on its way to the disk long before it is flushed. On a tmpfs it does nothing.

use rustix::fs::{Advice, SeekFrom};
use rustix::io::ReadWriteFlags;
use std::fs;
use std::io::IoSliceMut;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes between two calls: each costs as much as a small read, and walks the pages of its range.
const BATCH: u64 = 32 << 20;

/// Batches dropped again at each call: those that were being written at the call before are on the disk by now.
const AGAIN: u64 = 3;

/// Batches that stay: other threads are still at work there.
const STAY: u64 = 1;

/// Places looked at to learn whether a file is in the cache.
const SAMPLES: u64 = 16;

/// A position that moves through a file, and the cache behind it.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    batch: AtomicU64,
}

impl Behind {
    /// For a source; `None` where most of it is in the cache already: others use it, and it is not ours to drop.
    pub(crate) fn of_source(file: &fs::File, size: u64) -> Option<Self> {
        let (mut cached, mut all) = (0, 0);
        // Without this, to look at one page reads many.
        let _ = rustix::fs::fadvise(file, 0, None, Advice::Random);
        for sample in 0..SAMPLES {
            let at = u64::try_from(u128::from(size) * u128::from(sample) / u128::from(SAMPLES)).unwrap_or(0);
            let Ok(at) = rustix::fs::seek(file, SeekFrom::Data(at)) else { continue };
            all += 1;
            let read = rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut [0])], at, ReadWriteFlags::NOWAIT);
            cached += u64::from(read.is_ok());
        }
        let _ = rustix::fs::fadvise(file, 0, None, Advice::Normal);
        (2 * cached < all).then(Behind::default)
    }

    /// All before `end` has been dealt with, more or less: threads may be at work a little before it.
    pub(crate) fn passed(&self, file: &fs::File, end: u64) {
        let batch = end / BATCH;
        // Whoever is first in a new batch does it for all.
        if batch > self.batch.load(Ordering::Relaxed) && batch > self.batch.fetch_max(batch, Ordering::Relaxed) {
            let range = batch.saturating_sub(AGAIN + STAY)..batch.saturating_sub(STAY);
            drop_range(file, range.start * BATCH, (range.end - range.start) * BATCH);
        }
    }

    /// All is on the disk and none of it is needed.
    pub(crate) fn all(&self, file: &fs::File) {
        let _ = rustix::fs::fadvise(file, 0, None, Advice::DontNeed);
    }
}

/// It is advice: where it is not taken, the cache is fuller, and nothing else is different.
fn drop_range(file: &fs::File, start: u64, len: u64) {
    if let Some(len) = NonZero::new(len) {
        let _ = rustix::fs::fadvise(file, start, Some(len), Advice::DontNeed);
    }
}
