//! The crate from outside.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod canary;
mod checking;
mod compressed;
mod conformance;
mod corpus;
mod inflate;
mod mapping;
mod mutation;
mod qcow2;
mod qemu;
mod raw;
mod snapshots;
mod support;
mod truncation;
mod vhd;
