//! What is to be done, rule by rule, and the files that say so.

use crate::diff;
use crate::proposal::{Assumed, Proposal};
use crate::trial::{self, Sources, Verdict};
use crate::{readme, script};
use preflight::{Judgement, PACK, Report, Severity};
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of `plan.json`. Raised when a reader of it would have to change.
pub const SCHEMA_VERSION: u32 = 1;

/// What becomes of a rule that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It passes with the changes: shown by judging the disk with them.
    Fixed,
    /// It finds less, or less severe things, with the changes.
    Eased,
    /// The script does what helps, which cannot be seen before it was run.
    ByScript,
    /// What was thought of does not hold up, and was left out.
    LeftOut,
    /// It needs a decision, or something that is not in the guest.
    NoRemedy,
    /// The project waived it.
    Waived,
}

/// A rule that failed.
#[derive(Clone, Debug, Serialize)]
pub struct RulePlan {
    /// Its name.
    pub rule: String,
    /// What must hold.
    pub title: String,
    /// Of its worst finding.
    pub severity: Severity,
    /// What becomes of it.
    pub effect: Effect,
    /// What it found.
    pub findings: Vec<String>,
    /// What to do, in the words of the rule; for what is not fixed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<String>,
}

/// One thing that is done.
#[derive(Clone, Debug, Serialize)]
pub struct Fix {
    /// For which rules.
    pub rules: Vec<&'static str>,
    /// What is done.
    pub what: String,
    /// By what: `fix.patch`, `fix.sh`.
    pub by: Vec<&'static str>,
    /// Files of the guest that the diff changes for it.
    pub files: Vec<String>,
    /// Whether its effect was shown on the image: `on_image`, `with_script` where the script's part was taken for granted,
    /// `not_offline` where only the source machine can show it.
    pub verified: &'static str,
}

/// What was left out.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// For which rules.
    pub rules: Vec<&'static str>,
    /// What it would have done.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// A file of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name: `fix.patch`, `fix.sh`, `plan.json`, `README.md`.
    pub name: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
    /// It is a program.
    pub executable: bool,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The image, as it was named.
    pub image: String,
    /// Version of the rules.
    pub pack: &'static str,
    /// The rules that failed, in their order.
    pub rules: Vec<RulePlan>,
    /// What is done.
    pub fixes: Vec<Fix>,
    /// What was thought of, and does not hold up.
    pub left_out: Vec<LeftOut>,
    #[serde(skip)]
    patch: Vec<u8>,
    #[serde(skip)]
    script: Option<String>,
}

impl Plan {
    pub(crate) fn new(report: &Report, verdict: &Verdict, sources: &Sources) -> Self {
        let kept = &verdict.kept;
        let mut changed = trial::files(kept.iter().flat_map(|proposal| &proposal.files), sources).unwrap_or_default();
        changed.retain(|_, file| file.old.as_ref() != Some(&file.new));
        let mut patch = Vec::new();
        for (path, file) in &changed {
            let named = path.to_string();
            patch.extend(diff::unified(&named, file.old.as_deref(), Some(&file.new)).into_iter().flatten());
        }
        let failed = report.results.iter().filter(|result| !result.outcome.findings().is_empty());
        Plan {
            schema_version: SCHEMA_VERSION,
            image: report.image.clone(),
            pack: PACK,
            rules: failed.map(|result| rule(result, report, verdict)).collect(),
            fixes: kept.iter().map(|proposal| fix(proposal, sources)).collect(),
            left_out: verdict.dropped.iter().map(|(proposal, why)| left_out(proposal, why)).collect(),
            script: script::write(kept, &changed),
            patch,
        }
    }

    /// The unified diff of the guest's files; empty where none changes.
    pub fn patch(&self) -> &[u8] {
        &self.patch
    }

    /// The script; none where there is nothing to do.
    pub fn script(&self) -> Option<&str> {
        self.script.as_deref()
    }

    /// The files of the plan.
    pub fn documents(&self) -> Vec<Document> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        let document = |name, bytes, executable| Document { name, bytes, executable };
        let mut documents =
            vec![document("README.md", readme::write(self).into_bytes(), false), document("plan.json", json, false)];
        if !self.patch.is_empty() {
            documents.push(document("fix.patch", self.patch.clone(), false));
        }
        if let Some(script) = &self.script {
            documents.push(document("fix.sh", script.clone().into_bytes(), true));
        }
        documents
    }

    /// How many of the rules that failed have each effect.
    pub fn tally(&self) -> BTreeMap<&'static str, usize> {
        let mut tally = BTreeMap::new();
        for rule in &self.rules {
            *tally.entry(rule.effect.words()).or_default() += 1;
        }
        tally
    }
}

impl Effect {
    /// In words: "fixed by the diff", for people.
    pub fn words(self) -> &'static str {
        match self {
            Effect::Fixed => "fixed",
            Effect::Eased => "eased",
            Effect::ByScript => "by the script",
            Effect::LeftOut => "left out",
            Effect::NoRemedy => "no mechanical remedy",
            Effect::Waived => "waived",
        }
    }
}

fn rule(result: &Judgement, report: &Report, verdict: &Verdict) -> RulePlan {
    let claims = |proposal: &Proposal| proposal.rules.contains(&&*result.id);
    let tried = trial::improves(&result.id, &verdict.after, report);
    let passes = verdict.after.results.iter().any(|after| after.id == result.id && after.outcome.findings().is_empty());
    let effect = if result.waived.is_some() {
        Effect::Waived
    } else if verdict.kept.iter().any(|proposal| claims(proposal) && proposal.untried) && !(tried && passes) {
        Effect::ByScript
    } else if tried {
        if passes { Effect::Fixed } else { Effect::Eased }
    } else if verdict.dropped.iter().any(|(proposal, _)| claims(proposal)) {
        Effect::LeftOut
    } else {
        Effect::NoRemedy
    };
    let findings = result.outcome.findings();
    let helped = matches!(effect, Effect::Fixed | Effect::ByScript);
    RulePlan {
        rule: result.id.to_string(),
        title: result.title.to_string(),
        severity: result.severity,
        effect,
        findings: findings.iter().map(|finding| finding.message.clone()).collect(),
        remedies: findings.iter().filter(|_| !helped).map(|finding| finding.remedy.clone()).collect(),
    }
}

fn fix(proposal: &Proposal, sources: &Sources) -> Fix {
    let real = |path: &String| sources.get(path)?.as_ref().map(|(place, _)| place.path.to_string());
    let scripted = !proposal.steps.is_empty();
    let taken_for_granted = proposal.assumed.iter().any(|assumed| match assumed {
        Assumed::Gone(_) => true,
        Assumed::Edited(file) => !file.edits.is_empty(),
    });
    let by = [("fix.patch", !proposal.files.is_empty()), ("fix.sh", scripted)];
    Fix {
        rules: proposal.rules.clone(),
        what: proposal.what.clone(),
        by: by.into_iter().filter(|(_, used)| *used).map(|(name, _)| name).collect(),
        files: proposal.files.iter().filter_map(|file| real(&file.path)).collect(),
        verified: match (proposal.untried, taken_for_granted) {
            (true, _) => "not_offline",
            (false, true) => "with_script",
            (false, false) => "on_image",
        },
    }
}

fn left_out(proposal: &Proposal, why: &str) -> LeftOut {
    LeftOut { rules: proposal.rules.clone(), what: proposal.what.clone(), why: why.to_owned() }
}
