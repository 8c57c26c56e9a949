//! WIN-NTFS: the system volume is NTFS, clean, and has room.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-NTFS",
    aliases: &[],
    title: "The system volume is NTFS, clean, and has room",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Import custom images (2021); Troubleshooting of Windows instances, storage",
    docs: "\
# What it checks
Whether the volume of Windows is NTFS, fits into its partition, was unmounted, has no errors on record, and has 1 GiB
free.

# Why ECS needs it
Windows starts from NTFS only. A file system that is larger than its partition was cut short. One that was in use is
checked at the first start, which takes time. The first start and updates need room.

# How to fix
Shut the source system down before its disk is copied (`chkdsk C: /f` where it is dirty), and free or add space.
",
    check,
};

/// Free bytes below which Windows is short of room.
const SHORT: u64 = 1 << 30;

fn check(facts: &Facts, target: &Target) -> Judged {
    windows(facts, target)?;
    let volume = root(facts)?;
    known(&volume.content)?;
    let Some(filesystem) = volume.filesystem() else {
        return Err(Undecided::unknown(format!("the file system of {} could not be read", volume.id)));
    };
    let mut tally = Tally::default();
    let place = |text: String| Evidence::volume(&volume.id, text);
    if filesystem.fs_type != "ntfs" {
        let message = format!("Windows is on {}, and starts from NTFS only", filesystem.fs_type);
        tally.fail(Finding::new(message, "install Windows on NTFS").at(place(filesystem.fs_type.clone())));
    }
    if let Some(size) = tally.value(&filesystem.size).filter(|size| **size > volume.size) {
        let message = format!("the file system has {size} bytes, {} only {}", volume.id, volume.size);
        let remedy = "the disk was cut short: fetch or convert the image again";
        tally.fail(Finding::new(message, remedy).at(place(format!("{size} bytes"))));
    }
    if tally.value(&filesystem.clean) == Some(&false) || tally.value(&filesystem.errors) == Some(&true) {
        let message = format!("NTFS on {} was in use or is marked to be checked", volume.id);
        let remedy = "run chkdsk C: /f in the source system, shut it down, and take its disk again";
        let finding = Finding::new(message, remedy).at(place("not clean".into())).at_all(&filesystem.evidence);
        tally.fail(finding.only(Severity::Degraded));
    }
    if let Some(free) = tally.value(&filesystem.free).filter(|free| **free < SHORT) {
        let message = format!("{} MiB are free on {}", free >> 20, volume.id);
        let finding = Finding::new(message, "delete what is not needed, or make the disk larger before the import");
        tally.fail(finding.at(place(format!("{free} bytes free"))).only(Severity::Degraded));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| root_fs(facts).size = is(1 << 50),
        passes: |_, _| (),
        undecided: |facts, _| root_fs(facts).clean = Known::unknown("$Volume could not be read"),
    }

    #[test]
    fn what_windows_survives_is_a_warning() {
        let severity = |change| findings(&RULE, change)[0].severity;
        assert_eq!(severity(|facts, _| root_fs(facts).clean = is(false)), Severity::Degraded);
        assert_eq!(severity(|facts, _| root_fs(facts).free = is(1 << 20)), Severity::Degraded);
        assert_eq!(severity(|facts, _| root_fs(facts).fs_type = "vfat".into()), Severity::NoBoot);
    }
}
