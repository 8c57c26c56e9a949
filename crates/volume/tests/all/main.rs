//! The crate from outside: real disks, other programs' disks, damaged disks.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod corpus;
mod images;
