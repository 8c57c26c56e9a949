//! IMG-MBR-2T: a disk of more than 2 TiB has a GPT.

use crate::rules::prelude::*;

/// The last byte that a 32-bit sector number reaches with sectors of 512 bytes.
const LIMIT: u64 = 2 << 40;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-MBR-2T",
    aliases: &[],
    title: "A disk of more than 2 TiB has a GPT",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Instance boot modes (2025); ECS troubleshooting guide",
    docs: "\
# What it checks
Whether a disk of more than 2 TiB is partitioned by MBR.

# Why ECS needs it
An MBR counts sectors in 32 bits. What lies beyond 2 TiB cannot be given to a partition, and growing the disk past that
mark on ECS gains nothing.

# How to fix
Convert the table to GPT (`sgdisk --mbrtogpt`), with a BIOS boot partition for GRUB where the disk boots by BIOS, and
install the boot loader again.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    let disk = present(&facts.disk, "there is no disk in the image")?;
    match known(&disk.table)? {
        Some(TableKind::Mbr) if disk.size > LIMIT => Ok(vec![
            Finding::new(
                format!("the disk has {} bytes, of which an MBR reaches 2 TiB", disk.size),
                "convert the partition table to GPT with sgdisk --mbrtogpt, and install the boot loader again",
            )
            .at(Evidence::disk(0, "MBR")),
        ]),
        Some(_) => passed(),
        None => Err(Undecided::skipped("there is no partition table")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut facts.disk).size = 3 << 40,
        passes: |_, _| (),
        undecided: |facts, _| of(&mut facts.disk).table = Known::Absent,
    }
}
