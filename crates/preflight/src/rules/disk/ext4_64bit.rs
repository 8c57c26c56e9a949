//! LNX-EXT4-64BIT: old instructions want ext4 without the feature `64bit`.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-EXT4-64BIT",
    aliases: &[],
    title: "ext4 without 64bit, as old instructions ask",
    severity: Severity::Info,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2019 to 2021); not in newer pages",
    docs: "\
# What it checks
Whether the root filesystem is ext4 with the feature `64bit`.

# Why ECS needs it
The instructions of 2019 to 2021 disallow the feature, because the platform could not resize such a filesystem. Every
distribution has set it by default since about 2015, such images boot and grow themselves by cloud-init and growpart,
and newer pages do not mention it: so this is a note.

# How to fix
Nothing, unless the platform is to resize the filesystem from outside. Then, on the unmounted filesystem:
`resize2fs -s /dev/…`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    linux(facts, target)?;
    let volume = root(facts)?;
    let filesystem = ext4(volume)?;
    if !filesystem.features.iter().any(|feature| feature == "64bit") {
        return passed();
    }
    Ok(vec![
        Finding::new(
            "the root filesystem has the ext4 feature 64bit, which instructions before 2022 disallow",
            "nothing, if cloud-init grows the disk; otherwise resize2fs -s on the unmounted filesystem",
        )
        .at(Evidence::volume(&volume.id, format!("features: {}", filesystem.features.join(" ")))),
    ])
}

/// The ext4 filesystem whose features were read.
pub(super) fn ext4(volume: &Volume) -> Result<&Filesystem, Undecided> {
    match volume.filesystem() {
        None => Err(Undecided::unknown("the root filesystem could not be read")),
        Some(filesystem) if filesystem.fs_type != "ext4" => Err(Undecided::skipped("the root filesystem is not ext4")),
        Some(filesystem) if filesystem.features.is_empty() => {
            Err(Undecided::unknown("the features of the root filesystem were not read"))
        }
        Some(filesystem) => Ok(filesystem),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, _| root_fs(facts).features.push("64bit".into()),
        passes: |_, _| (),
        undecided: |facts, _| root_fs(facts).fs_type = "xfs".into(),
    }
}
