//! Linux: a boot loader with a menu, a kernel, its initramfs.

use super::{BootStep, StepKind, load, system};
use crate::{BootEntry, Driver, Evidence, Facts, Guest, Kernel, Known, Loader, Presence};

/// Drivers that make the disk visible to the kernel, those that others need first.
const DISK_DRIVERS: &[&str] =
    &["virtio", "virtio_ring", "virtio_pci", "virtio_blk", "virtio_scsi", "nvme_core", "nvme"];

pub(super) fn steps(steps: &mut Vec<BootStep>, facts: &Facts, guest: &Guest) {
    match &guest.loader {
        Known::Is(loader) => menu(steps, facts, loader),
        other => {
            let what = other.as_ref().map(|_| String::new());
            steps.push(BootStep::new(StepKind::Configuration, "", what));
        }
    }
    steps.extend(guest.default_kernel().into_iter().flat_map(drivers));
    steps.extend(guest.loader.value().and_then(Loader::default_entry).and_then(|entry| root(facts, entry)));
    system(steps, facts, guest);
    if let Some(linux) = &guest.linux {
        steps.push(BootStep::new(StepKind::Init, "", linux.init.clone()));
    }
}

fn menu(steps: &mut Vec<BootStep>, facts: &Facts, loader: &Loader) {
    let wait = match &loader.timeout {
        Known::Is(-1) => ", waits for a key for ever".to_owned(),
        Known::Is(seconds) => format!(", waits {seconds} s"),
        _ => String::new(),
    };
    let what = Known::Is(format!("{}{wait}", loader.kind));
    steps.push(BootStep::new(StepKind::Configuration, "", what).shown_by(&loader.config));
    steps.extend(loader.searches.iter().filter(|search| !search.optional).map(|search| {
        let volume = search.spec.volume.as_ref().map(|id| facts.place(id));
        BootStep::new(StepKind::Search, &search.spec.text, volume).shown_by([&search.evidence])
    }));
    let default = loader.default_entry();
    let title = default.map(|entry| match entry.rescue {
        true => format!("{} (a rescue entry)", entry.title),
        false => entry.title.clone(),
    });
    let step = BootStep::new(StepKind::Entry, "", loader.default.as_ref().and_then(|_| title.into()));
    steps.push(step.shown_by(&loader.default_evidence).shown_by(default.map(|entry| &entry.evidence)));
    if let Some(entry) = default {
        loads(steps, entry);
    }
}

/// Kernel, initramfs, command line.
fn loads(steps: &mut Vec<BootStep>, entry: &BootEntry) {
    match &entry.kernel {
        Known::Is(file) => steps.push(load(StepKind::Kernel, file)),
        other => steps.push(BootStep::new(StepKind::Kernel, "", other.as_ref().map(|file| file.path.clone()))),
    }
    steps.extend(entry.initrds.iter().map(|file| load(StepKind::Initramfs, file)));
    if !entry.cmdline.is_empty() {
        steps.push(BootStep::new(StepKind::CommandLine, "", Known::Is(entry.cmdline.clone())));
    }
}

/// The root filesystem that the command line names.
fn root(facts: &Facts, entry: &BootEntry) -> Option<BootStep> {
    let root = entry.root.value()?;
    let volume = root.volume.as_ref().map(|id| facts.place(id));
    Some(BootStep::new(StepKind::Root, format!("root={}", root.text), volume).shown_by([&entry.evidence]))
}

fn drivers(kernel: &Kernel) -> impl Iterator<Item = BootStep> {
    DISK_DRIVERS.iter().filter_map(|name| {
        let found = kernel.drivers.get(*name)?;
        let evidence = found.value().map(|driver| &driver.evidence);
        let mut step = BootStep::new(StepKind::Driver, *name, found.as_ref().map(place)).shown_by(evidence);
        step.missing.extend(
            found
                .value()
                .into_iter()
                .flat_map(|driver| &driver.missing_dependencies)
                .map(|name| Evidence::words(format!("without {name}"))),
        );
        Some(step)
    })
}

fn place(driver: &Driver) -> String {
    match driver.presence {
        Presence::BuiltIn => "built into the kernel",
        Presence::Initramfs => "in the initramfs",
        Presence::Disk => "only among the modules on the root filesystem: too late",
    }
    .to_owned()
}
