//! LNX-BOOT-BIOS: a disk that is to boot by BIOS can.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-BOOT-BIOS",
    aliases: &["GUESTOS.BootMode"],
    title: "A disk that is to boot by BIOS can",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Instance boot modes (2025); ECS troubleshooting guide, boot",
    docs: "\
# What it checks
The way from the first sector to the boot loader: signature, boot code, and the core image of GRUB behind the MBR or in
a BIOS boot partition; for Windows and FreeBSD the active partition and its boot program. Asked of every system where
BootMode is declared as BIOS, or where the disk has nothing for UEFI.

# Why ECS needs it
BIOS is the default BootMode of an x86 image. The import reads only the declaration: whether the disk can boot that way
shows at the first start of an instance.

# How to fix
Install the boot loader in the running source system: `grub-install /dev/sda` (RHEL family: `grub2-install`). A GPT disk
needs a BIOS boot partition for it: `sgdisk -n 0:0:+1M -t 0:ef02`. FreeBSD: `gpart bootcode -b /boot/pmbr -p
/boot/gptboot -i 1 ada0`. Windows: `bootrec /fixmbr` and `bootrec /fixboot` from installation media. Or declare
`--boot-mode UEFI` for a UEFI disk.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    bootable(facts, target)?;
    let bios = &facts.boot.bios;
    if bios.can.value() == Some(&true) {
        return passed();
    }
    if wanted(facts, target) == Way::Uefi {
        return Err(Undecided::skipped("the disk is to boot by UEFI (see LNX-BOOT-UEFI)"));
    }
    present(&bios.can, "not examined")?;
    let message = format!("BIOS finds nothing to boot on this disk: {}", first(&bios.missing));
    Ok(vec![Finding::new(message, remedy(facts)).at_all(&bios.missing).at_all(&bios.evidence)])
}

fn remedy(facts: &Facts) -> &'static str {
    match facts.guest.value().map(|guest| guest.os) {
        Some(Os::Linux) => {
            "install the boot loader in the source system: grub-install /dev/sda (RHEL family: grub2-install)"
        }
        Some(Os::FreeBsd) => {
            "install the boot code in the source system: gpart bootcode -b /boot/pmbr -p /boot/gptboot -i 1 ada0"
        }
        Some(Os::Windows) => {
            "start the source system from installation media, and run bootrec /fixmbr and bootrec /fixboot"
        }
        None => "install the boot loader of the system again (grub-install /dev/sda; Windows: bootrec /fixmbr)",
    }
}

/// The first thing that is missing, in words.
pub(in crate::rules) fn first(missing: &[Evidence]) -> String {
    missing.first().and_then(|evidence| evidence.text.clone()).unwrap_or_else(|| "nothing that boots".into())
}

/// A way to boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Way {
    Bios,
    Uefi,
}

/// The way that is declared, or else the one that the disk is made for.
pub(in crate::rules) fn wanted(facts: &Facts, target: &Target) -> Way {
    match target.request.boot_mode.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("bios") => return Way::Bios,
        Some("uefi") => return Way::Uefi,
        _ => {}
    }
    let arm = facts.guest.value().is_some_and(|guest| {
        guest.architecture.value().is_some_and(|architecture| architecture.value == Architecture::Arm64)
    });
    let esp = facts.volumes.iter().any(|volume| volume.role.value() == Some(&Role::Esp));
    match (facts.boot.bios.can.value(), facts.boot.uefi.can.value()) {
        _ if arm => Way::Uefi,
        (Some(true), _) => Way::Bios,
        (_, Some(true)) => Way::Uefi,
        _ if esp => Way::Uefi,
        _ => Way::Bios,
    }
}

/// A disk that is to boot, whatever system it holds, even one that is not known: firmware does not ask for it.
pub(super) fn bootable(facts: &Facts, target: &Target) -> Result<(), Undecided> {
    system_disk(target)?;
    match &facts.disk {
        Known::Absent => Err(Undecided::skipped("there is no disk in the image")),
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn broken(facts: &mut Facts) {
        facts.boot.bios.can = is(false);
        facts.boot.bios.missing = vec![Evidence::disk(0, "the first sector holds no boot code")];
    }

    cases! {
        fires: |facts, _| broken(facts),
        passes: |_, _| (),
        undecided: |facts, _| *facts = uefi(),
    }

    #[test]
    fn a_uefi_disk_is_asked_only_where_bios_is_declared() {
        let declared = findings(&RULE, |facts, target| {
            *facts = uefi();
            target.request.boot_mode = Some("BIOS".into());
        });
        assert!(declared[0].message.contains("no boot code"), "{declared:?}");
        assert!(
            !findings(&RULE, |facts, _| {
                broken(facts);
                facts.guest = Known::unknown("XFS is not read");
            })
            .is_empty()
        );
    }
    #[test]
    fn every_system_is_asked() {
        for os in [Os::Windows, Os::FreeBsd] {
            let mut facts = bios();
            guest_of(&mut facts).os = os;
            guest_of(&mut facts).linux = None;
            assert_eq!(RULE.judge(&facts, &Target::default()).word(), "PASSED");
            broken(&mut facts);
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, Severity::NoBoot, "{os:?}");
            assert!(!outcome.findings()[0].remedy.contains("grub"), "{os:?}");
        }
    }

    #[test]
    fn so_is_a_disk_whose_system_is_not_known_but_not_a_data_disk() {
        let unknown = judge(&RULE, |facts, _| {
            broken(facts);
            facts.guest = Known::Absent;
        });
        assert_eq!(unknown.word(), "FAILED");
        let data = judge(&RULE, |facts, target| {
            broken(facts);
            target.disk = DiskUse::Data;
        });
        assert_eq!(data.word(), "SKIPPED");
        assert_eq!(judge(&RULE, |facts, _| facts.disk = Known::Absent).word(), "SKIPPED");
    }
}
