//! CUS-DIR: a Customized Linux has the directory that the platform writes to.

use super::part1_fs::{customized, first_partition};
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "CUS-DIR",
    aliases: &[],
    title: "Customized Linux has /aliyun_custom_image on partition 1",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Customize Linux images (2021)",
    docs: "\
# What it checks
For the Platform Customized Linux: whether the directory /aliyun_custom_image is at the root of the first partition, not
of the root filesystem, where those are two.

# Why ECS needs it
The platform writes os.conf, with password, host name and network of a new instance, into that directory. It does not
make it.

# How to fix
Mount the first partition in the source system, and `mkdir aliyun_custom_image` at its root.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    customized(facts, target)?;
    let (_, linux) = linux(facts, target)?;
    if known(&linux.custom_directory)?.is_some() {
        return passed();
    }
    let first = first_partition(facts, target)?;
    let message = "the first partition has no directory /aliyun_custom_image: nothing can be configured";
    let remedy = "mount the first partition in the source system, and mkdir aliyun_custom_image at its root";
    Ok(vec![Finding::new(message, remedy).at(Evidence::file(&first.id, "/aliyun_custom_image").saying("not there"))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| customize(target),
        passes: |facts, target| {
            customize(target);
            linux_of(facts).custom_directory = is(in_file("/aliyun_custom_image", 1, "a directory"));
        },
        undecided: |facts, target| {
            customize(target);
            linux_of(facts).custom_directory = Known::unknown("XFS is damaged");
        },
    }

    #[test]
    fn other_platforms_need_none() {
        assert_eq!(judge(&RULE, |_, _| ()).word(), "SKIPPED");
    }
}
