//! The platform's own check of an image, beside what preflight said before.

use ::import::ecs::{Compared, Comparison, Detection, Item, Verdict, compare};
use facts::printable;
use preflight::{Outcome, RULES, Report};
use serde_json::{Value, json};
use std::fmt::Write;

/// What the platform says, held against the report on the system disk.
pub(super) struct Checked<'a> {
    detection: &'a Detection,
    comparison: Comparison,
}

impl<'a> Checked<'a> {
    pub(super) fn of(detection: &'a Detection, report: &Report) -> Self {
        let mut ours = Vec::new();
        for judgement in &report.results {
            let Some(rule) = RULES.iter().find(|rule| rule.id == judgement.id) else { continue };
            let verdict = match judgement.outcome {
                Outcome::Passed => Verdict::Passed,
                Outcome::Failed { .. } => Verdict::Failed,
                _ => Verdict::Open,
            };
            ours.extend(rule.aliases.iter().map(|alias| (*alias, rule.id, verdict)));
        }
        Checked { detection, comparison: compare(&detection.items, &ours) }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let Comparison { agree, cloud_only, ours_only, unmatched } = &self.comparison;
        let risks = self.detection.items.iter().filter(|item| item.is_risk()).count();
        let mut text = format!(
            "check of the platform: {}, {} items, {risks} with a risk; preflight agrees on {}\n",
            printable(&self.detection.status),
            self.detection.items.len(),
            agree.len()
        );
        for check in cloud_only {
            let item = check.item.as_ref().map(said).unwrap_or_default();
            let _ = writeln!(text, "  only the platform finds {}: {item}", check.alias);
        }
        for check in ours_only {
            let _ = writeln!(text, "  only preflight finds {}: {}", check.alias, check.failed.join(", "));
        }
        for item in unmatched.iter().filter(|item| item.is_risk()) {
            let _ = writeln!(text, "  the platform finds {}: {}", printable(&item.name), said(item));
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let item = |item: &Item| {
            json!({
                "name": item.name,
                "value": item.value,
                "risk_level": item.risk_level,
                "risk_code": item.risk_code,
            })
        };
        let check = |check: &Compared| {
            json!({
                "alias": check.alias,
                "failed": check.failed,
                "undecided": check.open,
                "item": check.item.as_ref().map(item),
            })
        };
        let list = |checks: &[Compared]| checks.iter().map(check).collect::<Vec<_>>();
        json!({
            "status": self.detection.status,
            "items": self.detection.items.iter().map(item).collect::<Vec<_>>(),
            "agree": list(&self.comparison.agree),
            "platform_only": list(&self.comparison.cloud_only),
            "preflight_only": list(&self.comparison.ours_only),
            "unknown_to_preflight": self.comparison.unmatched.iter().map(item).collect::<Vec<_>>(),
        })
    }
}

fn said(item: &Item) -> String {
    let words = [&item.risk_level, &item.risk_code, &item.value].into_iter().filter(|word| !word.is_empty());
    printable(&words.map(String::as_str).collect::<Vec<_>>().join(", ")).to_string()
}
