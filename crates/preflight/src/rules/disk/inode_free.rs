//! LNX-INODE-FREE: there are inodes left.

use super::fs_clean::of_system;
use crate::rules::prelude::*;

/// Per cent of the inodes below which there are too few.
const SHORT_PER_CENT: u64 = 5;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-INODE-FREE",
    aliases: &["image_check.inode-use-rate"],
    title: "There are inodes left",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Image compliance tool, item inode use rate (2021); the limit is ours",
    docs: "\
# What it checks
Whether less than 5 % of the inodes are free on the filesystems of the system.

# Why ECS needs it
Without inodes no file can be made, however much room there is. Growing the disk later adds some, but only after the
first boot has written its files.

# How to fix
Find the directory with the many files (`du --inodes -x / | sort -n | tail`) and clear it out.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    guest(facts, target)?;
    let mut tally = Tally::default();
    root(facts)?;
    for volume in facts.volumes.iter().filter(|volume| of_system(volume)) {
        let Some(filesystem) = volume.filesystem() else {
            tally.doubt(format!("{} could not be read", volume.id));
            continue;
        };
        let counts = (tally.value(&filesystem.inodes), tally.value(&filesystem.free_inodes));
        let (Some(&all), Some(&free)) = counts else { continue };
        if u128::from(free) * 100 >= u128::from(all) * u128::from(SHORT_PER_CENT) {
            continue;
        }
        tally.fail(
            Finding::new(
                format!("{free} of {all} inodes are free on {}", volume.id),
                "delete files: du --inodes -x / | sort -n | tail shows where they are",
            )
            .at(Evidence::volume(&volume.id, format!("{free} of {all} inodes free"))),
        );
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| root_fs(facts).free_inodes = is(10),
        passes: |facts, _| { root_fs(facts).inodes = Known::Absent; root_fs(facts).free_inodes = Known::Absent },
        undecided: |facts, _| root_fs(facts).free_inodes = Known::unknown("the block groups are damaged"),
    }
}
