//! LNX-GRUB-KERNEL: the files that the default entry loads are there.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GRUB-KERNEL",
    aliases: &["GUESTOS.Grub"],
    title: "The files that the boot entry loads are there",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "ECS troubleshooting guide, GRUB (2026)",
    docs: "\
# What it checks
Whether the kernel and each initramfs file that the default boot entry names exist and are not empty.

# Why ECS needs it
A missing kernel ends at the GRUB prompt. A missing or empty initramfs, as left by a full /boot, ends in a kernel panic
for want of a root filesystem.

# How to fix
Install the kernel again (`apt-get install --reinstall linux-image-…`, `dnf reinstall kernel-core`), which writes both
files, and look at the room on /boot.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let entry = boot_entry(guest)?;
    let mut tally = Tally::default();
    match &entry.kernel {
        Known::Is(kernel) => judge_file(&mut tally, kernel, "kernel"),
        Known::Absent => tally.doubt("the entry that boots loads no kernel itself"),
        Known::Unknown(reason) => tally.doubt(reason.why.clone()),
    }
    for initrd in &entry.initrds {
        judge_file(&mut tally, initrd, "initramfs");
    }
    tally.done()
}

fn judge_file(tally: &mut Tally, file: &FileRef, what: &str) {
    let wrong = match &file.size {
        Known::Absent => "is not there",
        Known::Is(0) => "is empty",
        Known::Is(_) => return,
        Known::Unknown(reason) => return tally.doubt(format!("{}: {}", file.path, reason.why)),
    };
    let message = format!("the default boot entry loads the {what} {}, which {wrong}", file.path);
    let remedy = "install the kernel package again, which writes kernel and initramfs; look at the room on /boot first";
    tally.fail(Finding::new(message, remedy).at(file.evidence.clone()));
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| entry_of(facts).initrds[0].size = is(0),
        passes: |_, _| (),
        undecided: |facts, _| of(&mut entry_of(facts).kernel).size = Known::unknown("XFS is not read"),
    }
}
