//! LNX-EXT4-QUOTA: ext4 has not both `project` and `quota`.

use super::ext4_64bit::ext4;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-EXT4-QUOTA",
    aliases: &[],
    title: "ext4 has not both project and quota",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2021)",
    docs: "\
# What it checks
Whether the root filesystem is ext4 with both of the features `project` and `quota`.

# Why ECS needs it
The instructions of 2021 rule the two out together: the platform could not resize such a filesystem.

# How to fix
On the unmounted filesystem: `tune2fs -O ^project /dev/…`, or `-O ^quota` if project quotas are what is used.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    linux(facts, target)?;
    let volume = root(facts)?;
    let filesystem = ext4(volume)?;
    let has = |name: &str| filesystem.features.iter().any(|feature| feature == name);
    if !(has("project") && has("quota")) {
        return passed();
    }
    Ok(vec![
        Finding::new(
            "the root filesystem has both of the ext4 features project and quota",
            "turn one of them off on the unmounted filesystem: tune2fs -O ^project DEVICE",
        )
        .at(Evidence::volume(&volume.id, format!("features: {}", filesystem.features.join(" ")))),
    ])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, _| root_fs(facts).features.extend(["project".into(), "quota".into()]),
        passes: |facts, _| root_fs(facts).features.push("quota".into()),
        undecided: |facts, _| root_fs(facts).features.clear(),
    }
}
