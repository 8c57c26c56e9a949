//! IMG-ENCRYPTED-DISK: the system is not on an encrypted volume.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-ENCRYPTED-DISK",
    aliases: &[],
    title: "The disk is not encrypted",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "derived: there is nobody at the console to type a passphrase; ECS troubleshooting guide (BitLocker)",
    docs: "\
# What it checks
Whether a volume of the disk is encrypted with LUKS or BitLocker.

# Why ECS needs it
A new instance boots without anybody at its console: an encrypted root waits for its passphrase for ever, and neither
the check after the import nor this one can look inside. ECS encrypts cloud disks itself.

# How to fix
Decrypt the volume before the import (`cryptsetup reencrypt --decrypt`, `manage-bde -off C:`), and let ECS encrypt the
cloud disk.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    known(&facts.disk)?;
    let holds_system = target.disk == DiskUse::System && facts.guest.value().is_none();
    let mut tally = Tally::default();
    for volume in &facts.volumes {
        match &volume.content {
            Known::Is(Content::Encrypted { by, .. }) => {
                let finding = Finding::new(
                    format!("{} is encrypted with {by}", volume.id),
                    "decrypt it before the import (LUKS: cryptsetup reencrypt --decrypt; BitLocker: manage-bde -off)",
                )
                .at(Evidence::volume(&volume.id, by.clone()));
                tally.fail(if holds_system { finding } else { finding.only(Severity::Degraded) });
            }
            Known::Unknown(reason) if holds_system => tally.doubt(reason.why.clone()),
            _ => {}
        }
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn encrypt(facts: &mut Facts) {
        let by = Content::Encrypted { by: "luks2".into(), uuid: None };
        facts.volumes.push(Volume { id: VolumeId::partition(2), content: is(by), ..Volume::default() });
    }

    cases! {
        fires: |facts, _| { encrypt(facts); facts.guest = Known::Absent },
        passes: |_, _| (),
        undecided: |facts, _| facts.disk = Known::unknown("the image could not be opened"),
    }

    #[test]
    fn beside_a_readable_root_it_is_a_warning() {
        let found = findings(&RULE, |facts, _| encrypt(facts));
        assert_eq!(found[0].severity, Severity::Degraded);
    }
}
