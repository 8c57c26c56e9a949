//! The import against a simulated cloud on loopback, with everything that goes wrong there.

mod chain;
mod cloud;
mod uploads;
