//! The parallel copy engine: [`ReadAt`](storage::ReadAt) to [`WriteAt`](storage::WriteAt).
//!
//! It never learns a format: it is handed two, and copies what the guest would see.
//!
//! The disk is dealt with in aligned segments of 1 MiB, each by one of several threads from reading to writing, in a
//! buffer that stays with the thread: memory is bounded by the number of threads, and a segment is still in the
//! processor's cache when it is scanned, hashed and written. Long runs that are known to be zeros are one step each,
//! however long, and so an empty disk takes no time.
//!
//! The threads take segments in order until there are none left or one has failed. Targets that give out places do so
//! in the order of the disk: a thread waits until all earlier segments have had their turns or given them up. Those are
//! in the hands of other threads, and each gives up its turn however it ends, and so nothing can hang.
//!
//! To [`verify`] a copy, open what was written: that reads the target once and the source not again. [`compare`] says
//! where two disks differ.

mod checksums;
mod compare;
mod copy;
mod crew;
mod digest;
mod pace;
mod parts;
mod plan;
mod segment;
mod turns;
mod verify;
mod writer;

pub use compare::{Comparison, compare};
pub use copy::{Copied, Options, copy, digest};
pub use crew::Progress;
pub use digest::Digest;
pub use parts::{Cut, Delivered, Part, in_parts};
pub use verify::{Verified, verify};
