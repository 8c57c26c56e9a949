//! LNX-FSTAB-TYPE: fstab gives filesystems their right type.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FSTAB-TYPE",
    aliases: &["GUESTOS.Fstab"],
    title: "fstab gives filesystems their right type",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Fstab (2025); ECS troubleshooting guide, initrd",
    docs: "\
# What it checks
For entries of /etc/fstab whose device is on this disk: whether the third field is the type of the filesystem there, and
whether the directory it is mounted on exists.

# Why ECS needs it
A mount with the wrong type fails, and a mount that fails stops the boot in emergency mode. Without the directory the
mount fails on systems before systemd.

# How to fix
Correct the third field of the line, or write `auto` (`lsblk -f` shows the type); make the directory.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let systemd = linux.init.value().is_some_and(|init| init == "systemd");
    let mut tally = Tally::default();
    for entry in &fstab(linux)?.entries {
        let Some(volume) = entry.spec.volume.value().and_then(|id| facts.volume(id)) else { continue };
        let mild = entry.is_optional() || entry.mount_point == "/";
        let soften = |finding: Finding| if mild { finding.only(Severity::Degraded) } else { finding };
        if let Some(really) = really(volume).filter(|really| !fits(&entry.fs_type, really)) {
            let message = format!("fstab says that {} is {}, it is {really}", entry.spec.text, entry.fs_type);
            let remedy = format!("write {really} as the type of {} in /etc/fstab", entry.mount_point);
            tally.fail(soften(Finding::new(message, remedy).at(entry.evidence.clone())));
        }
        if entry.mount_point_exists.value() == Some(&false) && !systemd {
            let message = format!("{} is not there to mount {} on", entry.mount_point, entry.spec.text);
            let remedy = format!("make the directory: mkdir {}", shell_word(&entry.mount_point));
            tally.fail(Finding::new(message, remedy).at(entry.evidence.clone()).only(Severity::Degraded));
        }
    }
    tally.done()
}

/// The type of what the volume holds.
fn really(volume: &Volume) -> Option<&str> {
    match volume.content.value()? {
        Content::Filesystem(filesystem) => Some(&filesystem.fs_type),
        Content::Swap { .. } => Some("swap"),
        _ => None,
    }
}

/// Whether a mount as that type works: the ext4 driver mounts its forerunners, FAT has several names.
fn fits(said: &str, really: &str) -> bool {
    let fat = ["vfat", "msdos", "fat", "fat16", "fat32"];
    let older = |kind: &str| matches!(kind, "ext2" | "ext3" | "ext4");
    said.split(',').any(|said| {
        said == "auto"
            || said == really
            || (said == "ext4" && older(really))
            || (said == "ext3" && really == "ext2")
            || (fat.contains(&said) && fat.contains(&really))
            || (said.starts_with("ntfs") && really.starts_with("ntfs"))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            let spec = by_uuid("1", &VolumeId::partition(1));
            fstab_of(facts).push(mount(spec, "/data", "xfs", "defaults"));
        },
        passes: |facts, _| *facts = uefi(),
        undecided: |facts, _| linux_of(facts).fstab = Known::Absent,
    }

    #[test]
    fn the_root_is_mounted_before_fstab_is_read() {
        let found = findings(&RULE, |facts, _| fstab_of(facts)[0].fs_type = "xfs".into());
        assert_eq!(found[0].severity, Severity::Degraded);
    }

    #[test]
    fn drivers_that_mount_forerunners_fit() {
        assert!(fits("ext4", "ext3") && fits("auto", "xfs") && fits("vfat", "msdos") && fits("ext3,ext4", "ext4"));
        assert!(!fits("ext3", "ext4") && !fits("xfs", "ext4"));
    }
}
