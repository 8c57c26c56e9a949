//! What the rules want of the boot loader: LNX-NVME-TIMEOUT, LNX-CONSOLE, LNX-GRUB-RESUME, LNX-GRUB-ROOT, LNX-GRUB-CFG.
//!
//! `grub.cfg` itself is never in the diff: the script writes it anew from /etc/default/grub. A boot loader that is not
//! installed (LNX-BOOT-*, LNX-GRUB-MODULES) is left to people, who know the disk to install it on.

use crate::edit::Edit;
use crate::parameters::{self, DEFAULTS, Parameters};
use crate::proposal::{Phase, Proposal};
use crate::work::Work;
use facts::{Architecture, LoaderKind, SpecKind};
use preflight::{absent_devices, nvme_io_timeout};

pub(super) fn propose(work: &mut Work<'_>) {
    let proposals = [nvme_timeout(work), console(work), resume(work), root(work), configuration(work)];
    work.proposals.extend(proposals.into_iter().flatten());
}

fn nvme_timeout(work: &Work<'_>) -> Option<Proposal> {
    work.failed("LNX-NVME-TIMEOUT").then_some(())?;
    let proposal = Proposal::new("LNX-NVME-TIMEOUT", "the NVMe driver waits for slow I/O (nvme_core.io_timeout)");
    let longest = nvme_io_timeout(work.guest.default_kernel()?);
    Parameters::add([&*format!("nvme_core.io_timeout={longest}")]).propose(work, proposal)
}

fn console(work: &Work<'_>) -> Option<Proposal> {
    work.failed("LNX-CONSOLE").then_some(())?;
    let arm = work.guest.architecture.value().is_some_and(|found| found.value == Architecture::Arm64);
    let port = if arm { "console=ttyAMA0,115200n8" } else { "console=ttyS0,115200n8" };
    let proposal = Proposal::new("LNX-CONSOLE", "the kernel writes to the serial console too");
    Parameters::add(["console=tty0", port]).propose(work, proposal)
}

/// Parameters that name a device which is not there.
fn resume(work: &Work<'_>) -> Option<Proposal> {
    let entry = work.guest.loader.value()?.default_entry().filter(|_| work.failed("LNX-GRUB-RESUME"))?;
    let removed = absent_devices(work.facts, &entry.cmdline);
    let what = format!("the kernel command line is without {}", removed.join(" "));
    Parameters { added: Vec::new(), removed }.propose(work, Proposal::new("LNX-GRUB-RESUME", what))
}

/// The root by its UUID.
fn root(work: &Work<'_>) -> Option<Proposal> {
    work.failed("LNX-GRUB-ROOT").then_some(())?;
    let loader = work.guest.loader.value()?;
    let entry = loader.default_entry()?;
    let spec = entry.root.value()?;
    let wrong = matches!(spec.kind, SpecKind::KernelName | SpecKind::Hardware) || spec.volume.is_absent();
    let uuid = work.root()?.filesystem()?.uuid.as_deref().filter(|_| wrong)?;
    let proposal =
        Proposal::new("LNX-GRUB-ROOT", format!("the boot loader names the root by its UUID, not as {}", spec.text));
    let change = Parameters { added: vec![format!("root=UUID={uuid}")], removed: vec!["root".into()] };
    if loader.kind != LoaderKind::Grub2 || parameters::is_bls(&entry.evidence) {
        return change.propose(work, proposal);
    }
    // What writes grub.cfg takes the UUID unless it is told not to.
    let told = work.assignments(DEFAULTS).into_iter().filter(|found| found.key == "GRUB_DISABLE_LINUX_UUID");
    let told: Vec<Edit> = told.filter_map(|found| usize::try_from(found.line).ok()).map(Edit::comment).collect();
    let proposal = if told.is_empty() { proposal } else { proposal.edit(DEFAULTS, told) };
    let proposal = proposal.also_run(Phase::Bootloader, parameters::write_anew(work, loader)?);
    Some(change.in_menu(work, loader, proposal))
}

/// A configuration that lacks entries, or waits for a key.
fn configuration(work: &Work<'_>) -> Option<Proposal> {
    work.failed("LNX-GRUB-CFG").then_some(())?;
    let loader = work.guest.loader.value().filter(|loader| loader.kind == LoaderKind::Grub2)?;
    let proposal = Proposal::new("LNX-GRUB-CFG", "the configuration of GRUB is written anew");
    let waits = |value: &str| value.trim().starts_with('-');
    let timeout =
        work.assignments(DEFAULTS).into_iter().filter(|found| found.key == "GRUB_TIMEOUT" && waits(&found.value));
    let edits: Vec<Edit> = timeout
        .filter_map(|found| usize::try_from(found.line).ok())
        .map(|line| Edit::replace(line, "GRUB_TIMEOUT=1"))
        .collect();
    let proposal = if edits.is_empty() { proposal } else { proposal.edit(DEFAULTS, edits) };
    Some(proposal.run(Phase::Bootloader, parameters::write_anew(work, loader)?))
}
