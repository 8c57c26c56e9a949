//! WIN-VIRTIO-AUX: the further virtio drivers are there.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-VIRTIO-AUX",
    aliases: &[],
    title: "The further virtio drivers are there",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "Troubleshooting of Windows instances, cloud drivers",
    docs: "\
# What it checks
Whether balloon and vioser are installed and fit.

# Why ECS needs it
Through the virtio serial port the platform talks to its agents; the balloon reports memory. Instances work without
them.

# How to fix
Install the virtio drivers of Alibaba Cloud in the source system, all of them.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    for name in ["balloon", "vioser"] {
        let place = match windows_driver(windows, name)? {
            None => in_hive(guest, windows, "SYSTEM", format!("no service of {name}")),
            Some(driver) => match tally.value(&driver.readiness) {
                Some(Readiness::Broken | Readiness::Unmatched) => driver.service.evidence.clone(),
                _ => continue,
            },
        };
        let remedy = "install all of the virtio drivers in the source system";
        tally.fail(Finding::new(format!("{name} is not installed or not fit"), remedy).at(place));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| { windows_of(facts).drivers.insert("balloon".into(), Known::Absent); },
        passes: |_, _| (),
        undecided: |facts, _| { windows_of(facts).drivers.remove("vioser"); },
    }
}
