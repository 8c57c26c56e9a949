//! LNX-ARM-UEFI: an Arm disk boots by UEFI.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-ARM-UEFI",
    aliases: &[],
    title: "An Arm disk boots by UEFI",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, BootMode (SDK model 7.11.8); Instance boot modes (2025)",
    docs: "\
# What it checks
For a 64-bit Arm system: that BootMode is not declared as BIOS, and that the disk boots by UEFI.

# Why ECS needs it
Arm instances have UEFI only. BIOS for arm64 is refused with InvalidBootMode.NotSupport; a disk without a loader at
/EFI/BOOT/BOOTAA64.EFI does not boot.

# How to fix
Declare `--boot-mode UEFI`. In the source system: `grub-install --removable --target=arm64-efi
--efi-directory=/boot/efi`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let guest = guest(facts, target)?;
    let found = present(&guest.architecture, "there is no kernel (see LNX-KERNEL-PRESENT)")?;
    if found.value != Architecture::Arm64 {
        return Err(Undecided::skipped("the system is not for Arm"));
    }
    let mut tally = Tally::default();
    if target.request.boot_mode.as_deref().is_some_and(|mode| mode.eq_ignore_ascii_case("BIOS")) {
        let message = "BootMode is declared as BIOS for an arm64 image";
        tally.fail(Finding::new(message, "declare --boot-mode UEFI").at_all(&found.evidence));
    }
    if tally.value(&facts.boot.uefi.can) == Some(&false) {
        let remedy = "grub-install --removable --target=arm64-efi --efi-directory=/boot/efi in the source system";
        let finding = Finding::new("an arm64 disk without a UEFI loader that firmware finds", remedy);
        tally.fail(finding.at_all(&facts.boot.uefi.missing).at_all(&found.evidence).only(Severity::NoBoot));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn arm(facts: &mut Facts) {
        *facts = uefi();
        of(&mut guest_of(facts).architecture).value = Architecture::Arm64;
    }

    cases! {
        fires: |facts, target| { arm(facts); target.request.boot_mode = Some("BIOS".into()) },
        passes: |facts, _| arm(facts),
        undecided: |_, _| (),
    }
}
