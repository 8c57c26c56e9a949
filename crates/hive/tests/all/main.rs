//! Hives written by the crate `regf`, hives of the corpus, and damaged ones.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on fails")]

mod build;
mod corpus;
mod damage;
mod logs;
mod reading;
mod walk;
