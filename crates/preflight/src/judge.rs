//! Asking all rules.

use crate::report::{Judgement, Report};
use crate::rules::RULES;
use crate::target::Target;
use facts::Facts;

/// Judges a disk by all rules, in their order.
pub fn check(facts: &Facts, target: &Target) -> Report {
    let judgements = RULES.iter().map(|rule| Judgement::new(rule, rule.judge(facts, target))).collect();
    Report::new(facts, target, judgements)
}
