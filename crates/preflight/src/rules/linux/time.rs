//! LNX-TIME: the system keeps its time by NTP.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-TIME",
    aliases: &[],
    title: "The system keeps its time by NTP",
    severity: Severity::Info,
    confidence: Confidence::Old,
    source: "Install cloud-init (2021), which sets time servers",
    docs: "\
# What it checks
Whether a time service starts at boot: chronyd, ntpd or systemd-timesyncd.

# Why ECS needs it
The clock of a virtual machine drifts, and is wrong after it was paused. Certificates and signed requests to cloud
services are refused when it is more than a few minutes off.

# How to fix
Install chrony in the source system and enable it: `systemctl enable chronyd` (Debian, Ubuntu: `chrony`).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    if known(&linux.time_sync)?.is_some() {
        return passed();
    }
    let at = Evidence::file(&guest.root, "/etc/systemd/system").saying("no time service is enabled");
    Ok(vec![Finding::new("no time service starts at boot", "install chrony in the source system and enable it").at(at)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).time_sync = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).time_sync = Known::unknown("it was not looked for"),
    }
}
