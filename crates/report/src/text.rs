//! The report as text: the verdict first, then what to fix, worst first.

use crate::head::head;
use crate::page::{Page, counted, place};
use crate::style::{Ink, Style};
use facts::Facts;
use preflight::{DiskUse, Finding, Judgement, Outcome, Report, Severity, Verdict};
use std::io;

/// Text.
pub(crate) struct Reporter;

/// Evidence shown of one finding; the rest is counted.
const PLACES: usize = 8;
/// Rules named for one reason; the rest is counted.
const NAMES: usize = 6;

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, report: &Report, facts: &Facts, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(style);
        verdict(&mut page, report);
        page.gap();
        head(&mut page, facts);
        let findings = report.findings();
        let (blocking, rest): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|(_, finding)| finding.severity >= report.fail_on);
        let (warnings, notes): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|(_, finding)| finding.severity > Severity::Info);
        section(&mut page, "To fix before the import", Ink::Red, &blocking);
        section(&mut page, "Warnings", Ink::Yellow, &warnings);
        section(&mut page, "Notes", Ink::Dim, &notes);
        unknowns(&mut page, report);
        closing(&mut page, report);
        out.write_all(page.finish().as_bytes())
    }
}

fn verdict(page: &mut Page<'_>, report: &Report) {
    let (word, ink) = match report.verdict {
        Verdict::Ready => ("READY", Ink::Green),
        Verdict::Undecided => ("UNDECIDED", Ink::Yellow),
        Verdict::NotReady => ("NOT READY", Ink::Red),
    };
    let counts =
        report.findings().iter().fold([0, 0, 0], |[blocking, warnings, notes], (_, finding)| match finding.severity {
            severity if severity >= report.fail_on => [blocking + 1, warnings, notes],
            Severity::Info => [blocking, warnings, notes + 1],
            _ => [blocking, warnings + 1, notes],
        });
    let open = open(report).count();
    let words =
        [(counts[0], "to fix", ""), (counts[1], "warning", "s"), (counts[2], "note", "s"), (open, "undecided", "")]
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, word, plural)| format!("{count} {word}{}", if count == 1 { "" } else { plural }));
    let words: Vec<_> = words.collect();
    let words = if words.is_empty() { "nothing to remark".into() } else { words.join(", ") };
    let what = match report.disk {
        DiskUse::System => "as a system disk",
        DiskUse::Data => "as a data disk",
    };
    let heading = format!("{}  ", page.style.paint(ink, word));
    page.hanging(&heading, word.len() + 2, &format!("{} {what}: {words}", report.image));
}

fn section(page: &mut Page<'_>, title: &str, ink: Ink, findings: &[(&Judgement, &Finding)]) {
    if findings.is_empty() {
        return;
    }
    page.gap();
    page.line(&page.style.paint(Ink::Bold, title));
    for (judgement, finding) in findings {
        let word = finding.severity.word().to_uppercase();
        let heading = format!("  {} ", page.style.paint(ink, &format!("{word:<8}")));
        page.hanging(&heading, 11, &format!("{}: {}", judgement.id, finding.message));
        for evidence in finding.evidence.iter().take(PLACES) {
            page.hanging("           at   ", 16, &place(evidence));
        }
        if finding.evidence.len() > PLACES {
            page.hanging("           at   ", 16, &format!("{} more places", finding.evidence.len() - PLACES));
        }
        page.hanging("           fix  ", 16, &finding.remedy);
    }
}

/// Rules that could not be decided and could block.
fn open(report: &Report) -> impl Iterator<Item = (&Judgement, &str)> {
    undecided(report).filter(|(judgement, _)| judgement.severity >= report.fail_on)
}

fn undecided(report: &Report) -> impl Iterator<Item = (&Judgement, &str)> {
    report.results.iter().filter_map(|judgement| match &judgement.outcome {
        Outcome::Unknown { why } => Some((judgement, why.as_str())),
        _ => None,
    })
}

/// What could not be decided, gathered by reason: one unreadable filesystem leaves many rules open.
fn unknowns(page: &mut Page<'_>, report: &Report) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (judgement, why) in undecided(report) {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, ids)) => ids.push(judgement.id),
            None => reasons.push((why, vec![judgement.id])),
        }
    }
    if reasons.is_empty() {
        return;
    }
    page.gap();
    page.line(&page.style.paint(Ink::Bold, "Unknown"));
    for (why, ids) in reasons {
        page.hanging("  ", 4, &format!("{}: {why}", some_of(&ids)));
    }
}

/// The first names, and how many more there are.
fn some_of(ids: &[&str]) -> String {
    match ids.len().saturating_sub(NAMES) {
        0 => ids.join(", "),
        more => format!("{} and {more} more", ids[..NAMES].join(", ")),
    }
}

fn closing(page: &mut Page<'_>, report: &Report) {
    page.gap();
    let summary = &report.summary;
    if !page.style.verbose {
        let passed = counted(summary.passed, "rule");
        page.hanging("", 0, &format!("{passed} passed, {} not about this disk.", summary.skipped));
        return;
    }
    page.line(&page.style.paint(Ink::Bold, "All rules"));
    for judgement in &report.results {
        let (word, ink) = (judgement.outcome.word(), ink(judgement, report.fail_on));
        let heading = format!("  {} {:<22} ", page.style.paint(ink, &format!("{word:<7}")), judgement.id);
        let text = match &judgement.outcome {
            Outcome::Skipped { why } | Outcome::Unknown { why } => why,
            Outcome::Passed | Outcome::Failed { .. } => judgement.title,
        };
        page.hanging(&heading, 33, text);
    }
}

fn ink(judgement: &Judgement, fail_on: Severity) -> Ink {
    match &judgement.outcome {
        Outcome::Passed => Ink::Green,
        Outcome::Failed { .. } if judgement.severity >= fail_on => Ink::Red,
        Outcome::Failed { .. } | Outcome::Unknown { .. } => Ink::Yellow,
        Outcome::Skipped { .. } => Ink::Dim,
    }
}
