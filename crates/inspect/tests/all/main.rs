//! Whole images: guests of the corpus, guests built on this machine, and images made of literals.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on fails")]

mod freebsd;
mod guests;
mod images;
mod machines;
mod windows;
