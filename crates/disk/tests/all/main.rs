//! The crate from outside.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod canary;
mod conformance;
mod corpus;
mod mutation;
mod qcow2;
mod qemu;
mod raw;
mod support;
mod truncation;
mod vhd;
