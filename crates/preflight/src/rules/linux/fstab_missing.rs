//! LNX-FSTAB-MISSING: fstab waits for nothing that does not come along.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FSTAB-MISSING",
    aliases: &["GUESTOS.Fstab"],
    title: "fstab waits for nothing outside the image",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Import custom images, FAQ (2021)",
    docs: "\
# What it checks
Entries of /etc/fstab for things that are not imported: removable media, RAID arrays that are not on the disk, network
shares.

# Why ECS needs it
A medium or array that is missing stops the boot in emergency mode. For a share that cannot be reached the boot is held
up until it times out.

# How to fix
Add `nofail` to the options of the entry (for shares `_netdev,nofail`), or remove the line.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let mut tally = Tally::default();
    for entry in fstab(linux)?.entries.iter().filter(|entry| !entry.is_optional()) {
        let missing = entry.spec.volume.is_absent();
        let (what, severity) = match entry.spec.kind {
            SpecKind::Removable => ("a removable medium, which an instance does not have", Severity::NoBoot),
            SpecKind::Md if missing => ("a RAID array that is not on this disk", Severity::NoBoot),
            SpecKind::Other if missing && entry.spec.text.starts_with("/dev/") => {
                ("nothing that is on this disk", Severity::NoBoot)
            }
            SpecKind::Network => ("a share on the network, which may be out of reach", Severity::Degraded),
            SpecKind::Md => {
                tally.value(&entry.spec.volume);
                continue;
            }
            _ => continue,
        };
        let severity = if entry.fs_type == "swap" { Severity::Degraded } else { severity };
        let message = format!("fstab waits for {}: {what}", entry.spec.text);
        let remedy = format!("add nofail to the options of {} in /etc/fstab, or remove the line", entry.mount_point);
        tally.fail(Finding::new(message, remedy).at(entry.evidence.clone()).only(severity));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn add(facts: &mut Facts, name: &str, kind: SpecKind, options: &str) {
        let spec = DeviceSpec { text: name.into(), kind, volume: Known::Absent };
        fstab_of(facts).push(mount(spec, "/media", "auto", options));
    }

    cases! {
        fires: |facts, _| add(facts, "/dev/cdrom", SpecKind::Removable, "ro"),
        passes: |facts, _| add(facts, "/dev/cdrom", SpecKind::Removable, "ro,noauto"),
        undecided: |facts, _| linux_of(facts).fstab = Known::unknown("it is too large"),
    }

    #[test]
    fn a_share_is_a_warning() {
        let found = findings(&RULE, |facts, _| add(facts, "nas:/export", SpecKind::Network, "defaults"));
        assert_eq!(found[0].severity, Severity::Degraded);
    }
}
