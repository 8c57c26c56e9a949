//! WIN-XEN: nothing of Xen hides the devices of an instance.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-XEN",
    aliases: &["GUESTOS.Xen"],
    title: "Nothing of Xen hides the devices of an instance",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Xen (2025)",
    docs: "\
# What it checks
Whether the platform driver of Xen is set to hide devices (`hide_devices`), and whether drivers of Xen are left.

# Why ECS needs it
A hidden device is not seen by Windows: an instance would have no disk or no network. Drivers of Xen find no
hypervisor of theirs on KVM.

# How to fix
Uninstall the Xen tools in the source system, and delete `hide_devices` below
`HKLM\\SYSTEM\\CurrentControlSet\\Services\\XenPCI\\Parameters`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    if let Some(hiding) = tally.value(&windows.xen_hiding).filter(|hiding| !hiding.devices.is_empty()) {
        let message = format!("Xen's platform driver hides {}", hiding.devices.join(", "));
        let remedy = r"delete hide_devices of Services\XenPCI\Parameters, and uninstall the Xen tools";
        tally.fail(Finding::new(message, remedy).at(hiding.evidence.clone()));
    }
    for service in tally.value(&windows.foreign_drivers).into_iter().flatten() {
        let disabled = service.start.value() == Some(&ServiceStart::Disabled);
        if disabled || !service.name.to_ascii_lowercase().starts_with("xen") {
            continue;
        }
        let message = format!("the driver {} of Xen is still installed", service.name);
        let finding = Finding::new(message, "uninstall the Xen tools in the source system");
        tally.fail(finding.at(service.evidence.clone()).only(Severity::Degraded));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn hiding(facts: &mut Facts, devices: &[&str]) {
        let devices = devices.iter().map(|device| (*device).into()).collect();
        windows_of(facts).xen_hiding = is(XenHiding { devices, evidence: registry("hide_devices") });
    }

    cases! {
        fires: |facts, _| hiding(facts, &["VEN_1AF4"]),
        passes: |facts, _| hiding(facts, &[]),
        undecided: |facts, _| windows_of(facts).xen_hiding = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn drivers_that_are_left_are_a_warning() {
        let left = |facts: &mut Facts, _: &mut Target| {
            windows_of(facts).foreign_drivers =
                is(vec![win_service("xenvbd", ServiceStart::Boot), win_service("vmci", ServiceStart::Boot)]);
        };
        let found = findings(&RULE, left);
        assert_eq!((found.len(), found[0].severity), (1, Severity::Degraded));
    }
}
