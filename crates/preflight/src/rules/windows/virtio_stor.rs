//! WIN-VIRTIO-STOR: the virtio disk driver is there and starts at boot.

use crate::rules::prelude::*;

/// The first build with a driver database.
const WINDOWS_8: u32 = 9200;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-VIRTIO-STOR",
    aliases: &["GUESTOS.Virtio"],
    title: "The virtio disk driver is there and starts at boot",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Virtio (2025); Import custom images (2021)",
    docs: "\
# What it checks
Whether viostor is installed, has its file for this machine, starts with the boot loader (Start = 0, no
StartOverride), and is tied to the virtio disk in the critical device database or the driver database.

# Why ECS needs it
The system disk of most instances is a virtio block device. Without a driver that is loaded with the kernel Windows
stops with 0x7B, INACCESSIBLE_BOOT_DEVICE. For some versions the platform adds drivers at the import; whether it did
shows at the first start.

# How to fix
Install the virtio drivers of Alibaba Cloud in the source system, and set `Start` of
`HKLM\\SYSTEM\\CurrentControlSet\\Services\\viostor` to 0. Delete its key `StartOverride`.
",
    check,
};

const REMEDY: &str =
    "install the virtio drivers in the source system: viostor with Start = 0 and without StartOverride";

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let Some(driver) = windows_driver(windows, "viostor")? else {
        let message = "viostor is not installed: Windows stops with 0x7B on the virtio disk of an instance";
        return Ok(vec![Finding::new(message, REMEDY).at(in_hive(guest, windows, "SYSTEM", "no service viostor"))]);
    };
    let Some(readiness) = known(&driver.readiness)? else {
        return Err(Undecided::unknown("how far viostor is fit was not examined"));
    };
    if *readiness == Readiness::Ready {
        return passed();
    }
    let why = driver.problems.iter().find_map(|problem| problem.text.as_deref()).unwrap_or("it is not fit");
    let finding = Finding::new(format!("viostor will not start the disk of an instance (0x7B): {why}"), REMEDY)
        .at_all(&driver.problems)
        .at(driver.service.evidence.clone());
    let loaded = driver.service.start.value() == Some(&ServiceStart::Boot);
    let risk = match readiness {
        // In another group of the load order, which it may survive.
        Readiness::NotBootStart => loaded,
        // Before Windows 8 a device that was there before is known by its place, and needs no identifier.
        Readiness::Unmatched => loaded && windows_build(windows)? < WINDOWS_8,
        Readiness::Broken | Readiness::Ready => false,
    };
    if risk {
        let message = format!("viostor may not start the disk of an instance (risk of 0x7B): {why}");
        return Ok(vec![Finding { message, ..finding }.only(Severity::Degraded)]);
    }
    Ok(vec![finding])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn graded(facts: &mut Facts, readiness: Readiness) {
        let driver = win_driver(facts, "viostor");
        driver.readiness = is(readiness);
        driver.problems = vec![registry("viostor: a reason")];
    }

    cases! {
        fires: |facts, _| { windows_of(facts).drivers.insert("viostor".into(), Known::Absent); },
        passes: |_, _| (),
        undecided: |facts, _| win_driver(facts, "viostor").readiness = Known::unknown("its file is compressed"),
    }

    #[test]
    fn what_is_certain_blocks_and_what_is_not_warns() {
        let severity = |change| findings(&RULE, change)[0].severity;
        assert_eq!(severity(|facts, _| graded(facts, Readiness::Broken)), Severity::NoBoot);
        assert_eq!(severity(|facts, _| graded(facts, Readiness::Unmatched)), Severity::NoBoot);
        assert_eq!(severity(|facts, _| graded(facts, Readiness::NotBootStart)), Severity::Degraded);
        let placed = |facts: &mut Facts, _: &mut Target| {
            graded(facts, Readiness::Unmatched);
            set_build(facts, 7601);
        };
        assert_eq!(severity(placed), Severity::Degraded);
        let late = |facts: &mut Facts, _: &mut Target| {
            graded(facts, Readiness::NotBootStart);
            win_driver(facts, "viostor").service.start = is(ServiceStart::Demand);
        };
        assert_eq!(severity(late), Severity::NoBoot);
    }
}
