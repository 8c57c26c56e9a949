//! The disks of one machine, looked into, and the request for their import: what `request` and `import` begin with.

use super::preflight::documents;
use crate::cli::Machine;
use crate::exit::{Exit, Failure};
use crate::image::{self, Examined, say};
use ::request::{Checks, Draft};
use facts::{Facts, printable};
use preflight::Target;
use std::path::Path;
use storage::Error;

/// A machine, and what is to be asked for it.
pub(super) struct Drafted {
    /// Facts of each disk.
    pub(super) disks: Vec<Facts>,
    pub(super) draft: Draft,
    /// What the rules say of both.
    pub(super) checks: Checks,
    /// Why a disk could not be opened.
    failed: Option<Error>,
}

/// Looks into the disks and makes the request, for `region` where nothing else names one. What is uploaded may be another
/// image than was looked into: `remade` says so, disk by disk, in facts.
pub(super) fn draft(
    machine: &Machine,
    region: Option<&str>,
    from_facts: bool,
    dry_run: bool,
    remade: &dyn Fn(usize, Facts) -> Result<Facts, Failure>,
) -> Result<Drafted, Failure> {
    let mut stated = machine.request.of_disks(machine.images.len(), dry_run).map_err(Failure::usage)?;
    let named = machine.target.as_ref().and_then(|target| target.region.as_ref());
    if named.is_none() && stated.request.region_id.is_none() {
        stated.request.region_id = region.map(str::to_owned);
    }
    let target = Target {
        profile: machine.profile,
        instance: machine.target.clone().unwrap_or_default(),
        policy: documents::policy(machine.policy.as_deref(), machine.no_policy)?,
        ..Target::default()
    };
    let (mut disks, mut failed) = (Vec::new(), None);
    for (number, examined) in examine(machine, from_facts)?.into_iter().enumerate() {
        disks.push(if examined.failure.is_none() { remade(number, examined.facts)? } else { examined.facts });
        failed = failed.or(examined.failure);
    }
    let draft = Draft::of(&disks, &stated, &target);
    let checks = draft.check(&disks, &target);
    Ok(Drafted { disks, draft, checks, failed })
}

/// Facts of each disk. Those of the system disk are of the machine, whose root may lie over several.
fn examine(machine: &Machine, from_facts: bool) -> Result<Vec<Examined>, Failure> {
    let [system, data @ ..] = machine.images.as_slice() else { return Err(Failure::usage("no image was named")) };
    if from_facts {
        return machine.images.iter().map(|path| documents::facts(path)).collect();
    }
    if machine.subject.input.member.is_some() && !data.is_empty() {
        return Err(Failure::usage("--member is of one archive, and several images were named"));
    }
    if !data.is_empty() && machine.images.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage("standard input can be the only image, and not one of several"));
    }
    let mut all = vec![image::examine_machine(system, data, &machine.subject)?];
    for path in data {
        all.push(image::examine(path, &machine.subject)?);
    }
    Ok(all)
}

impl Drafted {
    /// Says what keeps the request from being made, if anything does; `None`: nothing.
    pub(super) fn refused(&self) -> Result<Option<Exit>, Failure> {
        let problems = self.checks.refusing();
        for problem in &problems {
            let image = self.draft.images.get(problem.disk - 1).map(String::as_str).unwrap_or_default();
            say(&format!("{}: {}: {}", printable(image), problem.rule, printable(problem.message)));
            say(&format!("  fix: {}", printable(problem.remedy)));
        }
        match &self.failed {
            Some(error) => Err(Failure::from(error)),
            None if !problems.is_empty() => Ok(Some(Exit::Blocked)),
            None => Ok(self.is_open().then_some(Exit::Undecided)),
        }
    }

    /// Says what nobody said, if there is anything.
    fn is_open(&self) -> bool {
        for origin in self.draft.open() {
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
        self.draft.open().next().is_some()
    }
}
