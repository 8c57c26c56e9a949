//! What all rules say together, and the proof that comes of it.

use crate::outcome::{Finding, Outcome, Severity};
use crate::rule::Rule;
use crate::target::{DiskUse, Target};
use facts::Facts;
use serde::Serialize;

/// What one rule says.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// Name of the rule.
    pub id: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// What must hold.
    pub title: &'static str,
    /// Of the worst finding if it failed, else the worst it can be.
    pub severity: Severity,
    /// What came out.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Judgement {
    pub(crate) fn new(rule: &Rule, outcome: Outcome) -> Self {
        let severity = outcome.findings().first().map_or(rule.severity, |worst| worst.severity);
        Judgement { id: rule.id, aliases: rule.aliases, title: rule.title, severity, outcome }
    }
}

/// The answer to the question whether the image may be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing blocks, and nothing that could block is unknown.
    Ready,
    /// Nothing blocks, but something that could was not to be seen.
    Undecided,
    /// Something blocks.
    NotReady,
}

/// How many rules said what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rules that passed.
    pub passed: usize,
    /// Rules that failed, blocking or not.
    pub failed: usize,
    /// Of those, the ones that block.
    pub blocking: usize,
    /// Rules that are not about this disk.
    pub skipped: usize,
    /// Rules that could not be decided.
    pub unknown: usize,
}

/// What all rules say about one image.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file, as it was named.
    pub image: String,
    /// Its length.
    pub file_size: u64,
    /// Name of the limits in force.
    pub profile: &'static str,
    /// What the disk is to become.
    pub disk: DiskUse,
    /// Findings from this severity on block.
    pub fail_on: Severity,
    /// The answer.
    pub verdict: Verdict,
    /// How many rules said what.
    pub summary: Summary,
    /// What each rule says, in the order of the rules.
    pub results: Vec<Judgement>,
}

impl Report {
    pub(crate) fn new(facts: &Facts, target: &Target, results: Vec<Judgement>) -> Self {
        let fail_on = target.fail_on;
        let count = |word: &str| results.iter().filter(|result| result.outcome.word() == word).count();
        let blocking = results.iter().filter(|result| blocks(result, fail_on)).count();
        let undecided = results.iter().any(|result| leaves_open(result, fail_on));
        Report {
            image: facts.image.path.clone(),
            file_size: facts.image.file_size,
            profile: target.profile.name,
            disk: target.disk,
            fail_on,
            verdict: match (blocking, undecided) {
                (0, false) => Verdict::Ready,
                (0, true) => Verdict::Undecided,
                _ => Verdict::NotReady,
            },
            summary: Summary {
                passed: count("PASSED"),
                failed: count("FAILED"),
                blocking,
                skipped: count("SKIPPED"),
                unknown: count("UNKNOWN"),
            },
            results,
        }
    }

    /// All findings with the rule they come from, worst first.
    pub fn findings(&self) -> Vec<(&Judgement, &Finding)> {
        let pairs = |result| Judgement::pairs(result);
        let mut all: Vec<_> = self.results.iter().flat_map(pairs).collect();
        all.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        all
    }

    /// The findings that block, worst first.
    pub fn blocking(&self) -> Vec<(&Judgement, &Finding)> {
        self.findings().into_iter().filter(|(_, finding)| finding.severity >= self.fail_on).collect()
    }

    /// The proof that this file may be imported, or the report back. A waived rule neither blocks nor leaves open.
    pub fn clear(self, waivers: &[Waiver]) -> Result<Clearance, Box<Report>> {
        let waived = |id: &str| waivers.iter().any(|waiver| waiver.rule == id);
        let stops = |result: &Judgement| blocks(result, self.fail_on) || leaves_open(result, self.fail_on);
        if self.results.iter().any(|result| stops(result) && !waived(result.id)) {
            return Err(Box::new(self));
        }
        let waived = self.results.iter().filter(|result| stops(result)).map(|result| result.id).collect();
        Ok(Clearance { image: self.image, file_size: self.file_size, waived })
    }
}

impl Judgement {
    fn pairs(&self) -> impl Iterator<Item = (&Judgement, &Finding)> {
        self.outcome.findings().iter().map(move |finding| (self, finding))
    }
}

fn blocks(result: &Judgement, fail_on: Severity) -> bool {
    result.outcome.findings().iter().any(|finding| finding.severity >= fail_on)
}

fn leaves_open(result: &Judgement, fail_on: Severity) -> bool {
    matches!(result.outcome, Outcome::Unknown { .. }) && result.severity >= fail_on
}

/// The user's word that a rule need not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Name of the rule.
    pub rule: String,
    /// Why not.
    pub reason: String,
}

