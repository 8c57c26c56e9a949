//! WIN-SANPOLICY: new data disks come online.

use super::bcd::VISTA;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-SANPOLICY",
    aliases: &[],
    title: "New data disks come online",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Troubleshooting of Windows instances, storage",
    docs: "\
# What it checks
Whether the SAN policy of the partition manager is 1, which brings all new disks online.

# Why ECS needs it
With another policy a data disk that is attached to an instance may stay offline until someone brings it online.

# How to fix
In diskpart: `san policy=OnlineAll`.
",
    check,
};

/// All disks online.
const ONLINE_ALL: u32 = 1;

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    if windows_build(windows)? < VISTA {
        return Err(Undecided::skipped("Windows before Vista has no such policy"));
    }
    let remedy = "in diskpart: san policy=OnlineAll";
    match known(&windows.san_policy)? {
        Some(policy) if policy.value == ONLINE_ALL => passed(),
        Some(policy) => {
            let message = format!("SanPolicy is {}: a new data disk may stay offline", policy.value);
            Ok(vec![Finding::new(message, remedy).at_all(&policy.evidence)])
        }
        None => {
            let place = in_hive(guest, windows, "SYSTEM", "no SanPolicy");
            let message = "SanPolicy is not set: the default of the edition decides on new data disks";
            Ok(vec![Finding::new(message, remedy).at(place).only(Severity::Info)])
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).san_policy = claim(2, "SanPolicy"),
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).san_policy = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn not_set_is_a_remark() {
        let found = findings(&RULE, |facts, _| windows_of(facts).san_policy = Known::Absent);
        assert_eq!(found[0].severity, Severity::Info);
    }
}
