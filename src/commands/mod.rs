//! The verbs, one file each.

mod cancel;
mod check;
mod cloud;
mod compare;
mod convert;
mod explain;
mod explain_error;
mod import;
mod info;
mod inspect;
mod machine;
mod map;
mod measure;
mod preflight;
mod request;
mod simulator;
mod tasks;
mod uploads;
mod verify_attestation;
mod wait;

use crate::cli::{Cli, Command};
use crate::exit::{Exit, Failure};

/// Runs the verb.
pub(crate) fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Preflight(args) => preflight::run(args, cli.colour),
        Command::Inspect(args) => inspect::run(args, cli.colour),
        Command::Request(args) => request::run(args),
        Command::Import(args) => import::run(args, cli.colour),
        Command::Wait(args) => wait::run(args),
        Command::Tasks(args) => tasks::run(args),
        Command::ExplainError(args) => explain_error::run(args),
        Command::Cancel(args) => cancel::run(args),
        Command::Uploads(args) => uploads::run(args),
        Command::Simulator(args) => simulator::run(args),
        Command::Convert(args) => convert::run(args),
        Command::Info(args) => info::run(args),
        Command::Map(args) => map::run(args),
        Command::Measure(args) => measure::run(args),
        Command::Check(args) => check::run(args),
        Command::Compare(args) => compare::run(args),
        Command::VerifyAttestation(args) => verify_attestation::run(args),
        Command::Explain(args) => explain::run(args, cli.colour),
    }
}
