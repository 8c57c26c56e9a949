//! Asking all rules.

use crate::outcome::{Finding, Outcome, Severity};
use crate::policy::Waiver;
use crate::report::{Judgement, Report};
use crate::rule::{Confidence, Rule};
use crate::rules::RULES;
use crate::target::Target;
use facts::{Evidence, Facts};
use serde_json::Value;

/// The rule about the policy itself.
const POLICY_WAIVER: &str = "POLICY-WAIVER";

/// Judges a disk by all rules, in their order, then by those of the project.
pub fn check(facts: &Facts, target: &Target) -> Report {
    let mut judgements: Vec<_> = RULES.iter().map(|rule| ask(rule, facts, target)).collect();
    if !target.policy.rules.is_empty() {
        let json = serde_json::to_value(facts).unwrap_or_default();
        judgements.extend(of_the_project(&json, target));
    }
    judgements.extend(expired_waivers(facts, target));
    for judgement in &mut judgements {
        decide(judgement, facts, target);
    }
    Report::new(facts, target, judgements)
}

fn ask(rule: &Rule, facts: &Facts, target: &Target) -> Judgement {
    let left_out = target.policy.leaves_out(rule.id, rule.aliases);
    let outcome = left_out.map_or_else(|| rule.judge(facts, target), |why| Outcome::Skipped { why: why.into() });
    Judgement::new(rule, outcome)
}

fn of_the_project<'a>(facts: &'a Value, target: &'a Target) -> impl Iterator<Item = Judgement> + use<'a> {
    target.policy.rules.iter().map(|rule| {
        let left_out = target.policy.leaves_out(&rule.id, &[]);
        let outcome = left_out.map_or_else(|| rule.judge(facts), |why| Outcome::Skipped { why: why.into() });
        Judgement {
            id: rule.id.clone().into(),
            title: format!("{} is as the project wants it", rule.path).into(),
            source: "the project's policy".into(),
            confidence: Confidence::Project,
            ..Judgement::of(rule.severity, outcome)
        }
    })
}

/// A waiver that is over fails, so that nobody lives on with what was to be for a while.
fn expired_waivers(facts: &Facts, target: &Target) -> Option<Judgement> {
    let over = |waiver: &&Waiver| waiver.has_expired(target.today) && waiver.is_about(&facts.image.path);
    let findings: Vec<_> = target.policy.waivers.iter().filter(over).map(expired).collect();
    if findings.is_empty() {
        return None;
    }
    let outcome = Outcome::Failed { findings, open: None };
    Some(Judgement {
        id: POLICY_WAIVER.into(),
        title: "Waivers of the policy have not expired".into(),
        source: "the project's policy".into(),
        confidence: Confidence::Project,
        ..Judgement::of(Severity::Reject, outcome)
    })
}

fn expired(waiver: &Waiver) -> Finding {
    let day = waiver.expires.map_or(String::new(), |day| format!(" on {day}"));
    let message = format!("the waiver of {} expired{day}", waiver.rule);
    let remedy = format!("fix what {} finds, or give the waiver in the policy file another day", waiver.rule);
    Finding::new(message, remedy).at(Evidence::words(format!("its reason was: {}", waiver.reason)))
}

