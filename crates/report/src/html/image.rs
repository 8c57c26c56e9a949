//! What is to be said of one image.

use super::{Html, chain, disk};
use crate::Judged;
use crate::escape::html as escaped;
use crate::head::head_rows;
use crate::page::{counted, cut, place};
use crate::sorted::{self, Pair, Sorted};
use facts::Known;
use preflight::{Outcome, Report, Severity, Verdict};

/// Places shown of one finding; the rest is counted.
const PLACES: usize = 20;

/// All of it, under a heading of that level.
pub(super) fn whole(page: &mut Html, image: &Judged<'_>, number: usize, level: usize) {
    let report = image.report;
    page.raw(&format!("<section class=\"whole\" id=\"image-{number}\">\n"));
    verdict(page, report, level);
    page.raw("<dl class=\"head\">\n");
    for (name, text) in head_rows(image.facts) {
        page.leaf("dt", "", name);
        page.leaf("dd", "", &text);
    }
    page.raw("</dl>\n");
    let level = level + 1;
    let Sorted { blocking, known, warnings, notes } = Sorted::of(report);
    section(page, level, "To fix before the import", "red", &blocking);
    section(page, level, "Known from the baseline", "amber", &known);
    disk::section(page, image.facts, number, level);
    if matches!(image.facts.disk, Known::Is(_)) {
        chain::section(page, image, level);
    }
    section(page, level, "Warnings", "amber", &warnings);
    section(page, level, "Notes", "none", &notes);
    waived(page, report, level);
    unknown(page, report, level);
    page.heading(level, "Rules");
    page.leaf("p", "", &sorted::closing(report));
    all_rules(page, report);
    page.raw("</section>\n");
}

fn verdict(page: &mut Html, report: &Report, level: usize) {
    let (class, sign) = match report.verdict {
        Verdict::Ready => ("green", "✓"),
        Verdict::Undecided => ("amber", "?"),
        Verdict::NotReady => ("red", "✕"),
    };
    page.raw(&format!("<div class=\"verdict {class}\">\n"));
    page.leaf("p", " class=\"word\"", &format!("{sign} {}", sorted::word(report.verdict)));
    page.heading(level, &report.image);
    let counts = sorted::counts(report);
    page.leaf("p", "", &format!("{} {}", capital(sorted::part(report)), counts));
    page.raw("</div>\n");
}

/// `As a system disk:`.
fn capital(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map_or(String::new(), |first| first.to_uppercase().to_string());
    format!("{first}{}:", characters.as_str())
}

fn section(page: &mut Html, level: usize, title: &str, class: &str, findings: &[Pair<'_>]) {
    if findings.is_empty() {
        return;
    }
    page.heading(level, title);
    findings.iter().for_each(|pair| finding(page, pair, class, level + 1));
}

fn finding(page: &mut Html, (judgement, finding): &Pair<'_>, class: &str, level: usize) {
    page.raw(&format!("<article class=\"finding {class}\">\n<h{level}>"));
    let word = match finding.severity {
        Severity::Reject => "import refused",
        Severity::NoBoot => "does not boot",
        Severity::NoLogin => "no login",
        Severity::Degraded => "degraded",
        Severity::Info => "note",
    };
    page.raw(&format!("<span class=\"badge\">{word}</span> {}</h{level}>\n", escaped(&judgement.id)));
    page.leaf("p", "", &finding.message);
    if !finding.evidence.is_empty() {
        page.raw("<ul>\n");
        for evidence in finding.evidence.iter().take(PLACES) {
            page.raw(&format!("<li><code>{}</code></li>\n", escaped(&place(evidence))));
        }
        if finding.evidence.len() > PLACES {
            page.leaf("li", "", &format!("{} more places", finding.evidence.len() - PLACES));
        }
        page.raw("</ul>\n");
    }
    page.raw(&format!("<p class=\"fix\"><strong>Fix</strong> {}</p>\n", escaped(&finding.remedy)));
    about(page, &judgement.id);
    page.raw("</article>\n");
}

/// The rule in its own words, folded.
fn about(page: &mut Html, id: &str) {
    let Some(rule) = preflight::rule(id) else { return };
    page.raw("<details><summary>About this rule</summary>\n");
    for block in rule.docs.trim().split("\n\n") {
        let (heading, text) = match block.split_once('\n') {
            Some((first, rest)) if first.starts_with("# ") => (first.strip_prefix("# "), rest),
            _ => (None, block),
        };
        let strong = heading.map_or(String::new(), |heading| format!("<strong>{}</strong> ", escaped(heading)));
        page.raw(&format!("<p>{strong}{}</p>\n", codes(text)));
    }
    page.leaf("p", " class=\"dim\"", &format!("Source: {} ({})", rule.source, rule.confidence.words()));
    page.raw("</details>\n");
}

/// Between backticks there is code.
fn codes(text: &str) -> String {
    let parts = text.split('`').map(|part| escaped(&part.replace('\n', " "))).enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part }).collect()
}

fn waived(page: &mut Html, report: &Report, level: usize) {
    if report.waived().count() == 0 {
        return;
    }
    page.heading(level, "Waived");
    page.raw("<ul>\n");
    for (judgement, waiver) in report.waived() {
        let until = waiver.expires.map_or(String::new(), |day| format!(" (until {day})"));
        let found: Vec<_> = judgement.outcome.findings().iter().map(|finding| finding.message.as_str()).collect();
        let found = if found.is_empty() { String::new() } else { format!(": {}", found.join("; ")) };
        page.raw(&format!("<li><strong>{}</strong> ", escaped(&judgement.id)));
        page.raw(&format!("{}{until}{}</li>\n", escaped(&waiver.reason), escaped(&found)));
    }
    page.raw("</ul>\n");
}

fn unknown(page: &mut Html, report: &Report, level: usize) {
    let reasons = sorted::unknowns(report);
    if reasons.is_empty() {
        return;
    }
    page.heading(level, "Unknown");
    page.leaf(
        "p",
        " class=\"dim\"",
        "What could not be looked at is no pass. Those that could block are counted as undecided.",
    );
    page.raw("<ul>\n");
    for (why, ids) in reasons {
        page.leaf("li", "", &format!("{why}: {}", ids.join(", ")));
    }
    page.raw("</ul>\n");
}

fn all_rules(page: &mut Html, report: &Report) {
    let count = counted(report.results.len(), "rule");
    page.raw(&format!("<details><summary>What each of the {count} says</summary>\n<div class=\"scroll\"><table>\n"));
    page.raw("<caption>All rules that were asked</caption>\n<thead><tr><th scope=\"col\">Rule</th>");
    page.raw("<th scope=\"col\">Outcome</th><th scope=\"col\">What must hold, or why it was not judged</th></tr></thead>\n<tbody>\n");
    for judgement in &report.results {
        let text = match &judgement.outcome {
            Outcome::Skipped { why } | Outcome::Unknown { why } => cut(why),
            Outcome::Passed | Outcome::Failed { .. } => judgement.title.to_string(),
        };
        let (id, word) = (escaped(&judgement.id), judgement.outcome.word().to_lowercase());
        let row = format!("<th scope=\"row\">{id}</th><td class=\"{word}\">{word}</td><td>{}</td>", escaped(&text));
        page.raw(&format!("<tr>{row}</tr>\n"));
    }
    page.raw("</tbody></table></div>\n</details>\n");
}
