//! Reports of literal facts, against committed pages and committed schemas.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod disks;
mod formats;
mod golden;
mod hostile;
mod sarif;
mod schema;
mod systems;
