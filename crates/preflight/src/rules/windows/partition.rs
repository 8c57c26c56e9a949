//! WIN-PARTITION: the partition table goes with the firmware.

use crate::rules::linux::boot_bios::{Way, wanted};
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-PARTITION",
    aliases: &[],
    title: "The partition table goes with the firmware",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Import custom images (2021); derived from how Windows works",
    docs: "\
# What it checks
By BIOS: an MBR with an active partition. By UEFI: a GPT, or an MBR with an EFI system partition.

# Why ECS needs it
The boot code of Windows starts the active partition of an MBR disk. By BIOS, Windows does not start from a GPT disk.

# How to fix
Declare the BootMode that goes with the disk, mark the system partition active with diskpart, or convert the disk with
`mbr2gpt`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    windows(facts, target)?;
    let disk = present(&facts.disk, "there is no disk in the image")?;
    let finding = |message: &str, remedy: &str| Ok(vec![Finding::new(message, remedy).at(Evidence::disk(0, message))]);
    let Some(table) = known(&disk.table)? else {
        return finding("the disk has no partition table", "install Windows on a disk with partitions");
    };
    if wanted(facts, target) == Way::Uefi {
        return passed();
    }
    match table {
        TableKind::Gpt => finding("Windows does not start from a GPT disk by BIOS", "declare --boot-mode UEFI"),
        TableKind::Mbr if !facts.volumes.iter().any(|volume| volume.bootable) => {
            finding("no partition is active: BIOS boot code starts none", "mark the system partition active: diskpart")
        }
        _ => passed(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.volumes[0].bootable = false,
        passes: |_, _| (),
        undecided: |facts, _| of(&mut facts.disk).table = Known::unknown("sector 0 could not be read"),
    }

    #[test]
    fn a_gpt_disk_is_for_uefi() {
        assert_eq!(
            findings(&RULE, |facts, target| {
                of(&mut facts.disk).table = is(TableKind::Gpt);
                target.request.boot_mode = Some("BIOS".into());
            })
            .len(),
            1
        );
    }
}
