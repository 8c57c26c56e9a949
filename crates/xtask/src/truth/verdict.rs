//! What `preflight` says of a disk.

use crate::Result;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The rules that fired, by what they say would happen.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Rules that say it does not boot, or is not even taken.
    pub(crate) boot: Vec<String>,
    /// Rules that say that nobody gets in.
    pub(crate) login: Vec<String>,
    /// Rules that could say either, and do not know: which, and whether it is about booting.
    pub(crate) open: Vec<(String, bool)>,
}

/// The answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Blocks,
    Undecided,
    Passes,
}

impl Verdict {
    pub(crate) fn of(program: &Path, image: &Path) -> Result<Self> {
        let done = Command::new(program).args(["preflight", "--output", "json"]).arg(image).output()?;
        let report: Value = serde_json::from_slice(&done.stdout)
            .map_err(|error| format!("preflight: {error}: {}", String::from_utf8_lossy(&done.stderr).trim()))?;
        Self::parse(&report)
    }

    fn parse(report: &Value) -> Result<Self> {
        let mut verdict = Verdict { boot: Vec::new(), login: Vec::new(), open: Vec::new() };
        for result in report["results"].as_array().ok_or("the report has no results")? {
            let id = result["id"].as_str().ok_or("a result has no id")?.to_owned();
            if result["status"] == "UNKNOWN" {
                match Weight::of(&result["severity"]) {
                    Weight::Boot => verdict.open.push((id, true)),
                    Weight::Login => verdict.open.push((id, false)),
                    Weight::Light => {}
                }
                continue;
            }
            let findings = result["findings"].as_array().into_iter().flatten();
            match findings.map(|finding| Weight::of(&finding["severity"])).max() {
                Some(Weight::Boot) => verdict.boot.push(id),
                Some(Weight::Login) => verdict.login.push(id),
                _ => {}
            }
        }
        Ok(verdict)
    }

    /// Will it boot?
    pub(crate) fn on_boot(&self) -> Answer {
        answer(!self.boot.is_empty(), self.open.iter().any(|(_, boot)| *boot))
    }

    /// Will it boot, and let root in?
    pub(crate) fn on_login(&self) -> Answer {
        answer(!self.boot.is_empty() || !self.login.is_empty(), !self.open.is_empty())
    }
}

fn answer(blocks: bool, open: bool) -> Answer {
    match (blocks, open) {
        (true, _) => Answer::Blocks,
        (false, true) => Answer::Undecided,
        (false, false) => Answer::Passes,
    }
}

/// What a severity is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Light,
    Login,
    Boot,
}

impl Weight {
    fn of(severity: &Value) -> Self {
        match severity.as_str() {
            Some("no_boot" | "reject") => Weight::Boot,
            Some("no_login") => Weight::Login,
            _ => Weight::Light,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_finding_blocks_by_its_own_severity() {
        let light = json!({ "severity": "degraded" });
        let report = json!({ "results": [
            { "id": "A", "status": "FAILED", "severity": "degraded", "findings": [light] },
            { "id": "B", "status": "FAILED", "severity": "no_boot", "findings": [light, { "severity": "no_login" }] },
            { "id": "C", "status": "UNKNOWN", "severity": "no_boot", "why": "" },
            { "id": "D", "status": "UNKNOWN", "severity": "degraded", "why": "" },
        ] });
        let verdict = Verdict::parse(&report).unwrap();
        assert_eq!((verdict.boot.len(), verdict.login.as_slice()), (0, ["B".to_owned()].as_slice()));
        assert_eq!(verdict.open, [("C".to_owned(), true)]);
        assert_eq!((verdict.on_boot(), verdict.on_login()), (Answer::Undecided, Answer::Blocks));
    }
}
