//! `cargo xtask VERB`: longer work on Bootworthy itself. One file a verb.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

mod boot;
mod corpus;
mod data;
mod guests;
mod initramfs;
mod mend;
mod process;
mod rival;
mod scratch;
mod truth;
mod versus;
mod versus_inspect;
mod versus_upload;
mod walk;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Whatever went wrong, in a sentence.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[derive(Debug, Parser)]
#[command(about = "Longer work on Bootworthy itself")]
enum Verb {
    Versus(versus::Versus),
    VersusInspect(versus_inspect::VersusInspect),
    VersusUpload(versus_upload::VersusUpload),
    Corpus(corpus::Corpus),
    Boot(boot::Boot),
    Truth(truth::Truth),
    Mend(mend::Mend),
    Guests(guests::Guests),
    #[command(subcommand)]
    Oracle(Oracle),
    #[command(hide = true)]
    Rival(rival::Rival),
}

/// Compares with other programs.
#[derive(Debug, Subcommand)]
enum Oracle {
    Walk(walk::Walk),
}

fn main() -> ExitCode {
    let done = match Verb::parse() {
        Verb::Versus(versus) => versus.run(),
        Verb::VersusInspect(versus) => versus.run(),
        Verb::VersusUpload(versus) => versus.run(),
        Verb::Corpus(corpus) => corpus.run(),
        Verb::Boot(boot) => boot.run(),
        Verb::Truth(truth) => truth.run(),
        Verb::Mend(mend) => mend.run(),
        Verb::Guests(guests) => guests.run(),
        Verb::Oracle(Oracle::Walk(walk)) => walk.run(),
        Verb::Rival(rival) => rival.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
