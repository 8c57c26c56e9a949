//! The report as text: the verdict first, then what to fix, worst first. Of several images, what stops them, and in
//! the end what stops most.

use crate::Judged;
use crate::bar::bars;
use crate::head::head;
use crate::page::{Page, place};
use crate::sorted::{self, Pair, Sorted};
use crate::style::{Ink, Style};
use crate::summary::Summary;
use preflight::{Judgement, Outcome, Report, Severity, Verdict};
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
            [image] => whole(&mut page, image, true),
            _ => {
                for image in images {
                    if style.verbose {
                        whole(&mut page, image, false)
                    } else {
                        short(&mut page, image)
                    }
                    page.gap();
                }
                together(&mut page, &Summary::of(images));
            }
        }
        out.write_all(page.finish().as_bytes())
    }
}

/// All that is to be said of an image, with a map of its disks or without.
fn whole(page: &mut Page<'_>, image: &Judged<'_>, with_map: bool) {
    let report = image.report;
    verdict(page, report);
    page.gap();
    head(page, image.facts);
    if with_map {
        bars(page, image.facts);
    }
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
    page.line(&page.style.paint(Ink::Bold, &summary.heading()));
    for cause in &summary.causes {
        page.hanging(&format!("  {:<22} ", cause.rule), 25, &summary.stops(cause));
    }
}

fn verdict(page: &mut Page<'_>, report: &Report) {
    let ink = match report.verdict {
        Verdict::Ready => Ink::Green,
        Verdict::Undecided => Ink::Yellow,
        Verdict::NotReady => Ink::Red,
    };
    let word = sorted::word(report.verdict);
    let heading = format!("{}  ", page.style.paint(ink, word));
    let text = format!("{} {}: {}", report.image, sorted::part(report), sorted::counts(report));
    page.hanging(&heading, word.len() + 2, &text);
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

fn unknowns(page: &mut Page<'_>, report: &Report) {
    let reasons = sorted::unknowns(report);
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
    if !page.style.verbose {
        return page.hanging("", 0, &sorted::closing(report));
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
