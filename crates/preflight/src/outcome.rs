//! What a rule says about a disk.

use facts::Evidence;
use serde::{Deserialize, Deserializer, Serialize};
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

impl<'de> Deserialize<'de> for Severity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
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
    /// The same for the same finding in another image or another build: 32 hexadecimal digits of what rule found it,
    /// in which file, and what stands there.
    pub fingerprint: String,
    /// It was there in the report that is the baseline, and so does not block.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_baseline: bool,
}

impl Finding {
    /// A finding as bad as its rule.
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding {
            severity: Severity::Reject,
            message: message.into(),
            evidence: Vec::new(),
            remedy: remedy.into(),
            fingerprint: String::new(),
            in_baseline: false,
        }
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

    /// Numbers and sizes in words change from build to build; what stands in a file of the guest does not, and where
    /// there is no file, the volume must do.
    pub(crate) fn fingerprint_of(&self, rule: &str) -> String {
        let mut hash = Fnv::new();
        hash.add(rule);
        if let Some(place) = self.evidence.first() {
            hash.add(&place.volume.as_ref().map(ToString::to_string).unwrap_or_default());
            // The image file has another name elsewhere.
            if let (Some(_), Some(path)) = (&place.volume, &place.path) {
                hash.add(path);
                hash.add(place.line.and(place.text.as_deref()).unwrap_or_default());
            }
        }
        hash.digits()
    }

    /// The same, but at most this bad.
    #[must_use]
    pub fn only(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }
}

/// FNV-1a of 128 bits: no secret, only the same for the same.
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// A text and its end.
    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    fn digits(&self) -> String {
        format!("{:032x}", self.0)
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
        /// Why it may be worse than that, where something could not be told.
        #[serde(skip_serializing_if = "Option::is_none")]
        open: Option<String>,
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

    /// Why it could not be told whether it is worse than it seems, if so.
    pub fn open(&self) -> Option<&str> {
        match self {
            Outcome::Unknown { why } => Some(why),
            Outcome::Failed { open, .. } => open.as_deref(),
            Outcome::Passed | Outcome::Skipped { .. } => None,
        }
    }

    /// Its findings; empty unless it failed.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Outcome::Failed { findings, .. } => findings,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_rule_and_place() {
        let root = facts::VolumeId::partition(1);
        let line = |text: &str| Evidence::file(&root, "/etc/fstab").at_line(3).saying(text);
        let print = |rule: &str, evidence| Finding::new("message", "remedy").at(evidence).fingerprint_of(rule);
        let first = print("LNX-A", line("/dev/sda1 /"));
        assert_eq!(first.len(), 32);
        assert_eq!(first, print("LNX-A", line("/dev/sda1 /").at_line(9)), "lines move");
        assert_ne!(first, print("LNX-B", line("/dev/sda1 /")));
        assert_ne!(first, print("LNX-A", line("/dev/sdb1 /")));
        let free = |text: &str| Evidence::volume(&root, text);
        assert_eq!(print("LNX-A", free("300 MiB free")), print("LNX-A", free("200 MiB free")));
    }

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
