//! FreeBSD: its loader reads `loader.conf`, loads the kernel and modules, and the kernel mounts its root itself.

use super::{BootStep, StepKind, load, system};
use crate::{BsdDriver, BsdLoader, BsdModule, BsdPresence, Facts, FreeBsd, Guest, Known};

/// Drivers that make the disk visible to the kernel.
const DISK_DRIVERS: &[&str] = &["virtio", "virtio_pci", "virtio_blk", "virtio_scsi", "nvme", "nvd"];

/// What the loader waits where nothing is set (loader.conf(5)).
const DEFAULT_DELAY: &str = "10";

pub(super) fn steps(steps: &mut Vec<BootStep>, facts: &Facts, guest: &Guest, own: &FreeBsd) {
    steps.push(configuration(&own.loader));
    match guest.default_kernel() {
        Some(kernel) => match &kernel.image {
            Known::Is(file) => steps.push(load(StepKind::Kernel, file)),
            other => steps.push(BootStep::new(StepKind::Kernel, "", other.as_ref().map(|file| file.path.clone()))),
        },
        None => {
            let what = guest.kernels.as_ref().and_then(|_| Known::Absent);
            steps.push(BootStep::new(StepKind::Kernel, "", what));
        }
    }
    steps.extend(own.loader.modules.value().into_iter().flatten().map(module));
    steps.extend(DISK_DRIVERS.iter().filter_map(|name| {
        let found = own.drivers.get(*name)?;
        let evidence = found.value().into_iter().flat_map(|driver| &driver.evidence);
        Some(BootStep::new(StepKind::Driver, *name, found.as_ref().map(place)).shown_by(evidence))
    }));
    steps.push(root(facts, own));
    system(steps, facts, guest);
    steps.push(BootStep::new(StepKind::Init, "", own.init.clone()));
}

fn configuration(loader: &BsdLoader) -> BootStep {
    let wait = match &loader.autoboot_delay {
        Known::Is(claim) => claim.value.as_str(),
        Known::Absent => DEFAULT_DELAY,
        Known::Unknown(_) => "",
    };
    let wait = match wait {
        "" => String::new(),
        "NO" | "no" => ", waits for a key for ever".to_owned(),
        "-1" => ", does not wait".to_owned(),
        seconds => format!(", waits {seconds} s"),
    };
    let what = match &loader.files {
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
        Known::Is(_) | Known::Absent => Known::Is(format!("the loader of FreeBSD{wait}")),
    };
    BootStep::new(StepKind::Configuration, "", what)
        .shown_by(loader.boot_flags.value().into_iter().flat_map(|claim| &claim.evidence))
        .shown_by(loader.files.value().into_iter().flatten())
}

fn module(module: &BsdModule) -> BootStep {
    let what = module.file.as_ref().map(|file| file.path.clone().unwrap_or_default());
    BootStep::new(StepKind::Module, &module.name, what).shown_by([&module.evidence])
}

fn place(driver: &BsdDriver) -> String {
    match driver.presence {
        BsdPresence::BuiltIn => "built into the kernel",
        BsdPresence::Loader => "loaded with the kernel",
        BsdPresence::Late => "loaded once the root filesystem is there: too late",
        BsdPresence::Disk => "only among the modules on disk: nothing loads it",
    }
    .to_owned()
}

/// The device that the kernel is told to mount.
fn root(facts: &Facts, own: &FreeBsd) -> BootStep {
    match &own.root_device {
        Known::Is(claim) => {
            let volume = claim.value.volume.as_ref().map(|id| facts.place(id));
            BootStep::new(StepKind::Root, &claim.value.text, volume).shown_by(&claim.evidence)
        }
        other => BootStep::new(StepKind::Root, "root device", other.as_ref().map(|_| String::new())),
    }
}
