//! `request`: the whole request for `ImportImage`, checked and printed. Nothing is sent.

use super::preflight::documents;
use crate::cli::ImportRequest;
use crate::exit::{Exit, Failure};
use crate::image::{self, Examined, say};
use crate::output;
use ::request::{Checks, Draft};
use facts::{Facts, printable};
use preflight::{Judgement, Report, Target, Verdict};
use std::path::Path;

pub(crate) fn run(args: &ImportRequest) -> Result<Exit, Failure> {
    let stated = args.request.of_disks(args.images.len(), args.dry_run).map_err(Failure::usage)?;
    let target = Target {
        profile: args.profile,
        instance: args.target.clone().unwrap_or_default(),
        policy: documents::policy(args.policy.as_deref(), args.no_policy)?,
        ..Target::default()
    };
    let (mut disks, mut failed) = (Vec::new(), None);
    for examined in examine(args)? {
        disks.push(examined.facts);
        failed = failed.or(examined.failure);
    }
    let draft = Draft::of(&disks, &stated, &target);
    let checks = draft.check(&disks, &target);
    if refused(&draft, &checks) {
        return failed.map_or(Ok(Exit::Blocked), |error| Err(error.into()));
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    if is_open(&draft) {
        return Ok(Exit::Undecided);
    }
    let text = args.output.write(&draft, &checks);
    let text = text.map_err(|why| Failure::usage(format!("--output {}: {why}", args.output.name())))?;
    output::text(&text)?;
    remark(args, &disks, &checks);
    Ok(Exit::Done)
}

/// Facts of each disk. Those of the system disk are of the machine, whose root may lie over several.
fn examine(args: &ImportRequest) -> Result<Vec<Examined>, Failure> {
    let [system, data @ ..] = args.images.as_slice() else { return Err(Failure::usage("no image was named")) };
    if args.from_facts {
        return args.images.iter().map(|path| documents::facts(path)).collect();
    }
    if args.subject.input.member.is_some() && !data.is_empty() {
        return Err(Failure::usage("--member is of one archive, and several images were named"));
    }
    if !data.is_empty() && args.images.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage("standard input can be the only image, and not one of several"));
    }
    let mut all = vec![image::examine_machine(system, data, &args.subject)?];
    for path in data {
        all.push(image::examine(path, &args.subject)?);
    }
    Ok(all)
}

/// Says what keeps the request from being made, if anything does.
fn refused(draft: &Draft, checks: &Checks) -> bool {
    let problems = checks.refusing();
    for problem in &problems {
        let image = draft.images.get(problem.disk - 1).map(String::as_str).unwrap_or_default();
        say(&format!("{}: {}: {}", printable(image), problem.rule, printable(problem.message)));
        say(&format!("  fix: {}", printable(problem.remedy)));
    }
    !problems.is_empty()
}

/// Says what nobody said, if there is anything.
fn is_open(draft: &Draft) -> bool {
    for origin in draft.open() {
        let why = origin.found.reason().map_or("not examined", |reason| &reason.why);
        let name = origin.parameter.rsplit('.').next().unwrap_or_default();
        let flag = match name {
            "OSType" => "--os-type",
            "Platform" => "--platform",
            "Architecture" => "--architecture",
            "BootMode" => "--boot-mode",
            _ => "--disk-image-size",
        };
        say(&format!("{} is not known: {}; state it with {flag}", origin.parameter, printable(why)));
    }
    draft.open().next().is_some()
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
