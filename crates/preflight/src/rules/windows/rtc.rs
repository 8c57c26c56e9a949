//! WIN-RTC: the hardware clock is taken for UTC.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-RTC",
    aliases: &[],
    title: "The hardware clock is taken for UTC",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "Repair of custom images, item StandardizedTimezone (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether RealTimeIsUniversal is set.

# Why ECS needs it
The clock of an instance runs on UTC. Without the setting the time is wrong from the start until a time server is
reached.

# How to fix
Set `RealTimeIsUniversal` to 1 below `HKLM\\SYSTEM\\CurrentControlSet\\Control\\TimeZoneInformation`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let places = match known(&windows.rtc_utc)? {
        Some(claim) if claim.value => return passed(),
        Some(claim) => claim.evidence.clone(),
        None => vec![in_hive(guest, windows, "SYSTEM", "no RealTimeIsUniversal")],
    };
    let finding = Finding::new("the hardware clock is taken for local time", "set RealTimeIsUniversal to 1");
    Ok(vec![finding.at_all(&places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).rtc_utc = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).rtc_utc = Known::unknown("the hive is damaged"),
    }
}
