//! WIN-QEMUGA: the QEMU guest agent is not installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-QEMUGA",
    aliases: &[],
    title: "The QEMU guest agent is not installed",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Import custom images (2021)",
    docs: "\
# What it checks
Whether a service of the QEMU guest agent is installed.

# Why ECS needs it
It takes the channel that services of the platform use: setting a password and others do not work.

# How to fix
Uninstall QEMU guest agent in the source system.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let Some(service) = windows_agent(windows, "qemu-ga")? else { return passed() };
    let finding = Finding::new("the QEMU guest agent is installed", "uninstall it in the source system");
    Ok(vec![finding.at(service.evidence.clone())])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| { windows_of(facts).agents.insert("qemu-ga".into(), is(win_service("qemu-ga", ServiceStart::Auto))); },
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).agents.clear(),
    }
}
