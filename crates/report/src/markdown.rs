//! Markdown as GitHub and GitLab show it, for job summaries and merge requests.
//!
//! Of several images, what stops most comes first.

use crate::escape::markdown as escaped;
use crate::head::head_rows;
use crate::page::{cut, place};
use crate::sorted::{self, Pair, Sorted};
use crate::summary::Summary;
use crate::{Judged, Style};
use preflight::{Judgement, Outcome, Report, Verdict};
use std::fmt::Write as _;
use std::io;

/// Markdown.
pub(crate) struct Reporter;

/// Places shown of one finding; the rest is counted.
const PLACES: usize = 8;
/// The word where a document ends early, and room for it.
const CUT: &str = "\n*Cut here: the rest would be longer than this place takes.*\n";

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(document(images, style, usize::MAX).as_bytes())
    }
}

/// Blocks of text, as many as there is room for.
struct Blocks {
    text: String,
    most: usize,
    full: bool,
}

impl Blocks {
    /// A block and the empty line before it. What does not fit ends the document.
    fn add(&mut self, block: &str) {
        let room = self.most.saturating_sub(self.text.len() + CUT.len());
        if self.full || block.len() + 2 > room {
            if !std::mem::replace(&mut self.full, true) {
                self.text.push_str(CUT);
            }
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(block.trim_end());
        self.text.push('\n');
    }
}

/// All images in at most so many bytes.
pub(crate) fn document(images: &[Judged<'_>], style: &Style, most: usize) -> String {
    let mut blocks = Blocks { text: String::new(), most, full: false };
    match images {
        [image] => self::image(&mut blocks, image, style, "##"),
        _ => {
            together(&mut blocks, images);
            images.iter().for_each(|image| self::image(&mut blocks, image, style, "###"));
        }
    }
    blocks.text
}

fn together(blocks: &mut Blocks, images: &[Judged<'_>]) {
    let summary = Summary::of(images);
    blocks.add(&format!("## {}", summary.heading()));
    if !summary.causes.is_empty() {
        let mut table =
            String::from("| Rule | What must hold | Stops | Fixing it alone makes ready |\n|---|---|--:|--:|\n");
        for cause in &summary.causes {
            let (rule, title) = (escaped(cause.rule), escaped(cause.title));
            let _ = writeln!(table, "| {rule} | {title} | {} | {} |", cause.images.len(), cause.alone);
        }
        blocks.add(&table);
    }
    let mut table = String::from("| Image | Verdict | |\n|---|---|---|\n");
    for Judged { report, .. } in images {
        let (name, word, counts) = (escaped(&report.image), verdict(report.verdict), sorted::counts(report));
        let _ = writeln!(table, "| <code>{name}</code> | {word} | {counts} |");
    }
    blocks.add(&table);
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "✅ ready",
        Verdict::Undecided => "❔ undecided",
        Verdict::NotReady => "❌ not ready",
    }
}

fn image(blocks: &mut Blocks, image: &Judged<'_>, style: &Style, level: &str) {
    let report = image.report;
    let name = escaped(&report.image);
    blocks.add(&format!("{level} {}: <code>{name}</code> {}", verdict(report.verdict), sorted::part(report)));
    blocks.add(&format!("{}.", sorted::counts(report)));
    let mut table = String::from("| | |\n|---|---|\n");
    for (row, text) in head_rows(image.facts) {
        let _ = writeln!(table, "| {row} | {} |", escaped(&text));
    }
    blocks.add(&table);
    let level = format!("{level}#");
    let Sorted { blocking, known, warnings, notes } = Sorted::of(report);
    section(blocks, &format!("{level} To fix before the import"), &blocking);
    section(blocks, &format!("{level} Known from the baseline"), &known);
    section(blocks, &format!("{level} Warnings"), &warnings);
    section(blocks, &format!("{level} Notes"), &notes);
    waived(blocks, &level, report);
    unknown(blocks, &level, report);
    if style.verbose { all_rules(blocks, report) } else { blocks.add(&sorted::closing(report)) }
}

fn section(blocks: &mut Blocks, heading: &str, findings: &[Pair<'_>]) {
    if findings.is_empty() {
        return;
    }
    blocks.add(heading);
    findings.iter().for_each(|pair| blocks.add(&finding(pair)));
}

/// A list item with a list of places in it.
fn finding((judgement, finding): &Pair<'_>) -> String {
    let (rule, word) = (escaped(&judgement.id), finding.severity);
    let mut text = format!("- **{rule}** ({word}): {}\n", escaped(&finding.message));
    for evidence in finding.evidence.iter().take(PLACES) {
        let _ = writeln!(text, "  - at <code>{}</code>", escaped(&place(evidence)));
    }
    if finding.evidence.len() > PLACES {
        let _ = writeln!(text, "  - at {} more places", finding.evidence.len() - PLACES);
    }
    text + &format!("  - fix: {}\n", escaped(&finding.remedy))
}

fn waived(blocks: &mut Blocks, level: &str, report: &Report) {
    let mut list = String::new();
    for (judgement, waiver) in report.waived() {
        let until = waiver.expires.map_or(String::new(), |day| format!(" (until {day})"));
        let _ = writeln!(list, "- **{}**: {}{until}", escaped(&judgement.id), escaped(&waiver.reason));
        for finding in judgement.outcome.findings() {
            let _ = writeln!(list, "  - {}", escaped(&finding.message));
        }
    }
    if !list.is_empty() {
        blocks.add(&format!("{level} Waived"));
        blocks.add(&list);
    }
}

fn unknown(blocks: &mut Blocks, level: &str, report: &Report) {
    let reasons = sorted::unknowns(report);
    if reasons.is_empty() {
        return;
    }
    let item = |(why, ids): &(&str, Vec<&str>)| format!("- {}: {}\n", escaped(why), escaped(&ids.join(", ")));
    blocks.add(&format!("{level} Unknown"));
    blocks.add(&reasons.iter().map(item).collect::<String>());
}

fn all_rules(blocks: &mut Blocks, report: &Report) {
    let mut table =
        format!("<details><summary>All {} rules</summary>\n\n| Rule | | |\n|---|---|---|\n", report.results.len());
    let row = |judgement: &Judgement| {
        let text = match &judgement.outcome {
            Outcome::Skipped { why } | Outcome::Unknown { why } => why.as_str(),
            Outcome::Passed | Outcome::Failed { .. } => &*judgement.title,
        };
        let word = judgement.outcome.word().to_lowercase();
        format!("| {} | {word} | {} |\n", escaped(&judgement.id), escaped(&cut(text)))
    };
    table.extend(report.results.iter().map(row));
    blocks.add(&(table + "\n</details>"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_ends_within_its_room_and_says_so() {
        let facts = facts::Facts::default();
        let report = preflight::check(&facts, &preflight::Target::default());
        let images = [Judged { report: &report, facts: &facts }; 40];
        let cut = document(&images, &Style::default(), 20_000);
        assert!(cut.len() <= 20_000 && cut.ends_with(CUT), "{}", cut.len());
        assert!(!document(&images, &Style::default(), usize::MAX).contains(CUT));
        assert_eq!(cut.matches(CUT).count(), 1);
    }
}