/// What the policy and the baseline make of it.
fn decide(judgement: &mut Judgement, facts: &Facts, target: &Target) {
    let (id, aliases) = (judgement.id.clone(), judgement.aliases);
    let severity = target.policy.severity_of(&id, aliases);
    judgement.worst = severity.unwrap_or(judgement.worst);
    judgement.in_baseline = target.baseline.as_ref().is_some_and(|baseline| baseline.had_open(&id));
    if let Outcome::Failed { findings, .. } = &mut judgement.outcome {
        for finding in findings {
            finding.severity = severity.unwrap_or(finding.severity);
            finding.fingerprint = finding.fingerprint_of(&id);
            finding.in_baseline =
                target.baseline.as_ref().is_some_and(|baseline| baseline.has_finding(&finding.fingerprint));
        }
    }
    judgement.severity = judgement.outcome.findings().first().map_or(judgement.worst, |worst| worst.severity);
    if matches!(judgement.outcome, Outcome::Failed { .. } | Outcome::Unknown { .. }) {
        judgement.waived = target.policy.waiver(&id, aliases, &facts.image.path, target.today).cloned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;
    use crate::testing::*;
    use crate::{Baseline, Policy};
    use facts::Known;

    fn no_sshd() -> Facts {
        let mut facts = bios();
        linux_of(&mut facts).sshd = Known::Absent;
        facts
    }

    fn with_policy(json: &str) -> Target {
        let policy: Policy = serde_json::from_str(json).unwrap();
        policy.validate().unwrap();
        Target { policy, today: "2026-11-23".parse().unwrap(), ..Target::default() }
    }

    fn verdict(facts: &Facts, json: &str) -> Report {
        check(facts, &with_policy(json))
    }

    #[test]
    fn a_waiver_lets_pass_and_is_said() {
        let waiver = r#"{"waiver": [{"rule": "LNX-SSHD", "reason": "by Cloud Assistant", "expires": "2027-01-01"}]}"#;
        assert_eq!(verdict(&no_sshd(), "{}").verdict, Verdict::NotReady);
        let report = verdict(&no_sshd(), waiver);
        assert_eq!(report.verdict, Verdict::Ready, "{:#?}", report.blocking());
        let waived: Vec<_> = report.waived().map(|(judgement, waiver)| (&*judgement.id, &*waiver.reason)).collect();
        assert_eq!(waived, [("LNX-SSHD", "by Cloud Assistant")]);
        assert!(verdict(&bios(), waiver).waived().next().is_none(), "what passes needs no waiver");
    }

    #[test]
    fn an_expired_waiver_fails_even_where_the_rule_passes() {
        let waiver = r#"{"waiver": [{"rule": "LNX-SSHD", "reason": "for now", "expires": "2026-11-22"}]}"#;
        let report = verdict(&bios(), waiver);
        assert_eq!(report.verdict, Verdict::NotReady);
        assert_eq!(report.blocking()[0].0.id, POLICY_WAIVER);
        assert_eq!(report.blocking()[0].1.message, "the waiver of LNX-SSHD expired on 2026-11-22");
        assert!(verdict(&no_sshd(), waiver).blocking().iter().any(|(judgement, _)| judgement.id == "LNX-SSHD"));
    }

    #[test]
    fn a_severity_of_the_policy_is_milder_or_worse() {
        assert_eq!(verdict(&no_sshd(), r#"{"severity": {"LNX-SSHD": "info"}}"#).verdict, Verdict::Ready);
        let mut facts = bios();
        linux_of(&mut facts).time_sync = Known::Absent;
        assert_eq!(verdict(&facts, "{}").verdict, Verdict::Ready);
        assert_eq!(verdict(&facts, r#"{"severity": {"LNX-TIME": "no-boot"}}"#).verdict, Verdict::NotReady);
    }

    #[test]
    fn rules_of_the_project_are_asked_with_the_others() {
        let rule = r#"{"rule": [{"id": "ACME-FORMAT", "path": "image.format", "operator": "equals", "value": "raw",
            "message": "we import raw only", "severity": "reject"}]}"#;
        let report = verdict(&bios(), rule);
        let (judgement, finding) = report.blocking()[0];
        assert_eq!((&*judgement.id, &*finding.message), ("ACME-FORMAT", "we import raw only"));
        assert_eq!(finding.evidence[0].text.as_deref(), Some("image.format is \"qcow2\""));
    }

    #[test]
    fn only_what_is_new_since_the_baseline_blocks() {
        let before = check(&no_sshd(), &Target::default());
        let mut json = serde_json::to_value(&before).unwrap();
        json["schema_version"] = 1.into();
        let target = Target { baseline: Some(Baseline::of(&json).unwrap()), ..Target::default() };
        let report = check(&no_sshd(), &target);
        assert_eq!(report.verdict, Verdict::Ready);
        assert!(report.findings().iter().any(|(judgement, finding)| judgement.id == "LNX-SSHD" && finding.in_baseline));
        let mut worse = no_sshd();
        worse.image.damage = is(vec![Evidence::disk(65536, "an entry points past the end of the file")]);
        assert_eq!(check(&worse, &target).verdict, Verdict::NotReady);
        let mut open = bios();
        open.image.damage = Known::unknown("not walked");
        assert_eq!(check(&open, &target).verdict, Verdict::Undecided, "open questions are new too");
    }

    #[test]
    fn what_could_be_worse_leaves_open() {
        let mut target = with_policy(r#"{"severity": {"LNX-SSHD": "no-login"}}"#);
        target.policy.ignore = vec!["IMG-".into()];
        let report = check(&bios(), &target);
        assert!(report.results.iter().any(|result| result.id == "IMG-ZERO" && result.outcome.word() == "SKIPPED"));
    }
}
