//! CUS-PART1-FS: the first partition of a Customized Linux is one that the platform can write to.

use crate::rules::prelude::*;

/// Filesystems that the platform writes its configuration to.
const KNOWN: [&str; 6] = ["vfat", "msdos", "ext2", "ext3", "ext4", "ufs"];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "CUS-PART1-FS",
    aliases: &[],
    title: "The first partition of Customized Linux is FAT32, ext or UFS",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Customize Linux images (2021)",
    docs: "\
# What it checks
For the Platform Customized Linux: whether the first partition has FAT32, ext2, ext3, ext4 or UFS.

# Why ECS needs it
The platform writes the configuration of a new instance into the directory /aliyun_custom_image of that partition. It
cannot do so on XFS or anything else.

# How to fix
Give the disk a small first partition with ext4 for it.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let volume = first_partition(facts, target)?;
    let content = known(&volume.content)?;
    let kind = match content {
        Some(Content::Filesystem(filesystem)) => filesystem.fs_type.as_str(),
        _ => "no filesystem",
    };
    if KNOWN.contains(&kind) {
        return passed();
    }
    let message = format!("the first partition has {kind}, to which the platform cannot write");
    let remedy = "give the disk a first partition with ext4, and the directory /aliyun_custom_image on it";
    Ok(vec![Finding::new(message, remedy).at(Evidence::volume(&volume.id, kind))])
}

/// The first partition of a disk that is to be a Customized Linux.
pub(super) fn first_partition<'a>(facts: &'a Facts, target: &Target) -> Result<&'a Volume, Undecided> {
    customized(facts, target)?;
    known(&facts.disk)?;
    let partitions = facts.volumes.iter().filter(|volume| volume.kind == VolumeKind::Partition);
    partitions
        .min_by_key(|volume| volume.number)
        .ok_or_else(|| Undecided::skipped("the disk has no partitions (see LNX-PTABLE)"))
}

/// Ends the check of anything that is not to be a Customized Linux.
pub(super) fn customized(facts: &Facts, target: &Target) -> Result<(), Undecided> {
    system_disk(target)?;
    let detected = facts.guest.value().and_then(|guest| guest.platform.value()).map(|found| found.value.as_str());
    match target.request.platform.as_deref().or(detected) {
        Some("Customized Linux") => Ok(()),
        _ => Err(Undecided::skipped("the Platform is not Customized Linux")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, target| { customize(target); root_fs(facts).fs_type = "xfs".into() },
        passes: |_, target| customize(target),
        undecided: |_, _| (),
    }
}
