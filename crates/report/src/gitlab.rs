//! The Code Quality report of GitLab: what is found, as a list.
//!
//! Its reader knows files and lines of the repository only, so that the path is that of the image, and the description
//! says where in it. What is waived is left out; what is known from a baseline is not, for GitLab compares by itself.

use crate::escape::{self, shown};
use crate::page::place;
use crate::{Judged, Style};
use preflight::{Finding, Judgement, Severity};
use serde::Serialize;
use std::collections::HashMap;
use std::io;

/// Code Quality JSON.
pub(crate) struct Reporter;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn write(&self, images: &[Judged<'_>], _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut issues = Vec::new();
        let mut prints = Prints::default();
        for Judged { report, .. } in images {
            let findings = report.findings().into_iter().filter(|(result, _)| result.waived.is_none());
            issues.extend(findings.map(|(result, finding)| {
                let print = prints.unique(&finding.fingerprint);
                issue(&report.image, result, description(finding), print, word(finding.severity))
            }));
            issues.extend(report.open().map(|(result, why)| {
                let print = prints.unique(&format!("open-{}", result.id));
                let text = format!("it cannot be told whether this holds: {}: {why}", result.title);
                issue(&report.image, result, text, print, "major")
            }));
        }
        escape::json(&issues, out)
    }
}

fn issue(image: &str, result: &Judgement, description: String, fingerprint: String, severity: &'static str) -> Issue {
    let path = shown(image.strip_prefix("./").unwrap_or(image));
    Issue {
        description: shown(&description),
        check_name: shown(&result.id),
        fingerprint,
        severity,
        location: Location { path, lines: Lines { begin: 1 } },
    }
}

fn description(finding: &Finding) -> String {
    let at = finding.evidence.first().map(place).filter(|at| !at.is_empty());
    let at = at.map_or(String::new(), |at| format!(" ({at})"));
    format!("{}{at}; to fix it: {}", finding.message, finding.remedy)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Reject | Severity::NoBoot => "blocker",
        Severity::NoLogin => "critical",
        Severity::Degraded => "minor",
        Severity::Info => "info",
    }
}

/// GitLab takes two issues of one fingerprint for one. The same thing found again, in another image or another place
/// of a file that is named by its volume only, is counted.
#[derive(Default)]
struct Prints(HashMap<String, usize>);

impl Prints {
    fn unique(&mut self, print: &str) -> String {
        let count = self.0.entry(print.to_owned()).or_default();
        *count += 1;
        if *count == 1 { print.to_owned() } else { format!("{print}-{count}") }
    }
}
