//! WIN-BOOTDRV-MISSING: drivers that start at boot have their files.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-BOOTDRV-MISSING",
    aliases: &[],
    title: "Drivers that start at boot have their files",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "derived from how Windows works",
    docs: "\
# What it checks
Whether each driver with Start = 0 has its file. The drivers for the devices of ECS have rules of their own.

# Why ECS needs it
The loader reads these before the kernel runs. If the file of a critical one (ErrorControl = 3) is missing, the start
ends with 0xc0000098 or the like. Others are passed over, but their devices do not work.

# How to fix
Delete or disable the service of a program that was removed: Start = 4 below
`HKLM\\SYSTEM\\CurrentControlSet\\Services`. Restore the file of one that is Windows' own with `sfc /scannow`.
",
    check,
};

/// `ErrorControl` of drivers without which the loader stops.
const CRITICAL: u32 = 3;

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let Some(drivers) = known(&windows.boot_drivers)? else {
        return Err(Undecided::unknown("no driver that starts at boot was found"));
    };
    let mut tally = Tally::default();
    for driver in drivers.iter().filter(|driver| at_boot(driver)) {
        if windows.drivers.contains_key(&driver.name.to_ascii_lowercase()) {
            continue;
        }
        if !driver.file.is_absent() {
            tally.value(&driver.file);
            continue;
        }
        let message = format!("the file of {}, which starts at boot, is missing", driver.name);
        let remedy =
            format!("restore the file, or set Start of Services\\{} to 4 if its program was removed", driver.name);
        let finding = Finding::new(message, remedy).at(driver.evidence.clone());
        let critical = driver.error_control.value() == Some(&CRITICAL);
        tally.fail(if critical { finding } else { finding.only(Severity::Degraded) });
    }
    tally.done()
}

/// Whether the loader loads it.
fn at_boot(driver: &WindowsService) -> bool {
    let start = driver.start_override.value().or(driver.start.value());
    start == Some(&ServiceStart::Boot)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn first(facts: &mut Facts) -> &mut WindowsService {
        &mut of(&mut windows_of(facts).boot_drivers)[0]
    }

    cases! {
        fires: |facts, _| {
            first(facts).file = Known::Absent;
            first(facts).error_control = is(3);
        },
        passes: |facts, _| {
            first(facts).file = Known::Absent;
            first(facts).start_override = is(ServiceStart::Demand);
        },
        undecided: |facts, _| first(facts).file = Known::unknown("the path is on another volume"),
    }

    #[test]
    fn one_that_is_not_critical_is_passed_over() {
        assert_eq!(findings(&RULE, |facts, _| first(facts).file = Known::Absent)[0].severity, Severity::Degraded);
    }
}
