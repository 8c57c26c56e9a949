//! WIN-BITLOCKER: no partition is encrypted with BitLocker.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-BITLOCKER",
    aliases: &[],
    title: "No partition is encrypted with BitLocker",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Troubleshooting of Windows instances, storage",
    docs: "\
# What it checks
Whether a partition is encrypted with BitLocker.

# Why ECS needs it
The key is in the TPM of the source machine, or is typed in at the start. An instance has neither, and the platform
cannot write into the disk.

# How to fix
Decrypt in the source system before its disk is copied: `manage-bde -off C:`, and wait until `manage-bde -status` says
0 %.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let mut tally = Tally::default();
    for volume in &facts.volumes {
        let Some(Content::Encrypted { by, .. }) = volume.content.value() else { continue };
        if by != "bitlocker" {
            continue;
        }
        let finding = Finding::new(format!("{} is encrypted with BitLocker", volume.id), "decrypt it: manage-bde -off")
            .at(Evidence::volume(&volume.id, "BitLocker"));
        // Where there is a system beside it, what is encrypted is data.
        tally.fail(if facts.guest.value().is_some() { finding.only(Severity::Degraded) } else { finding });
    }
    if let Err(other) = windows(facts, target) {
        let findings = tally.done()?;
        return if findings.is_empty() { Err(other) } else { Ok(findings) };
    }
    if facts.volumes.is_empty() {
        tally.doubt("no volume is listed");
    }
    for volume in &facts.volumes {
        if volume.partition_type.is_some() {
            tally.value(&volume.content);
        }
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn locked(facts: &mut Facts) {
        facts.volumes[1].content = is(Content::Encrypted { by: "bitlocker".into(), uuid: None });
    }

    cases! {
        fires: |facts, _| {
            locked(facts);
            facts.guest = Known::unknown("the volume is encrypted");
        },
        passes: |_, _| (),
        undecided: |facts, _| facts.volumes[1].content = Known::unknown("it could not be read"),
    }

    #[test]
    fn encrypted_data_beside_the_system_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| locked(facts))[0].severity, Severity::Degraded);
    }
}
