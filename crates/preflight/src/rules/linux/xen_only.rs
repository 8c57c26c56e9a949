//! LNX-XEN-ONLY: the kernel that boots is not for Xen alone.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-XEN-ONLY",
    aliases: &["GUESTOS.Virtio"],
    title: "The kernel that boots is not for Xen alone",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Install a virtio driver (2021)",
    docs: "\
# What it checks
Whether the kernel of the default boot entry is built for Xen guests only, or has Xen's disk driver and no virtio_blk.

# Why ECS needs it
Instances run on KVM. A kernel-xen does not start there, and one with Xen's drivers alone finds no disk.

# How to fix
Install the ordinary kernel (`yum install kernel`, SLES: `zypper install kernel-default`) and make it the default entry.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    let there = |name: &str| kernel.drivers.get(name).is_some_and(|driver| driver.value().is_some());
    let message = if kernel.xen_only {
        format!("kernel {} is built for Xen guests only", kernel.version)
    } else if there("xen_blkfront") && kernel.drivers.get("virtio_blk").is_some_and(Known::is_absent) {
        format!("kernel {} has the disk driver of Xen and none of virtio", kernel.version)
    } else if kernel.drivers.is_empty() {
        return Err(Undecided::unknown("the drivers of the kernel were not examined"));
    } else {
        return passed();
    };
    let remedy = "install the ordinary kernel of the distribution and make it the default boot entry";
    Ok(vec![Finding::new(message, remedy).at_all(&kernel_places(kernel))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| kernel_of(facts).xen_only = true,
        passes: |facts, _| {
            kernel_of(facts).drivers.insert("xen_blkfront".into(), driver(Presence::Initramfs, "xen_blkfront"));
        },
        undecided: |facts, _| kernel_of(facts).drivers.clear(),
    }

    #[test]
    fn xen_drivers_alone_do_not_boot() {
        let found = findings(&RULE, |facts, _| {
            let drivers = &mut kernel_of(facts).drivers;
            drivers.insert("xen_blkfront".into(), driver(Presence::Initramfs, "xen_blkfront"));
            drivers.insert("virtio_blk".into(), Known::Absent);
        });
        assert_eq!(found.len(), 1);
    }
}
