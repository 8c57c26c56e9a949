//! What rules found, by what it means for the verdict.

use crate::page::counted;
use preflight::{DiskUse, Finding, Judgement, Report, Severity, Verdict};

/// A finding, and the rule it comes from.
pub(crate) type Pair<'r> = (&'r Judgement, &'r Finding);

/// The findings by what they mean for the verdict, worst first; those of waived rules have a place of their own.
#[derive(Default)]
pub(crate) struct Sorted<'r> {
    /// They block.
    pub(crate) blocking: Vec<Pair<'r>>,
    /// They would, had they not been there in the baseline.
    pub(crate) known: Vec<Pair<'r>>,
    /// Something does not work.
    pub(crate) warnings: Vec<Pair<'r>>,
    /// Worth knowing.
    pub(crate) notes: Vec<Pair<'r>>,
}

impl<'r> Sorted<'r> {
    pub(crate) fn of(report: &'r Report) -> Self {
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

/// The verdict in capitals.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "READY",
        Verdict::Undecided => "UNDECIDED",
        Verdict::NotReady => "NOT READY",
    }
}

/// What the disk is to be: `as a system disk`.
pub(crate) fn part(report: &Report) -> &'static str {
    match report.disk {
        DiskUse::System => "as a system disk",
        DiskUse::Data => "as a data disk",
    }
}

/// How many of what: `2 to fix, 1 warning`.
pub(crate) fn counts(report: &Report) -> String {
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
    if words.is_empty() { "nothing to remark".into() } else { words.join(", ") }
}

/// How many rules passed or were not about the disk, as a sentence.
pub(crate) fn closing(report: &Report) -> String {
    let summary = &report.summary;
    format!("{} passed, {} not about this disk.", counted(summary.passed, "rule"), summary.skipped)
}

/// What could not be decided, gathered by reason: one unreadable filesystem leaves many rules open.
pub(crate) fn unknowns(report: &Report) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for judgement in report.results.iter().filter(|result| result.waived.is_none()) {
        let Some(why) = judgement.outcome.open() else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, ids)) => ids.push(&judgement.id),
            None => reasons.push((why, vec![&judgement.id])),
        }
    }
    reasons
}
