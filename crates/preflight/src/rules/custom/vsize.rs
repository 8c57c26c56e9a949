//! CUS-VSIZE: the disk of a Customized Linux has more than 5 GiB.

use super::part1_fs::customized;
use crate::rules::prelude::*;

/// Bytes that it must have more of.
const LEAST: u64 = 5 << 30;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "CUS-VSIZE",
    aliases: &[],
    title: "The disk of Customized Linux has more than 5 GiB",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Customize Linux images (2021)",
    docs: "\
# What it checks
For the Platform Customized Linux: whether the disk in the image is larger than 5 GiB.

# Why ECS needs it
The page on customized images of 2021 asks for it. Today's limits begin at 1 GiB for every Platform, so that this is a
warning.

# How to fix
Enlarge the disk: `qemu-img resize disk.qcow2 6G`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    customized(facts, target)?;
    let bytes = *present(&facts.image.virtual_size, "there is no disk in the image")?;
    if bytes > LEAST {
        return passed();
    }
    let remedy = format!("enlarge the disk: qemu-img resize {} 6G", shell_word(&facts.image.path));
    let message = format!("the disk has {bytes} bytes; for Customized Linux more than 5 GiB are asked for");
    Ok(vec![Finding::new(message, remedy).at(file(facts, format!("virtual size {bytes} bytes")))])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |_, target| customize(target),
        passes: |facts, target| { customize(target); facts.image.virtual_size = is(6 << 30) },
        undecided: |_, _| (),
    }
}
