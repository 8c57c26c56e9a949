//! REQ-NVME: NvmeSupport is declared only for a kernel that can boot from NVMe.

use super::arch::sent;
use crate::rules::linux::nvme::nvme;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-NVME",
    aliases: &["GUESTOS.Nvme"],
    title: "NvmeSupport is true of the kernel that boots",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, Features.NvmeSupport (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared NvmeSupport is `supported` or `unsupported`, and where it is `supported`, whether the kernel of the
default boot entry has the NVMe driver at hand.

# Why ECS needs it
The declaration is believed: the image is offered on instances with NVMe disks, and does not boot there without the
driver. The default is `unsupported`, with which the newest families are not offered.

# How to fix
Declare `--nvme-support unsupported`, or put the driver into the initramfs (see LNX-NVME).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let Some(declared) = target.request.nvme_support.as_deref() else {
        return Err(Undecided::skipped("no NvmeSupport is declared"));
    };
    match declared {
        "unsupported" => return passed(),
        "supported" => {}
        _ => {
            let message = format!("NvmeSupport {declared} does not exist");
            let finding = Finding::new(message, "declare --nvme-support supported or unsupported");
            return Ok(vec![finding.at(sent("Features.NvmeSupport", declared))]);
        }
    }
    let (guest, _) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    let Some(lacks) = nvme(kernel)? else { return passed() };
    let message = format!("NvmeSupport is declared, and kernel {} {lacks}", kernel.version);
    let finding = Finding::new(message, "declare --nvme-support unsupported, or put the driver into the initramfs");
    Ok(vec![finding.at_all(&kernel_places(kernel)).only(Severity::NoBoot)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.nvme_support = Some("yes".into()),
        passes: |_, target| target.request.nvme_support = Some("supported".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn a_promise_that_the_kernel_does_not_keep() {
        let found = findings(&RULE, |facts, target| {
            target.request.nvme_support = Some("supported".into());
            kernel_of(facts).drivers.insert("nvme".into(), Known::Absent);
        });
        assert_eq!(found[0].severity, Severity::NoBoot);
    }
}
