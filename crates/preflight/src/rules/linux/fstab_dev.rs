//! LNX-FSTAB-DEV: fstab names no device by a name that changes.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FSTAB-DEV",
    aliases: &["GUESTOS.Fstab", "image_check.device-id", "sersi.Fstab"],
    title: "fstab names devices by names that stay",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Fstab (2025); ECS troubleshooting guide, disks",
    docs: "\
# What it checks
Whether an entry of /etc/fstab names its device as the kernel does (/dev/sda1, /dev/hda1, /dev/xvda1), or by the
hardware of the old machine (/dev/disk/by-path, by-id). Entries with `nofail` or `noauto`, swap, and /dev/vda1 are
warnings.

# Why ECS needs it
Disks of an instance are called /dev/vda or /dev/nvme0n1. systemd waits a minute and a half for a device of another
name, and then stops in emergency mode, where nobody can log in.

# How to fix
Write the UUID in place of the name. `blkid` prints it: `UUID=2a8fb91e-… / ext4 defaults 0 1`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let named = |entry: &&FstabEntry| matches!(entry.spec.kind, SpecKind::KernelName | SpecKind::Hardware);
    let finding = |entry: &FstabEntry| {
        let name = &entry.spec.text;
        let virtio = name.starts_with("/dev/vd");
        let swap = entry.fs_type == "swap";
        let message = if virtio {
            format!("{name} in fstab is right on instances with virtio disks only, not with NVMe")
        } else {
            format!("{name} in fstab: there is no device of that name on ECS")
        };
        let line = entry.evidence.line.map_or(String::new(), |line| format!(" in line {line}"));
        let remedy = format!("write {} in place of {name}{line} of /etc/fstab", stable_name(facts, &entry.spec));
        let finding = Finding::new(message, remedy).at(entry.evidence.clone());
        if virtio || swap || entry.is_optional() { finding.only(Severity::Degraded) } else { finding }
    };
    Ok(fstab(linux)?.entries.iter().filter(named).map(finding).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn add(facts: &mut Facts, name: &str, fs_type: &str, options: &str) {
        let spec = DeviceSpec { text: name.into(), kind: SpecKind::KernelName, volume: is(VolumeId::partition(1)) };
        fstab_of(facts).push(mount(spec, "/data", fs_type, options));
    }

    cases! {
        fires: |facts, _| add(facts, "/dev/sda1", "ext4", "defaults"),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).fstab = Known::Absent,
    }

    #[test]
    fn what_the_boot_does_not_wait_for_is_a_warning() {
        for (name, fs_type, options) in
            [("/dev/sdb1", "ext4", "defaults,nofail"), ("/dev/sda2", "swap", "sw"), ("/dev/vda1", "ext4", "defaults")]
        {
            let mut facts = bios();
            add(&mut facts, name, fs_type, options);
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, Severity::Degraded, "{name}");
        }
    }

    #[test]
    fn the_line_and_the_uuid_are_named() {
        let found = findings(&RULE, |facts, _| add(facts, "/dev/sda1", "ext4", "defaults"));
        let remedy = "write UUID=2a8fb91e-74d7-40af-bbc2-5b507b9f2dc6 in place of /dev/sda1 in line 2 of /etc/fstab";
        assert_eq!(found[0].remedy, remedy);
    }
}
