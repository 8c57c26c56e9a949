//! What remedies look at.

use crate::proposal::Proposal;
use facts::{Evidence, Facts, Guest, Linux, Volume};
use inspect::GuestFiles;
use preflight::{Finding, Report};
use syntax::shell::Assignment;

/// A Linux guest, what the rules say of it, and its files.
pub(crate) struct Work<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) guest: &'a Guest,
    pub(crate) linux: &'a Linux,
    pub(crate) report: &'a Report,
    pub(crate) files: &'a GuestFiles<'a, 'a>,
    pub(crate) proposals: Vec<Proposal>,
}

impl<'a> Work<'a> {
    /// Takes a proposal.
    pub(crate) fn propose(&mut self, proposal: Proposal) {
        self.proposals.push(proposal);
    }

    /// Whether that rule failed and nobody waived it.
    pub(crate) fn failed(&self, rule: &str) -> bool {
        !self.findings(rule).is_empty()
    }

    /// What that rule found; nothing if it was waived.
    pub(crate) fn findings(&self, rule: &str) -> &'a [Finding] {
        let judged = self.report.results.iter().find(|result| result.id == rule && result.waived.is_none());
        judged.map_or(&[], |result| result.outcome.findings())
    }

    /// The places that a rule points at.
    pub(crate) fn places(&self, rule: &str) -> impl Iterator<Item = &'a Evidence> + use<'a> {
        self.findings(rule).iter().flat_map(|finding| &finding.evidence)
    }

    /// The content of a file; none where there is none or it cannot be read.
    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.files.read(path).ok().flatten().map(|(_, bytes)| bytes)
    }

    /// Its lines with their numbers, decoded.
    pub(crate) fn lines(&self, path: &str) -> Vec<(usize, String)> {
        let bytes = self.read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (1..).zip(text.lines().map(str::to_owned)).collect()
    }

    /// Its assignments, as the shell reads them.
    pub(crate) fn assignments(&self, path: &str) -> Vec<Assignment> {
        syntax::shell::assignments(&self.read(path).unwrap_or_default())
    }

    /// Whether one of those programs is installed; the first that is.
    pub(crate) fn program<'p>(&self, paths: &[&'p str]) -> Option<&'p str> {
        paths.iter().find(|path| self.files.has(path) == Ok(true)).copied()
    }

    /// The volume of the root filesystem.
    pub(crate) fn root(&self) -> Option<&'a Volume> {
        self.facts.root_volume()
    }

    /// Whether the distribution is one of those, or like one of them.
    pub(crate) fn is_like(&self, ids: &[&str]) -> bool {
        self.guest.distribution.value().is_some_and(|found| {
            ids.contains(&found.id.as_str()) || found.like.iter().any(|like| ids.contains(&like.as_str()))
        })
    }

    /// Whether systemd is the init system.
    pub(crate) fn has_systemd(&self) -> bool {
        self.linux.init.value().is_some_and(|init| init == "systemd")
    }
}

/// The number of the line that a place is, as [`crate::edit::Edit`] counts.
pub(crate) fn line_of(place: &Evidence) -> Option<usize> {
    place.line.and_then(|line| usize::try_from(line).ok())
}
