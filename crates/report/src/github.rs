//! Workflow commands of GitHub Actions, which become annotations of a run.
//!
//! Of each kind a step shows ten, and drops the rest without a word; so the ten worst of each are written, and what
//! is left out is in the job summary, which is Markdown ([`summary`]).

use crate::escape::{command_message, command_property, shown, unmarked};
use crate::page::place;
use crate::sorted::{self, Pair, Sorted};
use crate::{Judged, Style, markdown};
use std::io;

/// Workflow commands.
pub(crate) struct Reporter;

/// Annotations of one kind that a step shows.
const SHOWN: usize = 10;
/// What a step may write into the job summary.
const SUMMARY: usize = 1 << 20;

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "github"
    }

    fn write(&self, images: &[Judged<'_>], _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        for Judged { report, .. } in images {
            let words = format!("{}  {} {}: ", sorted::word(report.verdict), report.image, sorted::part(report));
            writeln!(out, "{}", unmarked(&shown(&(words + &sorted::counts(report)))))?;
        }
        let [mut errors, mut warnings, mut notices] = kinds(images);
        let open = |list: &[String], most: usize| list.len().saturating_sub(most);
        let mut more = open(&errors, SHOWN) + open(&warnings, SHOWN) + open(&notices, SHOWN);
        if more > 0 {
            // The word about them is a notice too.
            more = open(&errors, SHOWN) + open(&warnings, SHOWN) + open(&notices, SHOWN - 1);
            notices.truncate(SHOWN - 1);
            notices.push(format!("::notice title=Bootworthy::{more} more in the job summary"));
        }
        errors.truncate(SHOWN);
        warnings.truncate(SHOWN);
        for line in errors.iter().chain(&warnings).chain(&notices) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

/// The job summary: Markdown, as long as a step may write it. It is for the caller to append it to the file that
/// `GITHUB_STEP_SUMMARY` names.
pub fn summary(images: &[Judged<'_>], style: &Style) -> String {
    markdown::document(images, style, SUMMARY)
}

/// Errors, warnings and notices, each worst first.
fn kinds(images: &[Judged<'_>]) -> [Vec<String>; 3] {
    let mut kinds: [Vec<_>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for Judged { report, .. } in images {
        let Sorted { blocking, known, warnings, notes } = Sorted::of(report);
        let image = report.image.as_str();
        let line = |kind, pair: &Pair<'_>| (pair.1.severity as usize, annotation(kind, image, pair));
        let open = |(result, why): (&preflight::Judgement, &str)| {
            let text = format!("it cannot be told whether this holds: {}: {why}", result.title);
            (result.worst as usize, command("warning", image, &result.id, &text))
        };
        kinds[0].extend(blocking.iter().map(|pair| line("error", pair)));
        kinds[1].extend(report.open().map(open));
        kinds[1].extend(known.iter().chain(&warnings).map(|pair| line("warning", pair)));
        kinds[2].extend(notes.iter().map(|pair| line("notice", pair)));
    }
    kinds.map(|mut lines| {
        lines.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        lines.into_iter().map(|(_, line)| line).collect()
    })
}

fn annotation(kind: &str, image: &str, (result, finding): &Pair<'_>) -> String {
    let at = finding.evidence.first().map(place).filter(|at| !at.is_empty());
    let at = at.map_or(String::new(), |at| format!(" ({at})"));
    command(kind, image, &result.id, &format!("{}{at}. To fix it: {}", finding.message, finding.remedy))
}

fn command(kind: &str, image: &str, rule: &str, text: &str) -> String {
    let (file, title) = (command_property(image), command_property(rule));
    format!("::{kind} file={file},title={title}::{}", command_message(text))
}
