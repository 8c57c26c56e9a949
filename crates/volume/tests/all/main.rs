//! The crate from outside: real disks, other programs' disks, damaged disks.

#![allow(clippy::unwrap_used)]

mod corpus;
mod images;
