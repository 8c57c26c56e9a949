//! LNX-NVME-TIMEOUT: slow I/O does not turn an NVMe disk off.

use super::nvme::nvme;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-NVME-TIMEOUT",
    aliases: &["GUESTOS.Nvme"],
    title: "The NVMe driver waits for slow I/O",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "NVMe disks unavailable because of io_timeout (2025)",
    docs: "\
# What it checks
Whether `nvme_core.io_timeout` (old kernels: `nvme.io_timeout`) is set on the command line of the entry that boots, or
in modprobe.d. A warning where NvmeSupport is declared, else a note.

# Why ECS needs it
By default the driver gives up on a request after 30 seconds, and takes the disk offline. A cloud disk may take longer
for a moment; the official page asks for the largest value. Linux before 4.15 takes no more than 255, and does not load
the module with more.

# How to fix
Add `nvme_core.io_timeout=4294967295` to GRUB_CMDLINE_LINUX in /etc/default/grub and write the configuration anew; with
BLS entries `grubby --update-kernel=ALL --args=nvme_core.io_timeout=4294967295`; 255 for Linux before 4.15.
",
    check,
};

const NAMES: [&str; 2] = ["nvme_core.io_timeout", "nvme.io_timeout"];

/// The longest time in seconds that a kernel takes: the parameter was a byte before Linux 4.15.
pub fn nvme_io_timeout(kernel: &Kernel) -> u32 {
    if version(&kernel.version) < vec![4, 15] { u8::MAX.into() } else { u32::MAX }
}

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    if nvme(kernel)?.is_some() {
        return Err(Undecided::skipped("the kernel cannot boot from NVMe (see LNX-NVME)"));
    }
    if NAMES.iter().any(|name| linux.module_options.contains_key(*name)) {
        return passed();
    }
    let entry = boot_entry(guest)?;
    let same = |name: &str| NAMES.contains(&name.replace('-', "_").as_str());
    if parameters(&entry.cmdline).any(|(name, _)| same(name)) {
        return passed();
    }
    let finding = Finding::new(
        "nvme_core.io_timeout is not set: slow I/O takes an NVMe disk offline after 30 seconds",
        format!(
            "add nvme_core.io_timeout={} to GRUB_CMDLINE_LINUX in /etc/default/grub",
            nvme_io_timeout(kernel)
        ),
    )
    .at(entry.evidence.clone().saying(entry.cmdline.clone()));
    let declared = target.request.nvme_support.as_deref() == Some("supported");
    Ok(vec![if declared { finding } else { finding.only(Severity::Info) }])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, target| {
            linux_of(facts).module_options.clear();
            target.request.nvme_support = Some("supported".into());
        },
        passes: |facts, _| {
            linux_of(facts).module_options.clear();
            entry_of(facts).cmdline = "root=UUID=1 nvme_core.io_timeout=4294967295".into();
        },
        undecided: |facts, _| { kernel_of(facts).drivers.remove("nvme"); },
    }

    #[test]
    fn old_kernels_take_a_byte() {
        let of = |version: &str| nvme_io_timeout(&Kernel { version: version.into(), ..Kernel::default() });
        assert_eq!((of("3.10.0-1160.el7.x86_64"), of("4.14.0")), (255, 255));
        assert_eq!((of("4.15.0-20-generic"), of("6.1.0-50-amd64")), (u32::MAX, u32::MAX));
    }
}
