//! LNX-ROOT-SINGLE: the root partition is the last one, so that it can grow.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-ROOT-SINGLE",
    aliases: &["GUESTOS.OnlineResizeFS"],
    title: "The root partition is the last one on the disk",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Instructions for importing images (2021); Check and repair custom images, item OnlineResizeFS (2025)",
    docs: "\
# What it checks
Whether a partition lies behind the one of the root filesystem.

# Why ECS needs it
A larger system disk gains room at its end. Only the last partition can be grown into it: with swap or data behind the
root partition, the system stays as small as the image. (Older instructions ask for a single partition; a separate
/boot or ESP in front of the root does no harm.)

# How to fix
Move what lies behind the root partition elsewhere: swap into a file or to the front, data onto a data disk.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    unless_windows(facts, target, "WIN-RECOVERY-LAST")?;
    let volume = root(facts)?;
    if volume.kind == VolumeKind::Logical {
        return Err(Undecided::skipped("the root filesystem is on a logical volume (see LNX-LVM)"));
    }
    let Some(start) = volume.offset else {
        return Err(Undecided::unknown("where the root filesystem lies on the disk is not known"));
    };
    let behind: Vec<_> = facts
        .volumes
        .iter()
        .filter(|other| other.kind == VolumeKind::Partition && other.offset.is_some_and(|offset| offset > start))
        .collect();
    if behind.is_empty() {
        return passed();
    }
    let names: Vec<_> = behind.iter().map(|other| other.id.to_string()).collect();
    let message = format!("behind the root filesystem on {} lies {}: it cannot grow", volume.id, names.join(", "));
    let places: Vec<_> = behind
        .iter()
        .map(|other| Evidence::volume(&other.id, format!("begins at byte {}", other.offset.unwrap_or_default())))
        .collect();
    let remedy = "move swap into a file, and data to a data disk, so that the root partition is the last one";
    Ok(vec![Finding::new(message, remedy).at_all(&places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.volumes.push(ext4(2, 1 << 40, 1 << 20, Role::Swap, "5")),
        passes: |facts, _| facts.volumes.push(ext4(15, 512, 1 << 20, Role::Esp, "5")),
        undecided: |facts, _| *facts = lvm(),
    }
}
