//! LNX-BOOT-UEFI: a disk that is to boot by UEFI can, on a machine that has never seen it.

use super::boot_bios::{Way, bootable, first, wanted};
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-BOOT-UEFI",
    aliases: &["GUESTOS.BootMode"],
    title: "A disk that is to boot by UEFI can",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Instance boot modes (2025); UEFI 2.10, section 3.5 (removable media path)",
    docs: "\
# What it checks
Whether there is an EFI system partition with FAT, and on it a loader for the right machine at the path that firmware
tries by itself: /EFI/BOOT/BOOTX64.EFI, on Arm /EFI/BOOT/BOOTAA64.EFI. Asked of every system where BootMode is declared
as UEFI, or where the disk is made for it; of a disk that boots by BIOS, an EFI system partition that does not is a note.

# Why ECS needs it
A new instance has no boot entries in its NVRAM. A loader that lies only under a vendor's name, such as
/EFI/centos/shimx64.efi, is not found, and the machine ends in the UEFI shell.

# How to fix
In the source system: `grub-install --removable --target=x86_64-efi --efi-directory=/boot/efi`, or copy the vendor's
shim and grub to /EFI/BOOT and name the shim BOOTX64.EFI. FreeBSD: copy /boot/loader.efi there. Windows: `bcdboot
C:\\Windows /s S: /f UEFI` with the EFI system partition as S:.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    bootable(facts, target)?;
    let uefi = &facts.boot.uefi;
    if uefi.can.value() == Some(&true) {
        return passed();
    }
    let also = wanted(facts, target) == Way::Bios;
    let esp = facts.volumes.iter().any(|volume| volume.role.value() == Some(&Role::Esp));
    if also && !(esp && uefi.can.value() == Some(&false)) {
        return Err(Undecided::skipped("the disk is to boot by BIOS (see LNX-BOOT-BIOS)"));
    }
    present(&uefi.can, "not examined")?;
    let finding =
        Finding::new(format!("UEFI finds nothing to boot on this disk: {}", first(&uefi.missing)), remedy(facts));
    // A disk that boots by BIOS does so; that its EFI system partition is of no use is worth knowing.
    let finding = if also { finding.only(Severity::Info) } else { finding };
    Ok(vec![finding.at_all(&uefi.missing).at_all(&uefi.evidence)])
}

fn remedy(facts: &Facts) -> &'static str {
    match facts.guest.value().map(|guest| guest.os) {
        Some(Os::FreeBsd) => {
            "mount the EFI system partition in the source system, and copy /boot/loader.efi to EFI/BOOT/BOOTX64.EFI"
        }
        Some(Os::Windows) => {
            r"install the loader in the source system: mountvol S: /s, then bcdboot C:\Windows /s S: /f UEFI"
        }
        Some(Os::Linux) | None => {
            "install the loader at the path that needs no boot entry: grub-install --removable --efi-directory=/boot/efi"
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            *facts = uefi();
            facts.boot.uefi.can = is(false);
            facts.boot.uefi.missing = vec![Evidence::words("no /EFI/BOOT/BOOTX64.EFI")];
        },
        passes: |facts, _| *facts = uefi(),
        undecided: |_, _| (),
    }

    #[test]
    fn an_esp_without_a_loader_is_a_note_on_a_disk_that_boots_by_bios() {
        fn both(facts: &mut Facts) {
            *facts = uefi();
            facts.boot.bios.can = is(true);
        }
        assert_eq!(judge(&RULE, |facts, _| both(facts)).word(), "PASSED");
        let found = findings(&RULE, |facts, _| {
            both(facts);
            facts.boot.uefi.can = is(false);
            facts.boot.uefi.missing = vec![Evidence::words("no /EFI/BOOT/BOOTX64.EFI")];
        });
        assert_eq!(found[0].severity, Severity::Info);
    }

    #[test]
    fn arm_is_always_uefi() {
        let outcome = judge(&RULE, |facts, _| of(&mut guest_of(facts).architecture).value = Architecture::Arm64);
        assert_eq!(outcome.word(), "FAILED");
    }
    #[test]
    fn every_system_is_asked() {
        for os in [Os::Windows, Os::FreeBsd] {
            let mut facts = uefi();
            guest_of(&mut facts).os = os;
            guest_of(&mut facts).linux = None;
            assert_eq!(RULE.judge(&facts, &Target::default()).word(), "PASSED");
            facts.boot.uefi.can = is(false);
            facts.boot.uefi.missing = vec![Evidence::words("no /EFI/BOOT/BOOTX64.EFI")];
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, Severity::NoBoot, "{os:?}");
            assert!(!outcome.findings()[0].remedy.contains("grub"), "{os:?}");
        }
    }
}
