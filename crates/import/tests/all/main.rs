//! The import against a simulated cloud on loopback, with everything that goes wrong there.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod chain;
mod cloud;
mod imports;
mod kills;
mod odd;
mod ram;
mod tasks;
mod uploads;
mod wire;
