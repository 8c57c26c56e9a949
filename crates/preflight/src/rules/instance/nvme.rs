//! INS-NVME: a system for instances with NVMe disks has the driver at hand.

use crate::rules::linux::initramfs_virtio::remedy;
use crate::rules::linux::nvme::nvme;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "INS-NVME",
    aliases: &[],
    title: "The system boots from the NVMe disks of the instances",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "ImportImage, Features.NvmeSupport (SDK model 7.11.8); Check and repair custom images, item Nvme (2025)",
    docs: "\
# What it checks
Where `--target` names a family whose disks are NVMe ones (or says `nvme`): whether the Linux kernel that boots has the
NVMe driver built in or in its initramfs. WIN-NVME asks it of Windows.

# Why ECS needs it
On these instances there is no other disk. Without the driver the system does not find its root, and without
NvmeSupport in the import the image is not offered for them.

# How to fix
See `bootworthy explain LNX-NVME`; then import with `--nvme-support supported`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let guest = guest(facts, target)?;
    if !target.instance.nvme {
        return Err(Undecided::skipped("--target names no instances with NVMe disks only"));
    }
    if target.request.nvme_support.as_deref() == Some("unsupported") {
        let message =
            "the instances have NVMe disks only, and the import is to say that the image does not support them";
        let place = Evidence::words("Features.NvmeSupport=unsupported in the request");
        return Ok(vec![Finding::new(message, "declare --nvme-support supported").at(place)]);
    }
    match guest.os {
        Os::Linux => {
            let kernel = boot_kernel(guest)?;
            let Some(lacks) = nvme(kernel)? else { return passed() };
            let message = format!("the instances have NVMe disks only, and kernel {} {lacks}", kernel.version);
            let fix = remedy(kernel, "nvme");
            Ok(vec![Finding::new(message, fix).at_all(&kernel_places(kernel))])
        }
        Os::Windows => Err(Undecided::skipped("WIN-NVME asks this of Windows")),
        Os::FreeBsd => Err(Undecided::unknown("whether the kernel of FreeBSD has nvme was not examined")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn on_nvme(target: &mut Target) {
        target.instance = "ecs.g8i".parse().unwrap();
    }

    cases! {
        fires: |facts, target| {
            on_nvme(target);
            kernel_of(facts).drivers.insert("nvme".into(), driver(Presence::Disk, "nvme"));
        },
        passes: |_, target| on_nvme(target),
        undecided: |facts, target| {
            on_nvme(target);
            kernel_of(facts).drivers.insert("nvme".into(), Known::unknown("damaged"));
        },
    }

    #[test]
    fn an_import_that_denies_it_is_wrong_for_them() {
        let found = findings(&RULE, |_, target| {
            on_nvme(target);
            target.request.nvme_support = Some("unsupported".into());
        });
        assert_eq!(found.len(), 1);
    }
}
