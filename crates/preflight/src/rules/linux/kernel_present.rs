//! LNX-KERNEL-PRESENT: there is a kernel, with its modules, for the right machine.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-KERNEL-PRESENT",
    aliases: &["GUESTOS.KernelVersion"],
    title: "There is a kernel with its modules",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item KernelVersion (2025); ECS troubleshooting guide",
    docs: "\
# What it checks
Whether a kernel is on the disk, whether the one that boots has its directory of modules, and whether it is made for the
architecture of the programs.

# Why ECS needs it
The image brings its own kernel: container images and root filesystem archives have none. A kernel whose modules were
removed boots without network or filesystems; a kernel for another machine does not start the programs.

# How to fix
Install the kernel of the distribution in the source system (`linux-image-amd64`, `kernel-core`, `kernel-default`).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let install = "install the kernel package of the distribution in the source system";
    if known(&guest.kernels)?.is_none_or(Vec::is_empty) {
        if self_contained(facts, guest) {
            return Err(Undecided::unknown("this system keeps its kernel apart from its root"));
        }
        let boot = Evidence::file(&guest.root, "/boot").saying("no kernel");
        let finding = Finding::new("there is no kernel on this disk", install).at(boot);
        return Ok(vec![finding.at(Evidence::file(&guest.root, "/lib/modules"))]);
    }
    let kernel = boot_kernel(guest)?;
    let mut tally = Tally::default();
    if tally.value(&kernel.modules).is_none() && kernel.modules.is_absent() {
        let message = format!("kernel {} has no modules: /lib/modules/{} is not there", kernel.version, kernel.version);
        let at = Evidence::file(&guest.root, format!("/lib/modules/{}", kernel.version));
        tally.fail(Finding::new(message, install).at(at).only(Severity::Degraded));
    }
    if kernel.image.is_absent() && self_contained(facts, guest) {
        tally.doubt("this system keeps its kernel apart from its root");
    } else if kernel.image.is_absent() {
        let message = format!("kernel {} has modules, but no image in /boot", kernel.version);
        tally.fail(Finding::new(message, install).at_all(&kernel_places(kernel)));
    }
    if let (Some(kernel_for), Some(userland)) = (tally.value(&kernel.architecture), tally.value(&guest.userland))
        && !runs(*kernel_for, userland.value)
    {
        let message = format!("kernel {} is for {kernel_for}, the programs for {}", kernel.version, userland.value);
        tally.fail(Finding::new(message, install).at_all(&userland.evidence).at_all(&kernel_places(kernel)));
    }
    tally.done()
}

/// Whether such a kernel runs such programs.
fn runs(kernel: Architecture, programs: Architecture) -> bool {
    kernel == programs || (kernel == Architecture::X86_64 && programs == Architecture::I386)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| guest_of(facts).kernels = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| kernel_of(facts).architecture = Known::unknown("no header that is known"),
    }

    #[test]
    fn container_linux_keeps_its_kernel_elsewhere() {
        let outcome = judge(&RULE, |facts, _| {
            of(&mut guest_of(facts).distribution).id = "coreos".into();
            guest_of(facts).kernels = Known::Absent;
        });
        assert_eq!(outcome.word(), "UNKNOWN");
    }

    #[test]
    fn a_kernel_for_another_machine_does_not_boot() {
        let found = findings(&RULE, |facts, _| kernel_of(facts).architecture = is(Architecture::Arm64));
        assert_eq!(found[0].severity, Severity::NoBoot);
        assert!(runs(Architecture::X86_64, Architecture::I386) && !runs(Architecture::I386, Architecture::X86_64));
    }
}
