//! LNX-SECCENTER: the Security Center agent is installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SECCENTER",
    aliases: &["GUESTOS.SecurityCenterAgent"],
    title: "The Security Center agent is installed",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item SecurityCenterAgent (2025)",
    docs: "\
# What it checks
Whether the agent of Security Center is installed: /usr/local/aegis.

# Why ECS needs it
Security Center sees into an instance through this agent. Without it an instance works, and is not watched over. It can
be installed from the console after the first boot.

# How to fix
Install the agent from the console of Security Center, in the instance.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    if known(&linux.security_agent)?.is_some() {
        return passed();
    }
    let at = Evidence::file(&guest.root, "/usr/local/aegis").saying("not there");
    Ok(vec![
        Finding::new(
            "the Security Center agent is not installed: instances are not watched over",
            "install it from the console of Security Center after the first boot",
        )
        .at(at),
    ])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).security_agent = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).security_agent = Known::unknown("it was not looked for"),
    }
}
