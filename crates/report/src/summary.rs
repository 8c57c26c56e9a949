//! Several images together: how many are ready, and what it is that stops the others.

use crate::Judged;
use crate::page::counted;
use preflight::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is to be said of all images.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary<'a> {
    pub(crate) images: usize,
    pub(crate) ready: usize,
    pub(crate) undecided: usize,
    pub(crate) not_ready: usize,
    /// The rules that stop images, those of most images first.
    pub(crate) causes: Vec<Cause<'a>>,
}

/// A rule that stops images.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cause<'a> {
    pub(crate) rule: &'a str,
    pub(crate) title: &'a str,
    /// The images that it stops.
    pub(crate) images: Vec<&'a str>,
    /// How many of them nothing else stops.
    pub(crate) alone: usize,
}

impl<'a> Summary<'a> {
    pub(crate) fn of(images: &[Judged<'a>]) -> Self {
        let count = |verdict| images.iter().filter(|image| image.report.verdict == verdict).count();
        let mut causes: BTreeMap<&str, Cause<'_>> = BTreeMap::new();
        for Judged { report, .. } in images {
            let blocking: Vec<_> = report.results.iter().filter(|result| result.blocks(report.fail_on)).collect();
            for result in &blocking {
                let new = || Cause { rule: &result.id, title: &result.title, images: Vec::new(), alone: 0 };
                let cause = causes.entry(&result.id).or_insert_with(new);
                cause.images.push(&report.image);
                cause.alone += usize::from(blocking.len() == 1);
            }
        }
        let mut causes: Vec<_> = causes.into_values().collect();
        causes.sort_by_key(|cause| std::cmp::Reverse((cause.images.len(), cause.alone)));
        Summary {
            images: images.len(),
            ready: count(Verdict::Ready),
            undecided: count(Verdict::Undecided),
            not_ready: count(Verdict::NotReady),
            causes,
        }
    }
    /// `3 images: 1 ready, 2 not ready`.
    pub(crate) fn heading(&self) -> String {
        let words = [(self.ready, "ready"), (self.undecided, "undecided"), (self.not_ready, "not ready")];
        let words = words.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        format!("{}: {}", counted(self.images, "image"), words.collect::<Vec<_>>().join(", "))
    }

    /// How much that rule stops.
    pub(crate) fn stops(&self, cause: &Cause<'_>) -> String {
        let alone = match cause.alone {
            0 => String::new(),
            alone => format!("; fixing it alone makes {alone} of {} ready", self.images),
        };
        format!("stops {} of {}{alone} ({})", cause.images.len(), self.images, cause.title)
    }
}
