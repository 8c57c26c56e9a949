//! Whether proposals hold up: the same disk is inspected with their files in place of its own, and judged again.
//!
//! All are tried at once. Where a rule then says something worse than before, or a proposal helps no rule that it claims,
//! they are taken one after the other, and those that do harm or no good are left out.

use crate::edit;
use crate::proposal::{Assumed, FileEdit, Proposal};
use facts::Facts;
use filesystem::GuestPath;
use inspect::{Change, DataImage, GuestFiles, GuestPlace, Image};
use preflight::{Outcome, Report, Severity, Target};
use std::collections::BTreeMap;
use storage::Result;

/// Proposals that are tried one after the other; an ordinary guest has fewer than twenty.
const MAX_TRIALS: usize = 64;

/// A file of the guest before and after.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    pub(crate) place: GuestPlace,
    pub(crate) old: Option<Vec<u8>>,
    pub(crate) new: Vec<u8>,
}

/// The files that proposals name, by that name, as they are. None: such a file may not be changed.
pub(crate) type Sources = BTreeMap<String, Option<Source>>;

/// A file as it is, if it is there.
pub(crate) type Source = (GuestPlace, Option<Vec<u8>>);

/// Reads what the proposals name.
pub(crate) fn sources(files: &GuestFiles<'_, '_>, proposals: &[Proposal]) -> Sources {
    let mut sources = Sources::new();
    for proposal in proposals {
        let assumed = proposal.assumed.iter().map(|assumed| match assumed {
            Assumed::Gone(path) => path,
            Assumed::Edited(file) => &file.path,
        });
        for path in proposal.files.iter().map(|file| &file.path).chain(assumed) {
            sources.entry(path.clone()).or_insert_with(|| source(files, path));
        }
    }
    sources
}

fn source(files: &GuestFiles<'_, '_>, path: &str) -> Option<Source> {
    let found = match files.read(path).ok()? {
        Some((place, bytes)) => (place, Some(bytes)),
        None => (files.place(path).ok()??, None),
    };
    let named_plainly = |&byte: &u8| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
    found.0.path.as_bytes().iter().all(named_plainly).then_some(found)
}

/// The files as the proposals leave them. None: a change cannot be made.
pub(crate) fn files<'f>(
    edits: impl IntoIterator<Item = &'f FileEdit>,
    sources: &Sources,
) -> Option<BTreeMap<GuestPath, Changed>> {
    let mut by_file: BTreeMap<GuestPath, (&Source, Vec<&FileEdit>)> = BTreeMap::new();
    for file in edits {
        let source = sources.get(&file.path)?.as_ref().filter(|(_, bytes)| bytes.is_some() || file.may_be_new)?;
        by_file.entry(source.0.path.clone()).or_insert((source, Vec::new())).1.push(file);
    }
    let mut changed = BTreeMap::new();
    for (path, ((place, old), files)) in by_file {
        let edits = files.into_iter().flat_map(|file| &file.edits);
        let new = edit::apply(old.as_deref().unwrap_or_default(), edits)?;
        changed.insert(path, Changed { place: place.clone(), old: old.clone(), new });
    }
    Some(changed)
}

/// What proposals are tried on.
pub(crate) struct Trial<'a> {
    pub(crate) system: Image<'a>,
    pub(crate) data: &'a [DataImage<'a>],
    pub(crate) facts: &'a Facts,
    pub(crate) report: &'a Report,
    pub(crate) target: &'a Target,
    pub(crate) sources: &'a Sources,
}

/// What came of the trials.
pub(crate) struct Verdict {
    /// What holds up.
    pub(crate) kept: Vec<Proposal>,
    /// What does not, and why.
    pub(crate) dropped: Vec<(Proposal, String)>,
    /// What the rules say with what holds up done.
    pub(crate) after: Report,
}

