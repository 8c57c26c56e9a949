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
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome = commands::run(&cli);
    exit::finish(outcome)
}
