//! REQ-DETECTION: DetectionStrategy is the one that exists.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-DETECTION",
    aliases: &[],
    title: "DetectionStrategy is the one that exists",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, DetectionStrategy; error InvalidParameter.DetectionStrategy (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared DetectionStrategy is `Standard`, the only one that there is.

# Why ECS needs it
With it, the service checks the image after it has been imported; without it, it does not. Another word is refused with
InvalidParameter.DetectionStrategy.

# How to fix
Declare `--detection-strategy Standard`, or leave it out.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(declared) = target.request.detection_strategy.as_deref() else {
        return Err(Undecided::skipped("no DetectionStrategy is declared"));
    };
    if declared == "Standard" {
        return passed();
    }
    let remedy = "declare --detection-strategy Standard, or leave it out";
    let finding = Finding::new(format!("DetectionStrategy {declared} does not exist"), remedy);
    Ok(vec![finding.at(sent("DetectionStrategy", declared))])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.detection_strategy = Some("standard".into()),
        passes: |_, target| target.request.detection_strategy = Some("Standard".into()),
        undecided: |_, _| (),
    }
}
