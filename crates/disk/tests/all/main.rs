//! The crate from outside.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, missing_docs)]

mod canary;
mod check;
mod conformance;
mod corpus;
mod mutation;
mod qcow2;
mod qemu;
mod raw;
mod support;
mod truncation;
mod vhd;
