//! What to change in a guest so that it passes: a diff of its files, and a script to run in the source machine.
//!
//! [`plan`] asks the remedies what helps against the rules that failed, and tries what they propose on the same disk, in
//! memory: a change after which its rule finds no less, or another rule finds more, is left out. The image is never
//! changed. What only a running system can do, such as making an initramfs, is in the script, and the plan says that it was
//! not seen to help.
//!
//! The diff names files as the source machine does, `a/etc/fstab`, for `patch -p1`. Two things hold for all of it: a file
//! is changed line by line and keeps what is not wrong, and strings of the guest are quoted wherever they are written.
//!
//! # How to add a remedy
//!
//! Write `remedies/NAME.rs` with `fn propose(&mut Work)`, and add its word to `remedies!`.

mod diff;
mod edit;
mod parameters;
mod plan;
mod proposal;
mod readme;
mod remedies;
mod rewrite;
mod script;
mod shell;
mod trial;
mod work;

pub use plan::{Document, Effect, Fix, LeftOut, Plan, RulePlan, SCHEMA_VERSION};

use facts::Facts;
use inspect::{DataImage, GuestFiles, Image};
use preflight::{Report, Target};
use proposal::Proposal;
use storage::Result;
use trial::{Sources, Trial};
use work::Work;

/// What to do about the rules that failed in `report`, which judged `facts` of this machine by `target`.
///
/// An error is a failure of this machine.
pub fn plan(
    system: Image<'_>,
    data: &[DataImage<'_>],
    facts: &Facts,
    report: &Report,
    target: &Target,
) -> Result<Plan> {
    let look = |files: &GuestFiles<'_, '_>| {
        let proposals = proposals(files, facts, report);
        let sources = trial::sources(files, &proposals);
        (proposals, sources)
    };
    let (proposals, sources) = match facts.guest.value() {
        Some(_) => inspect::with_guest_files(system, data, look)?.unwrap_or_default(),
        None => (Vec::new(), Sources::new()),
    };
    let trial = Trial { system, data, facts, report, target, sources: &sources };
    let verdict = trial.run(proposals)?;
    Ok(Plan::new(report, &verdict, &sources))
}

fn proposals(files: &GuestFiles<'_, '_>, facts: &Facts, report: &Report) -> Vec<Proposal> {
    let Some(guest) = facts.guest.value() else { return Vec::new() };
    let Some(linux) = &guest.linux else { return Vec::new() };
    let mut work = Work { facts, guest, linux, report, files, proposals: Vec::new() };
    for remedy in remedies::REMEDIES {
        remedy(&mut work);
    }
    work.proposals
}
