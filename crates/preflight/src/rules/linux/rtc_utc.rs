//! LNX-RTC-UTC: the hardware clock runs in UTC.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-RTC-UTC",
    aliases: &["GUESTOS.RtcTimeMode"],
    title: "The hardware clock runs in UTC",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item RtcTimeMode (2025)",
    docs: "\
# What it checks
Whether the system takes the hardware clock for UTC: the third line of /etc/adjtime, or its like in older systems.

# Why ECS needs it
The clock of an instance is best kept in UTC: a system that takes it for local time is hours off until its time service
has corrected it, which breaks TLS and tokens in the meantime.

# How to fix
In the source system: `timedatectl set-local-rtc 0`, or write UTC as the third line of /etc/adjtime.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    match guest.architecture.value() {
        Some(found) if found.value == Architecture::Arm64 => Err(Undecided::skipped("see LNX-ARM-RTC")),
        _ => super::arm_rtc::clock(guest, linux),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).rtc_utc = is(false),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).rtc_utc = Known::unknown("/etc/adjtime could not be read"),
    }
}
