//! The crate from outside.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod canary;
mod checking;
mod compressed;
mod conformance;
mod corpus;
mod inflate;
mod iso;
mod mapping;
mod mutation;
mod ova;
mod parts;
mod qcow2;
mod qemu;
mod raw;
mod segments;
mod snapshots;
mod support;
mod tables;
mod truncation;
mod vdi;
mod vhd;
mod vhdx;
mod vmdk;
