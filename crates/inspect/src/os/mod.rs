//! Which operating system is on the disk.

pub(crate) mod distribution;
pub(crate) mod platform;
mod release;
