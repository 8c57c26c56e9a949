//! LNX-KERNEL-RESIZE: the kernel can grow a partition in use.

use crate::rules::prelude::*;

/// Kernels after this one take over a changed size of a mounted partition.
const AFTER: [u64; 2] = [3, 6];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-KERNEL-RESIZE",
    aliases: &["GUESTOS.OnlineResizeFS"],
    title: "The kernel can grow a partition in use",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "ImportImage, notes on resizing (API reference 2025-05)",
    docs: "\
# What it checks
Whether the kernel that boots is newer than 3.6.

# Why ECS needs it
Up to 3.6 the kernel does not take over the new end of a partition that is mounted: a larger system disk becomes usable
after a second boot only, and the automatic growth at the first boot does nothing.

# How to fix
Nothing, if a reboot after growing the disk is acceptable. Otherwise use a release with a newer kernel.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    let number = kernel_version(kernel)?;
    if number[..number.len().min(2)] > AFTER[..] {
        return passed();
    }
    let message = format!("kernel {} does not grow a partition in use", kernel.version);
    let remedy = "reboot after growing the disk, or use a release with a newer kernel";
    Ok(vec![Finding::new(message, remedy).at_all(&kernel_places(kernel))])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, _| kernel_of(facts).version = "2.6.32-754.el6.x86_64".into(),
        passes: |facts, _| kernel_of(facts).version = "3.10.0-1160.el7.x86_64".into(),
        undecided: |facts, _| kernel_of(facts).version = "custom".into(),
    }
}
