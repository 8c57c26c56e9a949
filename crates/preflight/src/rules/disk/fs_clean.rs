//! LNX-FS-CLEAN: the filesystems of the system are whole and were unmounted.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FS-CLEAN",
    aliases: &[],
    title: "The filesystems are whole and were unmounted",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021); Import custom images",
    docs: "\
# What it checks
Whether the filesystems of the system fit into their volumes, have no errors on record, and were unmounted when the disk
was taken.

# Why ECS needs it
The instructions ask for filesystems in good order. One that is larger than its volume, as after a cut, is not mounted.
One that was in use is repaired from its journal at the first boot, if the journal is whole; what was being written is
lost.

# How to fix
Shut the source machine down before its disk is copied. On a copy of the disk: `e2fsck -f /dev/…` or `xfs_repair
/dev/…`.
",
    check,
};

/// Filesystems that Linux has its root on.
const OF_LINUX: &[&str] = &["ext2", "ext3", "ext4", "xfs", "btrfs", "jfs", "reiserfs"];

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    // A system whose filesystem is cut short is not found. What keeps it from being found is what is to be said.
    if facts.guest.reason().is_some() {
        let of_linux = |found: &Filesystem| OF_LINUX.contains(&found.fs_type.as_str());
        let volumes = facts.volumes.iter().filter(|volume| volume.filesystem().is_some_and(of_linux));
        let cut: Vec<_> = volumes.filter_map(|volume| cut_short(volume, volume.filesystem()?)).collect();
        if !cut.is_empty() {
            return Ok(cut);
        }
    }
    unless_windows(facts, target, "WIN-NTFS")?;
    let mut tally = Tally::default();
    let mut seen = false;
    for volume in facts.volumes.iter().filter(|volume| of_system(volume)) {
        let Some(filesystem) = volume.filesystem() else {
            tally.doubt(format!("{} could not be read", volume.id));
            continue;
        };
        seen = true;
        if let Some(finding) = cut_short(volume, filesystem) {
            tally.fail(finding);
        }
        if filesystem.errors.value() == Some(&true) {
            tally.fail(finding(volume, filesystem, "has errors on record", "check it with e2fsck -f, on a copy"));
        }
        if tally.value(&filesystem.clean) == Some(&false) {
            let remedy =
                "shut the source machine down before its disk is copied, or check it with e2fsck -f, on a copy";
            tally.fail(finding(volume, filesystem, "was in use when the disk was taken", remedy));
        }
    }
    if !seen {
        tally.doubt("no filesystem of the system could be read");
    }
    tally.done()
}

/// Linux does not mount a filesystem that is longer than its volume.
fn cut_short(volume: &Volume, filesystem: &Filesystem) -> Option<Finding> {
    let size = filesystem.size.value().filter(|size| **size > volume.size)?;
    let message = format!("the filesystem has {size} bytes, {} only {}: it is not mounted", volume.id, volume.size);
    let remedy = "the disk was cut short: fetch or convert the image again";
    Some(Finding::new(message, remedy).at(Evidence::volume(&volume.id, filesystem.fs_type.clone())))
}

fn finding(volume: &Volume, filesystem: &Filesystem, what: &str, remedy: &str) -> Finding {
    Finding::new(format!("the {} filesystem on {} {what}", filesystem.fs_type, volume.id), remedy)
        .at(Evidence::volume(&volume.id, what))
        .at_all(&filesystem.evidence)
        .only(Severity::Degraded)
}

/// Whether the system cannot do without the volume.
pub(super) fn of_system(volume: &Volume) -> bool {
    matches!(volume.role.value(), Some(Role::Root | Role::Boot | Role::Usr | Role::Var))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| root_fs(facts).size = is(1 << 50),
        passes: |_, _| (),
        undecided: |facts, _| root_fs(facts).clean = Known::unknown("the journal was not read"),
    }

    #[test]
    fn a_system_that_is_not_found_because_of_it_is_blocked() {
        fn hide(facts: &mut Facts, size: u64) {
            root_fs(facts).size = is(size);
            facts.guest = Known::unknown("the ext4 on partition 1 cannot be read");
        }
        let found = findings(&RULE, |facts, _| hide(facts, 1 << 50));
        assert_eq!((found.len(), found[0].severity), (1, Severity::NoBoot));
        assert_eq!(judge(&RULE, |facts, _| hide(facts, 1 << 20)).word(), "UNKNOWN");
    }

    #[test]
    fn a_journal_to_replay_is_a_warning() {
        let found = findings(&RULE, |facts, _| root_fs(facts).clean = is(false));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Degraded));
        assert_eq!(findings(&RULE, |facts, _| root_fs(facts).errors = is(true))[0].severity, Severity::Degraded);
    }
}
