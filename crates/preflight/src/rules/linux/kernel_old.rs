//! LNX-KERNEL-OLD: the kernel is new enough for current instance families.

use crate::rules::prelude::*;

/// Kernels before this one are too old for instance families on current hardware.
const OLDEST: [u64; 3] = [2, 6, 32];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-KERNEL-OLD",
    aliases: &["GUESTOS.SupportMocInstanceTypes"],
    title: "The kernel is new enough for current instances",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item SupportMocInstanceTypes (2025); the limit is derived",
    docs: "\
# What it checks
Whether the kernel that boots is older than 2.6.32, or the system is a CentOS 5 before 5.11.

# Why ECS needs it
Instance families of the sixth generation and later run on hardware and virtio devices that such kernels do not know.
The image can be imported, and boots on the older families only.

# How to fix
Bring the system up to a release with a newer kernel; CentOS 5 to 5.11 at least.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    let number = kernel_version(kernel)?;
    let centos5 = guest.distribution.value().filter(|found| {
        let release = version(&found.version);
        found.id == "centos" && release.first() == Some(&5)
    });
    let old = match centos5 {
        Some(found) => version(&found.version).as_slice() < [5, 11].as_slice(),
        None => number.as_slice() < OLDEST.as_slice(),
    };
    if !old {
        return passed();
    }
    let message = format!("kernel {} is too old for current instance families", kernel.version);
    let remedy = "use older instance families, or bring the system up to a release with a newer kernel";
    let mut places = kernel_places(kernel);
    places.extend(centos5.into_iter().flat_map(|found| found.evidence.clone()));
    Ok(vec![Finding::new(message, remedy).at_all(&places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn centos(facts: &mut Facts, release: &str) {
        kernel_of(facts).version = "2.6.18-398.el5".into();
        let found = of(&mut guest_of(facts).distribution);
        found.id = "centos".into();
        found.version = release.into();
    }

    cases! {
        fires: |facts, _| centos(facts, "5.8"),
        passes: |facts, _| centos(facts, "5.11"),
        undecided: |facts, _| kernel_of(facts).version = "custom".into(),
    }

    #[test]
    fn other_systems_go_by_the_kernel() {
        assert_eq!(findings(&RULE, |facts, _| kernel_of(facts).version = "2.6.18".into()).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| kernel_of(facts).version = "2.6.32-754".into()).len(), 0);
    }
}
