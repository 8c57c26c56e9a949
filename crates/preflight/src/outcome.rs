//! What a rule says about a disk.

use facts::Evidence;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// How bad it is, from a remark to a refused import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing. Instances work.
    Info,
    /// Instances work, but something does not: growing the disk, setting a password, an agent.
    Degraded,
    /// Instances boot, and nobody can log in, or there is no network.
    NoLogin,
    /// Instances do not boot.
    NoBoot,
    /// The import is refused.
    Reject,
}

impl Severity {
    /// All of them, mildest first.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Degraded, Severity::NoLogin, Severity::NoBoot, Severity::Reject];

    /// The word for it, as on the command line: `info`, `degraded`, `no-login`, `no-boot`, `reject`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Degraded => "degraded",
            Severity::NoLogin => "no-login",
            Severity::NoBoot => "no-boot",
            Severity::Reject => "reject",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = text.to_ascii_lowercase().replace('_', "-");
        Severity::ALL
            .into_iter()
            .find(|severity| severity.word() == wanted)
            .ok_or_else(|| format!("{text:?} is no severity; those are info, degraded, no-login, no-boot, reject"))
    }
}

/// One thing that is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad this one is; never worse than its rule.
    pub severity: Severity,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Where it shows.
    pub evidence: Vec<Evidence>,
    /// What to do, as concrete as can be: file, line, command.
    pub remedy: String,
}

impl Finding {
    /// A finding as bad as its rule.
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding { severity: Severity::Reject, message: message.into(), evidence: Vec::new(), remedy: remedy.into() }
    }

    /// The same with a place where it shows.
    #[must_use]
    pub fn at(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// The same with places where it shows.
    #[must_use]
    pub fn at_all<'a>(mut self, evidence: impl IntoIterator<Item = &'a Evidence>) -> Self {
        self.evidence.extend(evidence.into_iter().cloned());
        self
    }

    /// The same, but at most this bad.
    #[must_use]
    pub fn only(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }
}

/// What came out of asking one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum Outcome {
    /// Looked at, and right.
    Passed,
    /// Looked at, and wrong. Whether that blocks is for the severity to say.
    Failed {
        /// What is wrong, worst first; never empty.
        findings: Vec<Finding>,
    },
    /// The rule is not about this disk.
    Skipped {
        /// Why not.
        why: String,
    },
    /// The rule is about this disk, and it cannot be told.
    Unknown {
        /// Why not: completes "unknown: …".
        why: String,
    },
}

impl Outcome {
    /// The verdict word: `PASSED`, `FAILED`, `SKIPPED`, `UNKNOWN`.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Passed => "PASSED",
            Outcome::Failed { .. } => "FAILED",
            Outcome::Skipped { .. } => "SKIPPED",
            Outcome::Unknown { .. } => "UNKNOWN",
        }
    }

    /// Its findings; empty unless it failed.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Outcome::Failed { findings } => findings,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_and_read_back() {
        assert!(Severity::ALL.is_sorted());
        for severity in Severity::ALL {
            assert_eq!(severity.word().parse(), Ok(severity));
        }
        assert_eq!("NO_BOOT".parse(), Ok(Severity::NoBoot));
        assert!("fatal".parse::<Severity>().is_err());
    }
}
