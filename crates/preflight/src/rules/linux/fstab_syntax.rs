//! LNX-FSTAB-SYNTAX: fstab can be read, and has the root.

use crate::rules::prelude::*;
use std::collections::BTreeMap;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FSTAB-SYNTAX",
    aliases: &["GUESTOS.Fstab"],
    title: "fstab is well formed and lists the root",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Fstab (2025)",
    docs: "\
# What it checks
Lines of /etc/fstab that are no entries (too few fields, carriage returns from an editor on Windows), mount points that
are listed twice, and whether there is an entry for the root.

# Why ECS needs it
A line that cannot be read is left out, or stops the mounting of what follows. Without an entry for the root, and
without `rw` on the kernel command line, the root stays read-only and nothing can be set up at first boot.

# How to fix
Correct the line; `findmnt --verify` in the source system says what is wrong. `sed -i 's/\\r$//' /etc/fstab` removes
carriage returns.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let fstab = fstab(linux)?;
    let mut tally = Tally::default();
    for line in &fstab.malformed {
        let remedy = "correct or remove the line; findmnt --verify in the source system checks it";
        tally.fail(Finding::new("a line of fstab cannot be read", remedy).at(line.clone()));
    }
    let mut places: BTreeMap<&str, &FstabEntry> = BTreeMap::new();
    for entry in fstab.entries.iter().filter(|entry| entry.mount_point.starts_with('/')) {
        if let Some(first) = places.insert(&entry.mount_point, entry) {
            let message = format!("{} is listed twice in fstab", entry.mount_point);
            let finding = Finding::new(message, "remove one of the two lines of /etc/fstab");
            tally.fail(finding.at(first.evidence.clone()).at(entry.evidence.clone()));
        }
    }
    let writable = boot_entry(guest).is_ok_and(|entry| parameters(&entry.cmdline).any(|(name, _)| name == "rw"));
    if !places.contains_key("/") && !writable {
        let message = "fstab has no entry for the root, and rw is not on the kernel command line: it stays read-only";
        let remedy = "add a line for / to /etc/fstab";
        tally.fail(Finding::new(message, remedy).at(fstab.evidence.clone()));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut linux_of(facts).fstab).malformed = vec![in_file("/etc/fstab", 3, "/dev/sda1 /data")],
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).fstab = Known::Absent,
    }

    #[test]
    fn twice_and_missing_are_found() {
        let twice = findings(&RULE, |facts, _| {
            let again = fstab_of(facts)[0].clone();
            fstab_of(facts).push(again);
        });
        assert_eq!(twice.len(), 1);
        assert_eq!(findings(&RULE, |facts, _| fstab_of(facts).clear()).len(), 1);
        crate::testing::passes(&RULE, |facts, _| {
            fstab_of(facts).clear();
            entry_of(facts).cmdline = "root=UUID=1 rw".into();
        });
    }
}
