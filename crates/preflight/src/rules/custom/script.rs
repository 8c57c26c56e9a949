//! CUS-SCRIPT: a Customized Linux reads what the platform leaves for it.

use super::part1_fs::customized;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "CUS-SCRIPT",
    aliases: &[],
    title: "Customized Linux reads its configuration at boot",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Customize Linux images (2021)",
    docs: "\
# What it checks
For the Platform Customized Linux: whether the directory /aliyun_custom_image, or a boot script that reads it, is on the
disk.

# Why ECS needs it
The platform leaves password, host name and network of a new instance in /aliyun_custom_image/os.conf on the first
partition, and leaves it to the image to read that file at every boot.

# How to fix
Make the directory, and a boot script that reads os.conf from it (lines `key=value`, the password in Base64).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    customized(facts, target)?;
    let (_, linux) = linux(facts, target)?;
    if known(&linux.aliyun_custom_image)?.is_some() {
        return passed();
    }
    let message = "there is no /aliyun_custom_image, and no boot script that reads it";
    let remedy = "make the directory on the first partition, and a boot script that reads os.conf from it";
    let id = facts.volumes.first().map_or_else(VolumeId::disk, |volume| volume.id.clone());
    Ok(vec![Finding::new(message, remedy).at(Evidence::file(&id, "/aliyun_custom_image").saying("not there"))])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |_, target| customize(target),
        passes: |facts, target| {
            customize(target);
            linux_of(facts).aliyun_custom_image = is(in_file("/aliyun_custom_image", 1, "a directory"));
        },
        undecided: |_, _| (),
    }
}
