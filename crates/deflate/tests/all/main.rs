//! The compressor from outside: its streams read by others, and by a reader that forgives nothing.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod round_trip;
mod samples;
mod size;
mod strict;
