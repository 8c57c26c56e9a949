//! Converting into parts: what a writer of files writes at any offset, cut into pieces that are passed on as soon as
//! nothing in them changes any more, so that an image can be uploaded while it is made and is never stored here.
//!
//! The parts side by side are the file that the same conversion makes, byte for byte, and what is in each does not
//! depend on the number of threads: who is interrupted converts again and compares.
//!
//! A writer says in its turns what it will write and up to where its file is settled
//! ([`foretell`](storage::WriteAt::foretell)), and at first what it writes last, which is metadata in front of the file
//! ([`reserve`](storage::WriteAt::reserve)): that becomes a first part of its own, of another length, and is passed on
//! last. Where memory is full, a turn is not over before a part is let go: writers wait for those who take the parts.
//! They need not fear that a part never becomes whole, as room is taken in the order of the file. A write into what was
//! passed on is an error, and never lost.
//!
//! Not supported: disks that are written in another way than by [`copy`](crate::copy); images whose clusters all have
//! their places from the start, unless they are small (`preallocation` of a qcow2).

mod building;
mod cut;
mod cutter;
mod deliver;
mod part;
mod state;

pub use cut::Cut;
pub use deliver::{Delivered, in_parts};
pub use part::Part;
