//! WIN-MOUNTEDDEVICES: the drive letter of Windows is kept for its volume.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-MOUNTEDDEVICES",
    aliases: &[],
    title: "The drive letter of Windows is kept for its volume",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "derived from how Windows works",
    docs: "\
# What it checks
What MountedDevices keeps C: and other letters for, against the disk and its partitions.

# Why ECS needs it
Windows looks for its programs below the drive letter that it was installed with. If C: is another partition of this
disk, the start ends before the log-on. A letter of a disk that is not here is given anew, which mostly ends well.

# How to fix
Delete the value below `HKLM\\SYSTEM\\MountedDevices` in the recovery environment, so that the letters are given anew.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let letters = known(&windows.drive_letters)?.map_or(&[][..], Vec::as_slice);
    // Windows may be on a drive of another letter.
    if letters.iter().any(|letter| letter.volume.value() == Some(&guest.root)) {
        return passed();
    }
    let Some(letter) = letters.iter().find(|letter| letter.name == "C:") else { return passed() };
    let remedy = r"delete \DosDevices\C: below HKLM\SYSTEM\MountedDevices";
    let finding = match known(&letter.volume)? {
        Some(volume) => Finding::new(format!("C: is kept for {volume}, and Windows is on {}", guest.root), remedy),
        None => Finding::new("C: is kept for a disk or partition that is not here", remedy).only(Severity::Degraded),
    };
    Ok(vec![finding.at(letter.evidence.clone())])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn c(facts: &mut Facts) -> &mut DriveLetter {
        &mut of(&mut windows_of(facts).drive_letters)[0]
    }

    cases! {
        fires: |facts, _| c(facts).volume = is(VolumeId::partition(1)),
        passes: |facts, _| windows_of(facts).drive_letters = Known::Absent,
        undecided: |facts, _| c(facts).volume = Known::unknown("the disk has no signature"),
    }

    #[test]
    fn a_stale_letter_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| c(facts).volume = Known::Absent)[0].severity, Severity::Degraded);
    }
}
