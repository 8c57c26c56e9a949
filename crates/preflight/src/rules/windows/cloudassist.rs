//! WIN-CLOUDASSIST: cloud Assistant is installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-CLOUDASSIST",
    aliases: &["GUESTOS.CloudAssistant"],
    title: "Cloud Assistant is installed",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item CloudAssistant (2025)",
    docs: "\
# What it checks
Whether the service AliyunService is installed.

# Why ECS needs it
With it commands are run in an instance from the console. Instances work without it.

# How to fix
Install the Cloud Assistant agent in the source system, or later in an instance.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    if windows_agent(windows, "aliyunservice")?.is_some() {
        return passed();
    }
    let place = in_hive(guest, windows, "SYSTEM", "no service AliyunService");
    Ok(vec![Finding::new("Cloud Assistant is not installed", "install its agent if it is wanted").at(place)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| { windows_of(facts).agents.insert("aliyunservice".into(), Known::Absent); },
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).agents.clear(),
    }
}
