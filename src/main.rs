//! Bootworthy: convert disk images, look inside them, and judge whether Alibaba Cloud ECS will import and boot them.
//!
//! This binary is thin: it says what was typed ([`cli`]), runs one verb ([`commands`]) and turns the outcome into an
//! exit code ([`exit`]). All knowledge is in the crates.

mod cli;
mod commands;
mod exit;
mod image;
mod output;
mod progress;
mod signals;
mod size;

use clap::Parser;
use exit::{Exit, Failure};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    exit::finish(guard(|| commands::run(&cli)))
}

/// Runs `work`; a panic in it is a bug of ours, and is said as one. Panics of third-party parsers are caught where they
/// are called and become findings about the image, so that nothing is printed when they happen.
fn guard(work: impl FnOnce() -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    static LAST: Mutex<String> = Mutex::new(String::new());
    std::panic::set_hook(Box::new(|info| {
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string().replace('\n', " ");
    }));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let what = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        Err(Failure::new(Exit::Failed, format!("this is a bug in bootworthy, please report it: {what}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_said_in_one_line() {
        let outcome = guard(|| panic!("two\nlines"));
        let _ = std::panic::take_hook();
        let failure = outcome.unwrap_err();
        assert_eq!(failure.exit, Exit::Failed);
        assert!(format!("{failure:?}").contains("two lines"), "{failure:?}");
    }
}
