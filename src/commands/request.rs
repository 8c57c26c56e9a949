//! `request`: the whole request for `ImportImage`, checked and printed. Nothing is sent.

use super::machine;
use crate::cli::ImportRequest;
use crate::exit::{Exit, Failure};
use crate::image::say;
use crate::output;
use ::request::Checks;
use facts::{Facts, printable};
use preflight::{Judgement, Report, Verdict};

pub(crate) fn run(args: &ImportRequest) -> Result<Exit, Failure> {
    let machine = machine::draft(&args.machine, None, args.from_facts, args.dry_run, &|_, facts| Ok(facts))?;
    if let Some(exit) = machine.refused()? {
        return Ok(exit);
    }
    let text = args.output.write(&machine.draft, &machine.checks);
    let text = text.map_err(|why| Failure::usage(format!("--output {}: {why}", args.output.name())))?;
    output::text(&text)?;
    remark(args, &machine.disks, &machine.checks);
    Ok(Exit::Done)
}

/// Beside the request: what is odd about it, and whether the system in it is ready.
fn remark(args: &ImportRequest, disks: &[Facts], checks: &Checks) {
    // The text for people has them in it, and so has JSON.
    if !matches!(args.output.name(), "text" | "json") {
        for problem in checks.warnings() {
            say(&format!("{}: {}", problem.rule, printable(problem.message)));
        }
    }
    for (facts, report) in disks.iter().zip(checks.reports()) {
        if report.verdict == Verdict::NotReady {
            let path = printable(&facts.image.path);
            say(&format!(
                "{path}: the request is in order, and the image is not: {}; preflight says more",
                ids(report)
            ));
        }
    }
}

/// The rules that block, each once.
fn ids(report: &Report) -> String {
    let blocking = report.results.iter().filter(|judgement| judgement.blocks(report.fail_on));
    blocking.map(|judgement: &Judgement| &*judgement.id).collect::<Vec<_>>().join(", ")
}
