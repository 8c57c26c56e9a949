//! LNX-FS-TYPE: the root filesystem is of a kind that ECS handles.

use crate::rules::prelude::*;

/// Kinds that the import page recommends.
const RECOMMENDED: [&str; 3] = ["xfs", "ext3", "ext4"];
/// Kinds that it tolerates.
const TOLERATED: [&str; 3] = ["ext2", "ufs", "udf"];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FS-TYPE",
    aliases: &["image_check.filesystem"],
    title: "The root filesystem is XFS, ext3 or ext4",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Instructions for importing images; Image compliance tool (2021)",
    docs: "\
# What it checks
The type of the root filesystem.

# Why ECS needs it
XFS, ext3 and ext4 are recommended; ext2, UFS and UDF are tolerated. Others, such as btrfs, are not listed: instances
boot from them, but the platform does not promise to grow them or to write into them.

# How to fix
Nothing, if the image brings what it needs to grow its disk. Otherwise install the system on XFS or ext4.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    linux(facts, target)?;
    let volume = root(facts)?;
    present(&volume.content, "the root volume holds nothing that is known")?;
    let Some(filesystem) = volume.filesystem() else {
        return Err(Undecided::unknown("the root filesystem could not be read"));
    };
    let kind = filesystem.fs_type.as_str();
    if RECOMMENDED.contains(&kind) {
        return passed();
    }
    let listed = TOLERATED.contains(&kind);
    let word = if listed { "tolerated, not recommended" } else { "not among those that ECS lists" };
    let finding = Finding::new(
        format!("the root filesystem is {kind}, which is {word}"),
        "make sure that the image grows its disk by itself, or install the system on XFS or ext4",
    )
    .at(Evidence::volume(&volume.id, kind));
    Ok(vec![if listed { finding.only(Severity::Info) } else { finding }])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| root_fs(facts).fs_type = "btrfs".into(),
        passes: |_, _| (),
        undecided: |facts, _| facts.volumes[0].content = Known::unknown("it could not be read"),
    }

    #[test]
    fn what_is_tolerated_is_a_note() {
        assert_eq!(findings(&RULE, |facts, _| root_fs(facts).fs_type = "ext2".into())[0].severity, Severity::Info);
    }
}
