//! LNX-FSTAB-UUID: what fstab names by UUID, label or volume is on this disk.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FSTAB-UUID",
    aliases: &["GUESTOS.Fstab", "image_check.device-id", "sersi.Fstab"],
    title: "What fstab names is on this disk",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Fstab (2025); compliance tool, Fstab (2024)",
    docs: "\
# What it checks
Whether every UUID, label, partition UUID, partition label and logical volume that /etc/fstab names is found on this
disk. Entries with `nofail` or `noauto`, swap, and the root of a system with systemd are warnings.

# Why ECS needs it
systemd waits a minute and a half for what is missing, and then stops in emergency mode, where nobody can log in. Data
disks of the source machine that are not imported are the usual case; a filesystem that was made anew is another. The
root is mounted by then, as the command line of the kernel says (see LNX-GRUB-ROOT); systemd checks and remounts what is
mounted. Older systems check it by the name in fstab, and stop.

# How to fix
Correct the UUID (`blkid` prints it), or add `nofail` to the options of what may be missing, or remove the line.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let mut tally = Tally::default();
    for entry in fstab(linux)?.entries.iter().filter(|entry| by_identity(entry.spec.kind)) {
        match &entry.spec.volume {
            Known::Is(_) => {}
            Known::Absent => {
                let name = &entry.spec.text;
                let message = format!("{name} ({}) in fstab is not on this disk", entry.mount_point);
                let line = entry.evidence.line.map_or(String::new(), |line| format!(" {line}"));
                let remedy = format!("correct line{line} of /etc/fstab, or add nofail to its options, or remove it");
                let finding = Finding::new(message, remedy).at(entry.evidence.clone());
                let mild = entry.is_optional() || entry.fs_type == "swap" || is_mounted_before(linux, entry);
                tally.fail(if mild { finding.only(Severity::Degraded) } else { finding });
            }
            Known::Unknown(_) if entry.is_optional() => {}
            Known::Unknown(reason) => tally.doubt(format!("{}: {}", entry.spec.text, reason.why)),
        }
    }
    tally.done()
}

/// Whether the name is of the thing itself.
fn by_identity(kind: SpecKind) -> bool {
    use SpecKind::{Label, Mapper, PartLabel, PartUuid, Uuid};
    matches!(kind, Uuid | Label | PartUuid | PartLabel | Mapper)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn add(facts: &mut Facts, volume: Known<VolumeId>, options: &str) {
        let spec = DeviceSpec { volume, ..by_uuid("dead-beef", &VolumeId::disk()) };
        fstab_of(facts).push(mount(spec, "/data", "ext4", options));
    }

    cases! {
        fires: |facts, _| add(facts, Known::Absent, "defaults"),
        passes: |facts, _| *facts = lvm(),
        undecided: |facts, _| add(facts, Known::unknown("XFS is not read"), "defaults"),
    }

    #[test]
    fn the_root_is_mounted_before_systemd_reads_fstab() {
        let root_is_gone = |facts: &mut Facts| fstab_of(facts)[0].spec.volume = Known::Absent;
        let mut facts = bios();
        root_is_gone(&mut facts);
        assert_eq!(RULE.judge(&facts, &Target::default()).findings()[0].severity, Severity::Degraded);
        linux_of(&mut facts).init = is("sysv".into());
        assert_eq!(RULE.judge(&facts, &Target::default()).findings()[0].severity, Severity::NoBoot);
        let usr = findings(&RULE, |facts, _| {
            let entry = &mut fstab_of(facts)[0];
            (entry.spec.volume, entry.mount_point) = (Known::Absent, "/usr".into());
        });
        assert_eq!(usr[0].severity, Severity::NoBoot);
    }

    #[test]
    fn nofail_makes_it_a_warning() {
        let found = findings(&RULE, |facts, _| add(facts, Known::Absent, "defaults,nofail"));
        assert_eq!(found[0].severity, Severity::Degraded);
    }
}
