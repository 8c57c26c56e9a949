//! What is read from whole initramfs files, good and bad, built here by crates and by the usual programs.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // clippy.toml allows them in #[test] functions only

mod build;
mod damage;
mod grammar;
mod limits;
mod programs;