/// The proof that a file passed. Only [`Report::clear`] makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct Clearance {
    image: String,
    file_size: u64,
    waived: Vec<&'static str>,
}

impl Clearance {
    /// The file it is about, as it was named.
    pub fn image(&self) -> &str {
        &self.image
    }

    /// The length that the file had.
    pub fn file_size(&self) -> u64 {
        self.file_size
    }

    /// The rules that would have stopped it, and were waived.
    pub fn waived(&self) -> &[&'static str] {
        &self.waived
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::testing::*;
    use facts::{Evidence, Known};

    fn judged(change: Change) -> Report {
        let (mut facts, mut target) = (bios(), Target::default());
        change(&mut facts, &mut target);
        check(&facts, &target)
    }

    fn damage(facts: &mut Facts, _: &mut Target) {
        facts.image.damage = is(vec![Evidence::disk(65536, "L1 entry 0 points past the end of the file")]);
    }

    #[test]
    fn one_blocking_finding_is_enough() {
        let report = judged(damage);
        assert_eq!(report.verdict, Verdict::NotReady);
        assert_eq!(report.summary.blocking, 1);
        assert_eq!(report.blocking()[0].0.id, "IMG-QCOW2-DIRTY");
        let summary = report.summary;
        assert_eq!(summary.passed + summary.failed + summary.skipped + summary.unknown, report.results.len());
    }

    #[test]
    fn unknown_is_not_a_pass() {
        let open = judged(|facts, _| facts.image.damage = Known::unknown("not walked"));
        assert_eq!(open.verdict, Verdict::Undecided);
        assert!(open.clear(&[]).is_err());
        let harmless = judged(|facts, _| linux_of(facts).time_sync = Known::unknown("not looked for"));
        assert_eq!(harmless.verdict, Verdict::Ready, "a note cannot block, and so cannot leave open");
    }

    #[test]
    fn the_level_decides_what_blocks() {
        let note = judged(|facts, target| {
            linux_of(facts).time_sync = Known::Absent;
            target.fail_on = Severity::Info;
        });
        assert_eq!(note.verdict, Verdict::NotReady);
    }

    #[test]
    fn a_data_disk_need_not_boot() {
        let report = judged(|facts, target| {
            target.disk = DiskUse::Data;
            facts.guest = Known::Absent;
            facts.boot = facts::Boot::default();
        });
        assert_eq!(report.verdict, Verdict::Ready, "{:#?}", report.blocking());
        let linux = report.results.iter().filter(|result| result.id.starts_with("LNX-") && result.id != "LNX-PTABLE");
        assert!(linux.clone().count() > 50);
        assert!(linux.into_iter().all(|result| result.outcome.word() == "SKIPPED"));
    }

    #[test]
    fn an_image_that_cannot_be_opened_is_judged_by_its_header() {
        let report = judged(|facts, _| {
            let image = facts.image.clone();
            *facts = Facts { image, ..Facts::default() };
            facts.image.qcow2.get_or_insert_default().backing_file = Some("base.qcow2".into());
            facts.disk = Known::unknown("the image refers to another file, and none may be opened");
        });
        assert_eq!(report.blocking()[0].0.id, "IMG-QCOW2-BACKING");
        let word = |id: &str| report.results.iter().find(|result| result.id == id).unwrap().outcome.word();
        assert_eq!((word("IMG-FORMAT"), word("LNX-PTABLE"), word("LNX-FSTAB-UUID")), ("PASSED", "UNKNOWN", "UNKNOWN"));
    }

    #[test]
    fn only_a_report_that_stands_gives_a_clearance() {
        let clearance = judged(|_, _| ()).clear(&[]).unwrap();
        assert_eq!((clearance.image(), clearance.file_size()), ("disk.qcow2", 600 << 20));
        assert!(clearance.waived().is_empty());
        let waiver = Waiver { rule: "IMG-QCOW2-DIRTY".into(), reason: "tested by hand".into() };
        let refused = judged(damage).clear(&[Waiver { rule: "IMG-ZERO".into(), ..waiver.clone() }]).unwrap_err();
        assert_eq!(refused.clear(&[waiver]).unwrap().waived(), ["IMG-QCOW2-DIRTY"]);
    }

    #[test]
    fn json_has_a_word_for_each_outcome() {
        let report = judged(|facts, _| linux_of(facts).time_sync = Known::Absent);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["verdict"], "ready");
        let result = json["results"].as_array().unwrap().iter().find(|result| result["id"] == "LNX-TIME").unwrap();
        assert_eq!(result["status"], "FAILED");
        assert_eq!(result["findings"][0]["severity"], "info");
    }
}
