//! LNX-NVME: the kernel that boots can have its root on an NVMe disk.

use super::initramfs_virtio::remedy;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-NVME",
    aliases: &["GUESTOS.Nvme", "sersi.NVMe"],
    title: "The kernel that boots has the NVMe driver at hand",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "ImportImage, Features.NvmeSupport (SDK model 7.11.8); Check and repair custom images, item Nvme (2025)",
    docs: "\
# What it checks
For the kernel of the default boot entry: whether the NVMe driver is built in, or in the initramfs that this entry loads
with all it depends on.

# Why ECS needs it
Newer instance families, such as g7se, c8i and r9i, have NVMe disks only. An image without the driver works on the
others; it must not be imported with NvmeSupport.

# How to fix
Rebuild the initramfs with the driver in it, in the source system: `dracut -f --add-drivers nvme`, or `nvme` into
/etc/initramfs-tools/modules and `update-initramfs -u`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    let remedy = remedy(kernel, "nvme");
    let lacks = match nvme(kernel)? {
        None => return passed(),
        Some(lacks) => lacks,
    };
    let message = format!("kernel {} {lacks}: the image does not boot on instances with NVMe disks", kernel.version);
    Ok(vec![Finding::new(message, remedy).at_all(&kernel_places(kernel))])
}

/// What the kernel lacks to boot from NVMe; nothing if it can.
pub(crate) fn nvme(kernel: &Kernel) -> Result<Option<String>, Undecided> {
    let Some(driver) = kernel.drivers.get("nvme") else {
        return Err(Undecided::unknown(format!("whether kernel {} has nvme was not examined", kernel.version)));
    };
    Ok(match known(driver)? {
        None => Some("has no NVMe driver".into()),
        Some(driver) if driver.presence == Presence::Disk => {
            Some("has the NVMe driver on the disk, not in the initramfs".into())
        }
        Some(driver) if !driver.missing_dependencies.is_empty() => {
            Some(format!("has nvme in the initramfs without {}", driver.missing_dependencies.join(", ")))
        }
        Some(_) => None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| { kernel_of(facts).drivers.insert("nvme".into(), driver(Presence::Disk, "nvme")); },
        passes: |_, _| (),
        undecided: |facts, _| { kernel_of(facts).drivers.insert("nvme".into(), Known::unknown("damaged")); },
    }
}
