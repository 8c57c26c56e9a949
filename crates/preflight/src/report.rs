//! What all rules say together, and the proof that comes of it.

use crate::instance::Instance;
use crate::outcome::{Finding, Outcome, Severity};
use crate::policy::Waiver;
use crate::rule::{Confidence, Rule};
use crate::target::{DiskUse, Target};
use facts::Facts;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the rules: raised with every change of what they say about a disk.
pub const PACK: &str = "2026.11.6";

/// What one rule says.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// Name of the rule.
    pub id: Cow<'static, str>,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// What must hold.
    pub title: Cow<'static, str>,
    /// Of the worst finding if it failed, else the worst it can be.
    pub severity: Severity,
    /// The worst that it can be.
    #[serde(skip)]
    pub worst: Severity,
    /// Who says so.
    pub source: Cow<'static, str>,
    /// How sure that is.
    pub confidence: Confidence,
    /// What came out.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The project's word that it shall not block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waiver>,
    /// It was open in the report that is the baseline.
    #[serde(skip)]
    pub(crate) in_baseline: bool,
}

impl Judgement {
    pub(crate) fn new(rule: &Rule, outcome: Outcome) -> Self {
        Judgement {
            id: rule.id.into(),
            aliases: rule.aliases,
            title: rule.title.into(),
            source: rule.source.into(),
            confidence: rule.confidence,
            ..Judgement::of(rule.severity, outcome)
        }
    }

    /// Without a name.
    pub(crate) fn of(worst: Severity, outcome: Outcome) -> Self {
        Judgement {
            id: "".into(),
            aliases: &[],
            title: "".into(),
            severity: worst,
            worst,
            source: "".into(),
            confidence: Confidence::Derived,
            outcome,
            waived: None,
            in_baseline: false,
        }
    }

    /// Whether a finding of it blocks, where findings from that severity on do.
    pub fn blocks(&self, fail_on: Severity) -> bool {
        self.waived.is_none() && self.outcome.findings().iter().any(|finding| self.stops(finding, fail_on))
    }

    /// Whether something that could block is not known of it.
    pub fn leaves_open(&self, fail_on: Severity) -> bool {
        let open = self.waived.is_none() && self.outcome.open().is_some();
        open && !self.in_baseline && self.worst >= fail_on && !self.blocks(fail_on)
    }

    fn stops(&self, finding: &Finding, fail_on: Severity) -> bool {
        self.waived.is_none() && !finding.in_baseline && finding.severity >= fail_on
    }
}

/// The answer to the question whether the image may be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Rules that failed or could not be decided, and were waived.
    pub waived: usize,
}

/// What all rules say about one image.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file, as it was named.
    pub image: String,
    /// Its length.
    pub file_size: u64,
    /// Version of the rules.
    pub pack: &'static str,
    /// Name of the limits in force.
    pub profile: &'static str,
    /// What the disk is to become.
    pub disk: DiskUse,
    /// The instances that it is for.
    pub instance: Instance,
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
        let blocking = results.iter().filter(|result| result.blocks(fail_on)).count();
        let undecided = results.iter().any(|result| result.leaves_open(fail_on));
        let waived = results.iter().filter(|result| result.waived.is_some()).count();
        Report {
            image: facts.image.path.clone(),
            file_size: facts.image.file_size,
            pack: PACK,
            profile: target.profile.name,
            disk: target.disk,
            instance: target.instance.clone(),
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
                waived,
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
        self.findings().into_iter().filter(|(result, finding)| result.stops(finding, self.fail_on)).collect()
    }

    /// The rules that could not be decided, or not wholly, and could block.
    pub fn open(&self) -> impl Iterator<Item = (&Judgement, &str)> {
        let open = self.results.iter().filter(|result| result.leaves_open(self.fail_on));
        open.filter_map(|result| Some((result, result.outcome.open()?)))
    }

    /// The rules that failed or could not be decided, and were waived.
    pub fn waived(&self) -> impl Iterator<Item = (&Judgement, &Waiver)> {
        self.results.iter().filter_map(|result| Some((result, result.waived.as_ref()?)))
    }

    /// The proof that this file may be imported, or the report back.
    pub fn clear(self) -> Result<Clearance, Box<Report>> {
        if self.verdict != Verdict::Ready {
            return Err(Box::new(self));
        }
        let waived = self.waived().map(|(result, _)| result.id.to_string()).collect();
        Ok(Clearance { image: self.image, file_size: self.file_size, pack: self.pack.into(), waived })
    }
}

impl Judgement {
    fn pairs(&self) -> impl Iterator<Item = (&Judgement, &Finding)> {
        self.outcome.findings().iter().map(move |finding| (self, finding))
    }
}

/// The proof that a file passed. Only [`Report::clear`] makes one, and [`crate::Attestation::clear`] of such a report.
#[derive(Debug, PartialEq, Eq)]
pub struct Clearance {
    image: String,
    file_size: u64,
    pack: String,
    waived: Vec<String>,
}

impl Clearance {
    pub(crate) fn attested(image: &str, file_size: u64, pack: &str, waived: Vec<String>) -> Self {
        Clearance { image: image.into(), file_size, pack: pack.into(), waived }
    }

    /// The file it is about, as it was named.
    pub fn image(&self) -> &str {
        &self.image
    }

    /// The length that the file had.
    pub fn file_size(&self) -> u64 {
        self.file_size
    }

    /// The version of the rules that it passed.
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// The rules that would have stopped it, and were waived.
    pub fn waived(&self) -> &[String] {
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
        assert!(open.clear().is_err());
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
        let clearance = judged(|_, _| ()).clear().unwrap();
        assert_eq!((clearance.image(), clearance.file_size()), ("disk.qcow2", 600 << 20));
        assert!(clearance.waived().is_empty());
        assert_eq!(clearance.pack(), PACK);
        assert!(judged(damage).clear().is_err());
        let waived = judged(|facts, target| {
            damage(facts, target);
            let reason = "tested by hand".into();
            target.policy.waivers = vec![Waiver { rule: "IMG-QCOW2-DIRTY".into(), reason, expires: None, image: None }];
        });
        assert_eq!(waived.clear().unwrap().waived(), ["IMG-QCOW2-DIRTY"]);
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
