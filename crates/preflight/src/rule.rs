//! A rule.

use crate::outcome::{Finding, Outcome, Severity};
use crate::target::Target;
use facts::{Facts, Known, Reason};
use serde::Serialize;

/// Why a rule gives no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// It is not about this disk.
    Skipped(String),
    /// It is, but what it needs to know is not known.
    Unknown(Reason),
    /// Some of it is wrong, and some of it is not known.
    Partly(Vec<Finding>, Reason),
}

impl Undecided {
    /// The rule is not about this disk.
    pub fn skipped(why: impl Into<String>) -> Self {
        Undecided::Skipped(why.into())
    }

    /// It cannot be told.
    pub fn unknown(why: impl Into<String>) -> Self {
        Undecided::Unknown(Reason::new(why))
    }
}

/// What a check returns: what is wrong (nothing: passed), or why it cannot be said.
pub type Judged = Result<Vec<Finding>, Undecided>;

/// How sure it is that a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The platform's own current texts say so.
    Current,
    /// Only texts of the platform say so that are years old: such rules warn at most.
    Old,
    /// It follows from how the platform, firmware and systems work.
    Derived,
    /// The project that keeps the policy file says so.
    Project,
}

impl Confidence {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Confidence::Current => "official and current",
            Confidence::Old => "official but old",
            Confidence::Derived => "derived",
            Confidence::Project => "the project's own",
        }
    }
}

/// A rule: what must hold of a disk, who says so, and how to see it.
#[derive(Debug)]
pub struct Rule {
    /// Stable name, such as `LNX-FSTAB-UUID`.
    pub id: &'static str,
    /// Names of the same check in the platform's own tools, such as `GUESTOS.Fstab`.
    pub aliases: &'static [&'static str],
    /// What must hold, in a few words.
    pub title: &'static str,
    /// How bad it is at worst where it does not hold.
    pub severity: Severity,
    /// How sure that is.
    pub confidence: Confidence,
    /// Who says so, and as of when.
    pub source: &'static str,
    /// Markdown under the headings *What it checks*, *Why ECS needs it*, *How to fix*.
    pub docs: &'static str,
    /// The check: pure, from facts alone.
    pub check: fn(&Facts, &Target) -> Judged,
}

impl Rule {
    /// Asks the rule. Findings come worst first, none worse than the rule.
    pub fn judge(&self, facts: &Facts, target: &Target) -> Outcome {
        match (self.check)(facts, target) {
            Ok(findings) if findings.is_empty() => Outcome::Passed,
            Ok(findings) => Outcome::Failed { findings: self.in_order(findings), open: None },
            Err(Undecided::Partly(findings, reason)) => {
                let findings = self.in_order(findings);
                // What is as bad as it can be is not made worse by what is not known.
                let worst = findings.first().is_some_and(|finding| finding.severity == self.severity);
                Outcome::Failed { findings, open: (!worst).then_some(reason.why) }
            }
            Err(Undecided::Skipped(why)) => Outcome::Skipped { why },
            Err(Undecided::Unknown(reason)) => Outcome::Unknown { why: reason.why },
        }
    }

    fn in_order(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        for finding in &mut findings {
            finding.severity = finding.severity.min(self.severity);
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }
}

/// What is there, or nothing; what is not known ends the check.
pub(crate) fn known<T>(what: &Known<T>) -> Result<Option<&T>, Undecided> {
    match what {
        Known::Is(value) => Ok(Some(value)),
        Known::Absent => Ok(None),
        Known::Unknown(reason) => Err(Undecided::Unknown(reason.clone())),
    }
}

/// What is there; a rule about something that is not there is skipped.
pub(crate) fn present<T>(what: &Known<T>, absent: impl Into<String>) -> Result<&T, Undecided> {
    known(what)?.ok_or_else(|| Undecided::skipped(absent))
}

/// Findings and doubts of a check that looks at several things.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    findings: Vec<Finding>,
    doubt: Option<Reason>,
}

impl Tally {
    /// Something is wrong.
    pub(crate) fn fail(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Something cannot be told. The first doubt is kept.
    pub(crate) fn doubt(&mut self, reason: impl Into<String>) {
        self.doubt.get_or_insert_with(|| Reason::new(reason));
    }

    /// The value if it is there; if it is not known, that is noted as a doubt.
    pub(crate) fn value<'a, T>(&mut self, what: &'a Known<T>) -> Option<&'a T> {
        if let Some(reason) = what.reason() {
            self.doubt(reason.why.clone());
        }
        what.value()
    }

    /// What comes of it.
    pub(crate) fn done(self) -> Judged {
        match self.doubt {
            None => Ok(self.findings),
            Some(reason) if self.findings.is_empty() => Err(Undecided::Unknown(reason)),
            Some(reason) => Err(Undecided::Partly(self.findings, reason)),
        }
    }
}
