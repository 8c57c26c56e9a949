//! The report as text: the verdict first, then what to fix, worst first. Of several images, what stops them, and in
//! the end what stops most.

use crate::head::head;
use crate::page::{Page, counted, place};
use crate::Judged;
use crate::style::{Ink, Style};
use crate::summary::{Cause, Summary};
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

    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(style);
        match images {
            [image] => whole(&mut page, image),
            _ => {
                for image in images {
                    if style.verbose { whole(&mut page, image) } else { short(&mut page, image) }
                    page.gap();
                }
                together(&mut page, &Summary::of(images));
            }
        }
        out.write_all(page.finish().as_bytes())
    }
}

/// All that is to be said of an image.
fn whole(page: &mut Page<'_>, image: &Judged<'_>) {
    let report = image.report;
    verdict(page, report);
    page.gap();
    head(page, image.facts);
    let Sorted { blocking, known, warnings, notes } = Sorted::of(report);
    section(page, "To fix before the import", Ink::Red, &blocking);
    section(page, "Known from the baseline", Ink::Yellow, &known);
    section(page, "Warnings", Ink::Yellow, &warnings);
    section(page, "Notes", Ink::Dim, &notes);
    waivers(page, report);
    unknowns(page, report);
    closing(page, report);
}

/// The verdict, and what to fix.
fn short(page: &mut Page<'_>, image: &Judged<'_>) {
    verdict(page, image.report);
    findings(page, Ink::Red, &Sorted::of(image.report).blocking);
}

/// How many images are ready, and what would make more so.
fn together(page: &mut Page<'_>, summary: &Summary<'_>) {
    let words = [(summary.ready, "ready"), (summary.undecided, "undecided"), (summary.not_ready, "not ready")];
    let words: Vec<_> =
        words.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let heading = format!("{}: {}", counted(summary.images, "image"), words.join(", "));
    page.line(&page.style.paint(Ink::Bold, &heading));
    for Cause { rule, title, images, alone } in &summary.causes {
        let alone = match alone {
            0 => String::new(),
            alone => format!("; fixing it alone makes {alone} of {} ready", summary.images),
        };
        let text = format!("stops {} of {}{alone} ({title})", images.len(), summary.images);
        page.hanging(&format!("  {rule:<22} "), 25, &text);
    }
}

/// A finding, and the rule it comes from.
type Pair<'r> = (&'r Judgement, &'r Finding);

/// The findings by what they mean for the verdict; those of waived rules have a place of their own.
#[derive(Default)]
struct Sorted<'r> {
    blocking: Vec<Pair<'r>>,
    known: Vec<Pair<'r>>,
    warnings: Vec<Pair<'r>>,
    notes: Vec<Pair<'r>>,
}

impl<'r> Sorted<'r> {
    fn of(report: &'r Report) -> Self {
        let mut sorted = Sorted::default();
        for (judgement, finding) in report.findings() {
            let blocks = finding.severity >= report.fail_on;
            let list = match finding.severity {
                _ if judgement.waived.is_some() => continue,
                _ if blocks && finding.in_baseline => &mut sorted.known,
                _ if blocks => &mut sorted.blocking,
                Severity::Info => &mut sorted.notes,
                _ => &mut sorted.warnings,
            };
            list.push((judgement, finding));
        }
        sorted
    }
}

fn verdict(page: &mut Page<'_>, report: &Report) {
    let (word, ink) = match report.verdict {
        Verdict::Ready => ("READY", Ink::Green),
        Verdict::Undecided => ("UNDECIDED", Ink::Yellow),
        Verdict::NotReady => ("NOT READY", Ink::Red),
    };
    let sorted = Sorted::of(report);
    let words = [
        (sorted.blocking.len(), "to fix", ""),
        (sorted.known.len(), "known from the baseline", ""),
        (sorted.warnings.len(), "warning", "s"),
        (sorted.notes.len(), "note", "s"),
        (report.waived().count(), "waived", ""),
        (report.open().count(), "undecided", ""),
    ];
    let words = words
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

fn section(page: &mut Page<'_>, title: &str, ink: Ink, findings: &[Pair<'_>]) {
    if findings.is_empty() {
        return;
    }
    page.gap();
    page.line(&page.style.paint(Ink::Bold, title));
    self::findings(page, ink, findings);
}

fn findings(page: &mut Page<'_>, ink: Ink, findings: &[Pair<'_>]) {
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

/// What fails or is open, and shall not block.
fn waivers(page: &mut Page<'_>, report: &Report) {
    let waived: Vec<_> = report.waived().collect();
    if waived.is_empty() {
        return;
    }
    page.gap();
    page.line(&page.style.paint(Ink::Bold, "Waived"));
    for (judgement, waiver) in waived {
        let until = waiver.expires.map_or(String::new(), |day| format!(" (until {day})"));
        page.hanging("  ", 4, &format!("{}: {}{until}", judgement.id, waiver.reason));
        for finding in judgement.outcome.findings() {
            page.hanging("    ", 4, &finding.message);
        }
    }
}

fn undecided(report: &Report) -> impl Iterator<Item = (&Judgement, &str)> {
    report.results.iter().filter(|result| result.waived.is_none()).filter_map(|judgement| {
        let why = judgement.outcome.open()?;
        Some((judgement, why))
    })
}

/// What could not be decided, gathered by reason: one unreadable filesystem leaves many rules open.
fn unknowns(page: &mut Page<'_>, report: &Report) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (judgement, why) in undecided(report) {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, ids)) => ids.push(&judgement.id),
            None => reasons.push((why, vec![&judgement.id])),
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
            Outcome::Skipped { why } | Outcome::Unknown { why } => why.as_str(),
            Outcome::Passed | Outcome::Failed { .. } => &*judgement.title,
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