impl Trial<'_> {
    /// Sorts the proposals.
    pub(crate) fn run(&self, proposals: Vec<Proposal>) -> Result<Verdict> {
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for proposal in proposals {
            match files(proposal.all_edits(), self.sources) {
                Some(changed) if proposal.files.is_empty() || !is_idle(&changed) => kept.push(proposal),
                Some(_) => dropped.push((proposal, "there is nothing left to change in the file".to_owned())),
                None => dropped.push((proposal, "the file cannot be changed: it or its directory is not there, or it is not written in the usual way".to_owned())),
            }
        }
        let after = self.judge(&kept)?;
        if objection(&after, self.report).is_none() && kept.iter().all(|one| helps(one, &after, self.report)) {
            return Ok(Verdict { kept, dropped, after });
        }
        self.one_by_one(kept, dropped)
    }

    fn one_by_one(&self, proposals: Vec<Proposal>, mut dropped: Vec<(Proposal, String)>) -> Result<Verdict> {
        let mut kept: Vec<Proposal> = Vec::new();
        let mut before = self.judge(&kept)?;
        for (number, proposal) in proposals.into_iter().enumerate() {
            if number >= MAX_TRIALS {
                dropped.push((proposal, format!("no more than {MAX_TRIALS} changes are tried")));
                continue;
            }
            kept.push(proposal);
            let after = self.judge(&kept)?;
            let objection = objection(&after, &before);
            let helps = kept.last().is_some_and(|proposal| helps(proposal, &after, &before));
            if objection.is_none() && helps {
                before = after;
            } else if let Some(proposal) = kept.pop() {
                let why = objection.unwrap_or_else(|| "the rule finds as much after it".into());
                dropped.push((proposal, why));
            }
        }
        Ok(Verdict { kept, dropped, after: before })
    }

    /// What the rules say of the disk with the proposals done.
    fn judge(&self, proposals: &[Proposal]) -> Result<Report> {
        let edits = proposals.iter().flat_map(Proposal::all_edits);
        let changed = files(edits, self.sources).unwrap_or_default();
        let mut changes: Vec<Change> = changed
            .into_values()
            .map(|file| Change { volume: file.place.volume, path: file.place.inner, content: Some(file.new) })
            .collect();
        for assumed in proposals.iter().flat_map(|proposal| &proposal.assumed) {
            if let Assumed::Gone(path) = assumed
                && let Some(Some((place, _))) = self.sources.get(path)
            {
                changes.push(Change { volume: place.volume.clone(), path: place.inner.clone(), content: None });
            }
        }
        let mut facts = inspect::inspect_changed(self.system, self.data, &changes)?;
        // What the caller knows of the files does not change.
        facts.image = self.facts.image.clone();
        facts.data_disks = self.facts.data_disks.clone();
        Ok(preflight::check(&facts, self.target))
    }
}

/// What a rule says that is worse than before.
fn objection(after: &Report, before: &Report) -> Option<String> {
    let worse = after.results.iter().zip(&before.results).find(|(after, before)| {
        let lost = matches!(before.outcome, Outcome::Passed) && matches!(after.outcome, Outcome::Unknown { .. });
        lost || score(&after.outcome) > score(&before.outcome)
    });
    worse.map(|(after, _)| {
        let found = after.outcome.findings().first().map(|found| found.message.as_str());
        format!("{} would then say: {}", after.id, found.or(after.outcome.open()).unwrap_or_default())
    })
}

/// Whether a rule that a proposal claims finds less. What cannot be tried is taken at its word.
fn helps(proposal: &Proposal, after: &Report, before: &Report) -> bool {
    proposal.untried || proposal.rules.iter().any(|rule| improves(rule, after, before))
}

impl Proposal {
    /// Its edits, and those of the script whose effect is known.
    fn all_edits(&self) -> impl Iterator<Item = &FileEdit> {
        let assumed = self.assumed.iter().filter_map(|assumed| match assumed {
            Assumed::Edited(file) if !file.edits.is_empty() => Some(file),
            _ => None,
        });
        self.files.iter().chain(assumed)
    }
}

fn is_idle(changed: &BTreeMap<GuestPath, Changed>) -> bool {
    changed.values().all(|file| file.old.as_ref() == Some(&file.new))
}

/// Whether a rule finds less, or less severe things.
pub(crate) fn improves(rule: &str, after: &Report, before: &Report) -> bool {
    let of =
        |report: &Report| report.results.iter().find(|result| result.id == rule).map(|result| result.outcome.clone());
    match (of(after), of(before)) {
        (Some(Outcome::Unknown { .. }), _) => false,
        (Some(after), Some(before)) => score(&after) < score(&before),
        _ => false,
    }
}

/// The severities of what a rule found, worst first: less is better.
fn score(outcome: &Outcome) -> Vec<Severity> {
    let mut severities: Vec<Severity> = outcome.findings().iter().map(|finding| finding.severity).collect();
    severities.sort_by(|a, b| b.cmp(a));
    severities
}
