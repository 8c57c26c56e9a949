//! LNX-KERNEL-VIRTIO: the kernel that boots has a virtio network driver.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-KERNEL-VIRTIO",
    aliases: &["GUESTOS.Virtio", "image_check.driver", "sersi.Virtio"],
    title: "The kernel that boots has the virtio network driver",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Install a virtio driver (2021)",
    docs: "\
# What it checks
For the kernel of the default boot entry: whether virtio_net is built in, in its initramfs or among its modules. Whether
virtio_blk and virtio_pci are at hand early enough is the question of LNX-INITRAMFS-VIRTIO.

# Why ECS needs it
The network card of an instance is a virtio device. Without its driver the system boots and cannot be reached.

# How to fix
Install the full module package of the kernel (Ubuntu: linux-modules-extra, RHEL family: kernel-modules), or a kernel
with CONFIG_VIRTIO_NET.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    if let Some(evidence) = linux.blocked_modules.get("virtio_net") {
        let message = "virtio_net is kept from loading";
        let remedy = "remove the line from modprobe.d and rebuild the initramfs";
        return Ok(vec![Finding::new(message, remedy).at(evidence.clone())]);
    }
    let Some(driver) = kernel.drivers.get("virtio_net") else {
        return Err(Undecided::unknown(format!("whether kernel {} has virtio_net was not examined", kernel.version)));
    };
    if known(driver)?.is_some() {
        return passed();
    }
    let message = format!("kernel {} has no virtio_net: an instance has no network", kernel.version);
    let remedy = "install the full module package of the kernel, or a kernel with CONFIG_VIRTIO_NET";
    Ok(vec![Finding::new(message, remedy).at_all(&kernel_places(kernel))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| { kernel_of(facts).drivers.insert("virtio_net".into(), Known::Absent); },
        passes: |facts, _| {
            kernel_of(facts).drivers.insert("virtio_net".into(), driver(Presence::Disk, "virtio_net"));
        },
        undecided: |facts, _| { kernel_of(facts).drivers.remove("virtio_net"); },
    }
}
