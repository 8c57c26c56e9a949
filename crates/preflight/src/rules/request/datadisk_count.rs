//! IMG-DATADISK-COUNT: the number of the disk is one that is imported.

use super::arch::sent;
use crate::rules::prelude::*;

/// The last number: a system disk and 16 data disks.
const LAST: u32 = 17;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-DATADISK-COUNT",
    aliases: &[],
    title: "The number of the disk is one that is imported",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, DiskDeviceMapping.N (API reference 2025-05)",
    docs: "\
# What it checks
Whether the N of DiskDeviceMapping.N is 1 for a system disk, and 2 to 17 for a data disk.

# Why ECS needs it
The first entry is the system disk. Entries above 17 are ignored without a word: the image is made, and the disk is not
in it.

# How to fix
Number the disks from 1, the system disk first, and import at most 16 data disks with an image.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(number) = target.request.disk_number else {
        return Err(Undecided::skipped("no number of the disk is declared"));
    };
    let message = match (target.disk, number) {
        (DiskUse::System, 1) | (DiskUse::Data, 2..=LAST) => return passed(),
        (DiskUse::System, _) => format!("the system disk is number 1, not {number}"),
        (DiskUse::Data, 0 | 1) => format!("number {number} is not that of a data disk"),
        (DiskUse::Data, _) => format!("disk {number} would be ignored: numbers end at {LAST}"),
    };
    let remedy = "number the disks from 1, the system disk first, with at most 16 data disks";
    Ok(vec![Finding::new(message, remedy).at(sent("DiskDeviceMapping", &number.to_string()))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| { target.disk = DiskUse::Data; target.request.disk_number = Some(18) },
        passes: |_, target| { target.disk = DiskUse::Data; target.request.disk_number = Some(17) },
        undecided: |_, _| (),
    }
}
