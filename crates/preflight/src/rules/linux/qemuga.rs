//! LNX-QEMUGA: the QEMU guest agent is not installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-QEMUGA",
    aliases: &["image_check.qemu-ga"],
    title: "The QEMU guest agent is not installed",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2021); compliance tool, item qemu-ga",
    docs: "\
# What it checks
Whether the QEMU guest agent is installed.

# Why ECS needs it
The instructions of 2021 rule it out: it answers on a channel that the platform uses for services of its own, some of
which then fail.

# How to fix
`apt-get remove qemu-guest-agent`, `yum remove qemu-guest-agent`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let Some(agent) = known(&linux.qemu_guest_agent)? else { return passed() };
    let remedy = "remove it in the source system: apt-get remove qemu-guest-agent, or yum remove qemu-guest-agent";
    Ok(vec![Finding::new("the QEMU guest agent is installed", remedy).at_all(&agent.evidence)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).qemu_guest_agent = is(service("qemu-guest-agent")),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).qemu_guest_agent = Known::unknown("/usr is not on this disk"),
    }
}
