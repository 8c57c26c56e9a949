//! LNX-DISK-FREE: there is room on the filesystems of the system.

use super::fs_clean::of_system;
use crate::rules::prelude::*;

/// Bytes below which a root filesystem is full for all that matters: no host key, no log, no lease can be written.
const FULL: u64 = 16 << 20;
/// Bytes below which a root filesystem is short of room.
const SHORT: u64 = 100 << 20;
/// Per cent below which any filesystem is short of room.
const SHORT_PER_CENT: u64 = 10;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-DISK-FREE",
    aliases: &["image_check.disk-use-rate"],
    title: "There is room on the disk",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Image compliance tool, item disk use rate (2021); the limits are ours",
    docs: "\
# What it checks
Free space on the root filesystem (warning below 10 % or 100 MiB, failure below 16 MiB) and on a separate /boot, /usr
or /var (warning below 10 %).

# Why ECS needs it
The first boot writes host keys, leases, logs and the state of cloud-init before the disk is grown. On a full disk it
ends without a login.

# How to fix
Delete caches and logs (`apt-get clean`, `dnf clean all`, `journalctl --vacuum-size=10M`), or make the disk and the root
filesystem larger before the import.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    unless_windows(facts, target, "WIN-NTFS")?;
    let mut tally = Tally::default();
    root(facts)?;
    for volume in facts.volumes.iter().filter(|volume| of_system(volume)) {
        let Some(filesystem) = volume.filesystem() else {
            tally.doubt(format!("{} could not be read", volume.id));
            continue;
        };
        let (Some(&free), Some(&size)) = (tally.value(&filesystem.free), tally.value(&filesystem.size)) else {
            continue;
        };
        let is_root = volume.role.value() == Some(&Role::Root);
        let per_cent = u64::try_from(u128::from(free) * 100 / u128::from(size.max(1))).unwrap_or(100);
        if per_cent >= SHORT_PER_CENT && !(is_root && free < SHORT) {
            continue;
        }
        let finding = Finding::new(
            format!("{} MiB ({per_cent} %) are free on {}", free >> 20, volume.id),
            "delete caches and logs, or make the disk and this filesystem larger before the import",
        )
        .at(Evidence::volume(&volume.id, format!("{free} of {size} bytes free")));
        tally.fail(if is_root && free < FULL { finding } else { finding.only(Severity::Degraded) });
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| root_fs(facts).free = is(4096),
        passes: |_, _| (),
        undecided: |facts, _| root_fs(facts).free = Known::unknown("the block groups are damaged"),
    }

    #[test]
    fn little_room_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| root_fs(facts).free = is(50 << 20))[0].severity, Severity::Degraded);
    }
}
