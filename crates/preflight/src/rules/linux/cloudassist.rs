//! LNX-CLOUDASSIST: the Cloud Assistant agent is installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDASSIST",
    aliases: &["GUESTOS.CloudAssistant"],
    title: "The Cloud Assistant agent is installed",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item CloudAssistant (2025)",
    docs: "\
# What it checks
Whether the Cloud Assistant agent is installed: /usr/local/share/aliyun-assist and its service.

# Why ECS needs it
Commands, patches and sessions from the console go through this agent. Without it an instance works, and these do not.
It can be installed after the first boot as well.

# How to fix
Install the package aliyun-assist in the source system, or in the instance later.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    if known(&linux.cloud_assistant)?.is_some() {
        return passed();
    }
    let at = Evidence::file(&guest.root, "/usr/local/share/aliyun-assist").saying("not there");
    Ok(vec![
        Finding::new(
            "Cloud Assistant is not installed: commands and sessions from the console do not work",
            "install the package aliyun-assist, in the source system or later in the instance",
        )
        .at(at),
    ])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).cloud_assistant = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).cloud_assistant = Known::unknown("it was not looked for"),
    }
}
