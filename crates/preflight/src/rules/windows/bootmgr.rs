//! WIN-BOOTMGR: the firmware finds the boot manager.

use crate::rules::linux::boot_bios::{Way, first, wanted};
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-BOOTMGR",
    aliases: &["GUESTOS.BootMgr"],
    title: "The firmware finds the boot manager",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item BootMgr (2025)",
    docs: "\
# What it checks
By BIOS: boot code, an active partition, and bootmgr (before Vista ntldr) on it. By UEFI: a program that firmware
starts without being told, which is `/EFI/BOOT/BOOTX64.EFI`, and `bootmgfw.efi`. Asked for the BootMode that is
declared, or else for the one that the disk is made for.

# Why ECS needs it
The boot manager is the first program of Windows. An instance has no memory of boot entries: of UEFI only the fallback
path is tried.

# How to fix
In the recovery environment: `bcdboot C:\\Windows /s S: /f ALL`; for BIOS also `bootrec /fixmbr` and `bootrec
/fixboot`, and mark the system partition active with diskpart.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    match wanted(facts, target) {
        Way::Bios => bios(facts, windows),
        Way::Uefi => uefi(facts, windows),
    }
}

fn bios(facts: &Facts, windows: &Windows) -> Judged {
    let mut tally = Tally::default();
    let remedy = "write it anew: bcdboot C:\\Windows /s S: /f BIOS, bootrec /fixmbr, bootrec /fixboot";
    let boot = &facts.boot.bios;
    if windows.bios_manager.is_absent() {
        let finding = Finding::new("neither bootmgr nor ntldr is on the partition that BIOS starts", remedy);
        tally.fail(finding.at(Evidence::words("no /bootmgr and no /ntldr")).at_all(&boot.missing));
    } else if tally.value(&boot.can) == Some(&false) {
        let message = format!("BIOS finds nothing to boot on this disk: {}", first(&boot.missing));
        let finding = Finding::new(message, remedy).at(Evidence::words("boot by BIOS"));
        tally.fail(finding.at_all(&boot.missing));
    }
    if let Some(manager) = tally.value(&windows.bios_manager).filter(|manager| manager.size == 0) {
        tally.fail(Finding::new("the boot manager is an empty file", remedy).at(manager.evidence.clone()));
    }
    if let Some(start) = windows.partition_start.value()
        && let Some(first_sector) = start.first_sector.value()
        && u64::from(start.hidden_sectors) != *first_sector
    {
        let message = format!(
            "{} takes itself to begin at sector {}, and begins at {first_sector}: its boot code may look in the wrong place",
            start.volume, start.hidden_sectors
        );
        let finding = Finding::new(message, "correct it with bootrec /fixboot, or ntfsreloc -w on a copy");
        let finding = finding.at(Evidence::volume(&start.volume, "first sector of the volume, bytes 28 to 31"));
        let old = start.starts.value().is_some_and(|name| name == "NTLDR");
        tally.fail(if old { finding } else { finding.only(Severity::Degraded) });
    }
    tally.done()
}

fn uefi(facts: &Facts, windows: &Windows) -> Judged {
    let mut tally = Tally::default();
    let remedy = "write it anew: bcdboot C:\\Windows /s S: /f UEFI";
    let boot = &facts.boot.uefi;
    if tally.value(&boot.can) == Some(&false) {
        let message = format!("UEFI finds nothing to boot on this disk: {}", first(&boot.missing));
        tally.fail(Finding::new(message, remedy).at(Evidence::words("boot by UEFI")).at_all(&boot.missing));
    } else if windows.uefi_manager.is_absent() {
        let message = "bootmgfw.efi is missing; the copy on the fallback path is all that starts Windows";
        let finding = Finding::new(message, remedy).at(Evidence::words("no /EFI/Microsoft/Boot/bootmgfw.efi"));
        tally.fail(finding.only(Severity::Degraded));
    }
    tally.value(&windows.uefi_manager);
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).bios_manager = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).bios_manager = Known::unknown("the volume could not be read"),
    }

    #[test]
    fn boot_code_and_the_place_of_the_partition() {
        let severity = |change| findings(&RULE, change)[0].severity;
        assert_eq!(
            severity(|facts, target| {
                target.request.boot_mode = Some("BIOS".into());
                facts.boot.bios.can = is(false);
            }),
            Severity::NoBoot
        );
        assert_eq!(
            severity(|facts, _| of(&mut windows_of(facts).partition_start).hidden_sectors = 63),
            Severity::Degraded
        );
        assert_eq!(
            severity(|facts, _| {
                let start = of(&mut windows_of(facts).partition_start);
                (start.hidden_sectors, start.starts) = (63, is("NTLDR".into()));
            }),
            Severity::NoBoot
        );
    }

    #[test]
    fn by_uefi_the_fallback_path_decides() {
        let declared = findings(&RULE, |_, target| target.request.boot_mode = Some("UEFI".into()));
        assert_eq!(declared[0].severity, Severity::NoBoot);
        let copy = findings(&RULE, |facts, target| {
            target.request.boot_mode = Some("UEFI".into());
            facts.boot.uefi.can = is(true);
        });
        assert_eq!(copy[0].severity, Severity::Degraded);
    }
}
