//! LNX-ARM-RTC: the hardware clock of an Arm system runs in UTC.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-ARM-RTC",
    aliases: &[],
    title: "The hardware clock of an Arm system runs in UTC",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "ImportImage, notes on arm64 (API reference 2025-05)",
    docs: "\
# What it checks
Whether the system takes the hardware clock for UTC: the third line of /etc/adjtime, or its like in older systems.

# Why ECS needs it
The clock of an Arm instance runs in UTC, and ImportImage asks for it in its notes on arm64. A system that takes it for
local time is hours off until its time service has corrected it, which breaks TLS and tokens in the meantime.

# How to fix
In the source system: `timedatectl set-local-rtc 0`, or write UTC as the third line of /etc/adjtime.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let found = present(&guest.architecture, "there is no kernel (see LNX-KERNEL-PRESENT)")?;
    match found.value {
        Architecture::Arm64 => clock(guest, linux),
        _ => Err(Undecided::skipped("the system is not for Arm")),
    }
}

/// The finding on a clock in local time.
pub(super) fn clock(guest: &Guest, linux: &Linux) -> Judged {
    match known(&linux.rtc_utc)? {
        Some(false) => Ok(vec![
            Finding::new(
                "the system takes the hardware clock for local time",
                "write UTC as the third line of /etc/adjtime (timedatectl set-local-rtc 0)",
            )
            .at(Evidence::file(&guest.root, "/etc/adjtime").saying("LOCAL")),
        ]),
        _ => passed(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn arm(facts: &mut Facts, utc: bool) {
        of(&mut guest_of(facts).architecture).value = Architecture::Arm64;
        linux_of(facts).rtc_utc = is(utc);
    }

    cases! {
        fires: |facts, _| arm(facts, false),
        passes: |facts, _| arm(facts, true),
        undecided: |_, _| (),
    }
}
