//! Reports of literal facts, against committed pages and committed schemas.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod browser;
mod disks;
mod formats;
mod golden;
mod hostile;
mod html;
mod sarif;
mod schema;
mod systems;
