//! What the rules say of a request.

use preflight::{Judgement, Report, Severity};
use serde::Serialize;

/// Reports on the disks of a request, in order.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    reports: Vec<Report>,
    /// A BootMode is stated that is not that of the disk.
    other_mode: bool,
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem<'a> {
    /// Number of the disk, from 1.
    pub disk: usize,
    /// The rule that says so.
    pub rule: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'a str,
    /// What to do.
    pub remedy: &'a str,
}

impl Checks {
    pub(crate) fn of(reports: Vec<Report>, other_mode: bool) -> Self {
        Checks { reports, other_mode }
    }

    /// The reports, of which those on the systems are for `preflight` to show.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// What keeps the request from being made: findings about it that block.
    pub fn refusing(&self) -> Vec<Problem<'_>> {
        self.problems(true)
    }

    /// What is odd about the request and does not block.
    pub fn warnings(&self) -> Vec<Problem<'_>> {
        self.problems(false)
    }

    fn problems(&self, blocking: bool) -> Vec<Problem<'_>> {
        let mut all: Vec<Problem<'_>> = Vec::new();
        for (disk, report) in (1..).zip(&self.reports) {
            let stops = report.blocking();
            for (judgement, finding) in report.findings() {
                let stop = stops.iter().any(|(_, other)| std::ptr::eq(*other, finding));
                let worth = stop || (finding.severity >= Severity::Degraded && judgement.waived.is_none());
                if stop != blocking || !worth || !self.is_about_the_request(judgement) {
                    continue;
                }
                let (rule, message, remedy) = (&*judgement.id, &*finding.message, &*finding.remedy);
                // What is said once for all disks is wrong once.
                if !all.iter().any(|problem| problem.rule == rule && problem.message == message) {
                    all.push(Problem { disk, rule, severity: finding.severity, message, remedy });
                }
            }
        }
        all
    }

    /// Whether a rule is about what is sent, or about the file that it is sent of, and not about the system inside. That
    /// a disk does not boot at all is about the system.
    fn is_about_the_request(&self, judgement: &Judgement) -> bool {
        let named = ["REQ-", "IMG-", "INS-"].iter().any(|prefix| judgement.id.starts_with(prefix));
        named || (self.other_mode && judgement.id == "LNX-BOOT-DECLARED")
    }
}
