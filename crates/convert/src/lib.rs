//! The parallel copy engine: [`ReadAt`] to [`WriteAt`].
//!
//! It never learns a format: it is handed two, and copies what the guest would see.

use storage::{Error, ReadAt, Result, WriteAt};

/// How to copy.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0: as many as there are processors.
    pub workers: usize,
    /// `-S`: runs of zeros at least this long are skipped when found in data; 0: never.
    pub sparse: u64,
    /// The target reads as zeros before anything is written, so that zeros need not be written.
    pub target_is_zero: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { workers: 0, sparse: 4096, target_is_zero: true }
    }
}

/// Told how a long operation goes, and asked whether to go on. Called from several threads.
pub trait Progress: Sync {
    /// `done` of `total` bytes of the disk are dealt with, copied or skipped.
    fn at(&self, done: u64, total: u64);
    /// Stop as soon as possible; the operation then fails with an error that [`Error::is_interrupted`].
    fn stop(&self) -> bool {
        false
    }
}

/// Says nothing and never stops.
impl Progress for () {
    fn at(&self, _: u64, _: u64) {}
}

/// Identity of a disk's content: the same for the same bytes in any format. Shown as `bw1:` and 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// What a copy did.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    /// Of the whole disk.
    pub digest: Digest,
    /// Length of the disk.
    pub size: u64,
    /// Bytes written as data.
    pub written: u64,
}

/// Copies all of `source` to `target`. Does not call `finish`.
pub fn copy(source: &dyn ReadAt, target: &dyn WriteAt, options: &Options, progress: &dyn Progress) -> Result<Copied> {
    let _ = (source, target, options, progress);
    Err(Error::unsupported("not written yet"))
}

/// The digest of a disk without copying it.
pub fn digest(source: &dyn ReadAt, workers: usize, progress: &dyn Progress) -> Result<Digest> {
    let _ = (source, workers, progress);
    Err(Error::unsupported("not written yet"))
}

/// How two disks compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Byte for byte the same. With different sizes, the rest of the longer one is zeros.
    Same,
    /// First byte that differs.
    Differ(u64),
}

/// Compares two disks; the end of the shorter is followed by zeros.
pub fn compare(a: &dyn ReadAt, b: &dyn ReadAt, workers: usize, progress: &dyn Progress) -> Result<Comparison> {
    let _ = (a, b, workers, progress);
    Err(Error::unsupported("not written yet"))
}
