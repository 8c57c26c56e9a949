//! WIN-EVAL: Windows is not an evaluation edition.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-EVAL",
    aliases: &[],
    title: "Windows is not an evaluation edition",
    severity: Severity::Degraded,
    confidence: Confidence::Derived,
    source: "derived from how Windows works",
    docs: "\
# What it checks
Whether the edition ends in Eval.

# Why ECS needs it
An evaluation edition expires after 180 days and then switches itself off every hour. The activation service of
Alibaba Cloud does not activate it.

# How to fix
Make it a full edition: `dism /online /set-edition:ServerStandard /productkey:… /accepteula`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    if known(&windows.version.evaluation)? != Some(&true) {
        return passed();
    }
    let places = windows.version.edition.value().map_or(&[][..], |edition| edition.evidence.as_slice());
    let remedy = "make it a full edition: dism /online /set-edition:ServerStandard /productkey:… /accepteula";
    Ok(vec![Finding::new("it is an evaluation edition: it expires and is not activated", remedy).at_all(places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).version.evaluation = is(true),
        passes: |facts, _| windows_of(facts).version.evaluation = Known::Absent,
        undecided: |facts, _| windows_of(facts).version.evaluation = Known::unknown("the hive is damaged"),
    }
}
