//! The engine against a model, an independent digest, and disks that fail.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod comparing;
mod copying;
mod digests;
mod disks;
mod failing;
mod hanging;
mod parts;
mod streams;
mod turns;
mod verifying;
