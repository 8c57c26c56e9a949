//! LNX-GRUB-MODULES: GRUB's modules lie where BIOS boot code looks for them.

use super::boot_bios::{Way, wanted};
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GRUB-MODULES",
    aliases: &["GUESTOS.Grub"],
    title: "GRUB finds its modules",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "ECS troubleshooting guide, GRUB (2026)",
    docs: "\
# What it checks
On a disk that boots by BIOS: whether the directory with the modules of GRUB 2, such as /boot/grub2/i386-pc, is there.

# Why ECS needs it
The small core of GRUB behind the MBR loads the rest of itself, `normal.mod` first, from that directory. Without it GRUB
stops at its rescue prompt, unless all it needs was built into the core, which cannot be seen from outside.

# How to fix
Install GRUB again in the source system: `grub-install /dev/sda` (RHEL family: `grub2-install`).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let loader = loader(guest)?;
    if loader.kind != LoaderKind::Grub2 {
        return Err(Undecided::skipped("the boot loader is not GRUB 2"));
    }
    if wanted(facts, target) == Way::Uefi {
        return Err(Undecided::skipped("GRUB for UEFI brings its modules in one file"));
    }
    match known(&loader.module_dirs)? {
        Some(directories) if !directories.is_empty() => passed(),
        _ if facts.boot.bios.can.value() != Some(&false) => {
            Err(Undecided::unknown("the module directory of GRUB is not there; its core may have them built in"))
        }
        _ => Ok(vec![
            Finding::new(
                "GRUB's modules are not on the disk, and neither is a core that could have them built in",
                "install GRUB again in the source system: grub-install /dev/sda (RHEL family: grub2-install)",
            )
            .at_all(&loader.config),
        ]),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            loader_of(facts).module_dirs = Known::Absent;
            facts.boot.bios.can = is(false);
        },
        passes: |_, _| (),
        undecided: |facts, _| loader_of(facts).module_dirs = Known::Absent,
    }
}
