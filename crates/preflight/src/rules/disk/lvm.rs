//! LNX-LVM: a root filesystem on LVM can be activated, and is not grown by itself.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-LVM",
    aliases: &[],
    title: "The root filesystem is not on LVM",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "SMC FAQ (2021): LVM is flattened on migration; derived",
    docs: "\
# What it checks
Whether the root filesystem is on a logical volume, and if so, whether the initramfs has the device mapper.

# Why ECS needs it
Such images boot, if the initramfs can activate the volume group. But growpart and the console's online resize work on
partitions: after a disk was grown, the volume group and the root filesystem must be grown by hand.

# How to fix
Grow by hand after the first boot (`pvresize`, `lvextend -r -l +100%FREE`), or install the system into a plain
partition. For an initramfs without LVM: install lvm2 and rebuild it (`dracut -f`, `update-initramfs -u`).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let volume = root(facts)?;
    if volume.kind != VolumeKind::Logical {
        return passed();
    }
    let on_lvm = Evidence::volume(&volume.id, "the root filesystem");
    let mapper = boot_kernel(guest).ok().and_then(|kernel| kernel.drivers.get("dm_mod"));
    let early = |driver: &Driver| driver.presence != Presence::Disk;
    if mapper.is_some_and(|driver| driver.is_absent() || driver.value().is_some_and(|driver| !early(driver))) {
        let message = format!("the root filesystem is {}, and the initramfs lacks the device mapper", volume.id);
        let remedy = "install lvm2 in the guest and rebuild the initramfs: dracut -f, or update-initramfs -u";
        return Ok(vec![Finding::new(message, remedy).at(on_lvm)]);
    }
    let message = format!("the root filesystem is {}, which is not grown when the disk is", volume.id);
    let remedy = "grow it by hand after the disk: pvresize, then lvextend -r -l +100%FREE";
    Ok(vec![Finding::new(message, remedy).at(on_lvm).only(Severity::Degraded)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn on_lvm(facts: &mut Facts) {
        *facts = lvm();
    }

    cases! {
        fires: |facts, _| {
            on_lvm(facts);
            kernel_of(facts).drivers.insert("dm_mod".into(), Known::Absent);
        },
        passes: |_, _| (),
        undecided: |facts, _| guest_of(facts).root = VolumeId("gone".into()),
    }

    #[test]
    fn an_initramfs_with_lvm_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| on_lvm(facts))[0].severity, Severity::Degraded);
    }
}
