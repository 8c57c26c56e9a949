//! LNX-BOOT-BIOS: a disk that is to boot by BIOS can.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-BOOT-BIOS",
    aliases: &["GUESTOS.BootMode"],
    title: "A disk that is to boot by BIOS can",
    severity: Severity::NoBoot,
    source: "Instance boot modes (2025); ECS troubleshooting guide, boot",
    docs: "\
# What it checks
The way from the first sector to the boot loader: signature, boot code, and the core image of GRUB behind the MBR or in
a BIOS boot partition. Asked where BootMode is declared as BIOS, or where the disk has nothing for UEFI.

# Why ECS needs it
BIOS is the default BootMode of an x86 image. The import reads only the declaration: whether the disk can boot that way
shows at the first start of an instance.

# How to fix
Install the boot loader in the running source system: `grub-install /dev/sda` (RHEL family: `grub2-install`). A GPT disk
needs a BIOS boot partition for it: `sgdisk -n 0:0:+1M -t 0:ef02`. Or declare `--boot-mode UEFI` for a UEFI disk.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    linux_or_unread(facts, target)?;
    let bios = &facts.boot.bios;
    if bios.can.value() == Some(&true) {
        return passed();
    }
    if wanted(facts, target) == Way::Uefi {
        return Err(Undecided::skipped("the disk is to boot by UEFI (see LNX-BOOT-UEFI)"));
    }
    present(&bios.can, "not examined")?;
    let finding = Finding::new(
        format!("BIOS finds nothing to boot on this disk: {}", first(&bios.missing)),
        match facts.guest.value() {
            Some(_) => {
                "install the boot loader in the source system: grub-install /dev/sda (RHEL family: grub2-install)"
            }
            None => "install the boot loader of the system again (grub-install /dev/sda; Windows: bootrec /fixmbr)",
        },
    );
    Ok(vec![finding.at_all(&bios.missing).at_all(&bios.evidence)])
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

/// A Linux system, or one that could not be read: its way to boot can be judged all the same.
pub(super) fn linux_or_unread(facts: &Facts, target: &Target) -> Result<(), Undecided> {
    match &facts.guest {
        Known::Unknown(_) => system_disk(target),
        _ => linux(facts, target).map(drop),
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
}
