//! Windows: boot code, a boot manager with its store, a loader, the kernel, and drivers that the loader brings in.

use super::{BootStep, StepKind, system};
use crate::{
    BcdDevice, BcdEntry, BootIni, BootStore, Evidence, Facts, Firmware, Guest, HiveState, Known, PartitionStart,
    Program, ServiceStart, Windows, WindowsDriver, WindowsService,
};

/// Drivers that make the disk of ECS visible.
const DISK_DRIVERS: &[&str] = &["viostor", "vioscsi", "stornvme"];

/// What the loader loads first, in `System32`.
const KERNEL: &[&str] = &["ntoskrnl.exe", "hal.dll"];

pub(super) fn steps(steps: &mut Vec<BootStep>, facts: &Facts, guest: &Guest, own: &Windows) {
    managers(steps, own);
    let mut roots = Vec::new();
    match (&own.boot_stores, &own.boot_ini) {
        (Known::Is(stores), _) => {
            roots.extend(stores.iter().filter_map(|store| self::store(steps, facts, guest, own, store)));
        }
        (_, Known::Is(ini)) => roots.extend(boot_ini(steps, facts, ini)),
        (stores, _) => {
            let what = stores.as_ref().map(|_| String::new());
            steps.push(BootStep::new(StepKind::Configuration, "boot configuration store", what));
        }
    }
    steps.extend(KERNEL.iter().map(|name| file(StepKind::Kernel, name, own)));
    steps.extend(DISK_DRIVERS.iter().filter_map(|name| Some(driver(name, own.drivers.get(*name)?))));
    let boot = own.boot_drivers.value().into_iter().flatten();
    steps.extend(boot.filter(|service| is_lost(service)).map(lost));
    steps.append(&mut roots);
    system(steps, facts, guest);
    if let Known::Is(state) = &own.setup.image_state {
        let step = BootStep::new(StepKind::Init, "setup", Known::Is(state.value.clone()));
        steps.push(step.shown_by(&state.evidence));
    }
}

/// The boot managers of the firmware that the disk is made for; of both where nothing tells.
fn managers(steps: &mut Vec<BootStep>, own: &Windows) {
    let stores = |firmware| own.boot_stores.value().into_iter().flatten().any(|store| store.firmware == firmware);
    let bios = own.bios_manager.value().is_some() || stores(Firmware::Bios);
    let uefi = own.uefi_manager.value().is_some() || stores(Firmware::Uefi);
    if bios || !uefi {
        if let Known::Is(start) = &own.partition_start {
            steps.push(boot_sector(start));
        }
        steps.push(program(StepKind::Manager, "bootmgr or ntldr", &own.bios_manager));
    }
    if uefi || !bios {
        steps.push(program(StepKind::Manager, "bootmgfw.efi", &own.uefi_manager));
    }
}

fn boot_sector(start: &PartitionStart) -> BootStep {
    let what = start.starts.as_ref().map(|name| format!("starts {name}"));
    let mut step = BootStep::new(StepKind::Manager, format!("boot sector of {}", start.volume), what);
    if let Known::Is(first) = start.first_sector
        && first != u64::from(start.hidden_sectors)
    {
        let text =
            format!("it takes sector {} for its own, and the partition table says {first}", start.hidden_sectors);
        step.missing.push(Evidence::volume(&start.volume, text));
    }
    step
}

fn program(kind: StepKind, name: &str, found: &Known<Program>) -> BootStep {
    let evidence = found.value().map(|program| &program.evidence);
    let path = evidence.and_then(|evidence| evidence.path.as_deref()).unwrap_or(name);
    BootStep::new(kind, path, found.as_ref().map(|program| format!("{} bytes", program.size))).shown_by(evidence)
}

fn file(kind: StepKind, name: &str, own: &Windows) -> BootStep {
    own.system_files
        .get(name)
        .map_or_else(|| BootStep::new(kind, name, Known::default()), |found| program(kind, name, found))
}

/// A store and what starts from it. Returned is where it has Windows.
fn store(
    steps: &mut Vec<BootStep>,
    facts: &Facts,
    guest: &Guest,
    own: &Windows,
    store: &BootStore,
) -> Option<BootStep> {
    let firmware = match store.firmware {
        Firmware::Bios => "BIOS",
        Firmware::Uefi => "UEFI",
    };
    let wait = store.timeout.value().map_or(String::new(), |seconds| format!(", waits {seconds} s"));
    let what = Known::Is(format!("boot configuration store for {firmware}{wait}"));
    let mut step = BootStep::new(StepKind::Configuration, "", what).shown_by([&store.evidence]);
    if store.state == HiveState::Dirty {
        step.missing.push(Evidence::words("it was left half written, and nothing makes up for that"));
    }
    step.missing.extend(store.damage.iter().cloned());
    steps.push(step);
    let Some(entry) = store.default_entry() else {
        steps.push(BootStep::new(StepKind::Entry, "", store.default.as_ref().and_then(|_| Known::Absent)));
        return None;
    };
    steps.extend(starts(facts, guest, own, entry));
    Some(root(facts, guest, entry))
}

/// The entry and the loader that it starts.
fn starts(facts: &Facts, guest: &Guest, own: &Windows, entry: &BcdEntry) -> [BootStep; 2] {
    let safe = entry.safe_boot.value().map_or("", |_| " (safe mode)");
    let title = entry.title.value().map_or("without a title", String::as_str);
    let what = Known::Is(format!("{title}{safe}"));
    let step = BootStep::new(StepKind::Entry, "", what).shown_by([&entry.evidence]);
    let path = entry.path.value().map_or("no loader is named", String::as_str);
    let mut loader = device(StepKind::Program, path, facts, &entry.device);
    let name = path.rsplit('\\').next().unwrap_or(path).to_ascii_lowercase();
    let same = volume(&entry.device) == Some(&guest.root);
    if same && own.system_files.get(&name).is_some_and(Known::is_absent) {
        loader.what = Known::Absent;
    }
    [step, loader]
}

fn root(facts: &Facts, guest: &Guest, entry: &BcdEntry) -> BootStep {
    let directory = entry.system_root.value().map_or("Windows", String::as_str);
    let mut root = device(StepKind::Root, directory, facts, &entry.os_device);
    if volume(&entry.os_device).is_some_and(|volume| *volume != guest.root) {
        root.missing.push(Evidence::volume(&guest.root, "the Windows that was found is here"));
    }
    root
}

fn volume(device: &Known<BcdDevice>) -> Option<&crate::VolumeId> {
    device.value().and_then(|device| device.volume.value())
}

/// Something on a device that the store names.
fn device(kind: StepKind, subject: &str, facts: &Facts, device: &Known<BcdDevice>) -> BootStep {
    let what = device.as_ref().and_then(|device| device.volume.as_ref().map(|id| facts.place(id)));
    let step = BootStep::new(kind, subject, what);
    match device.value() {
        Some(device) if device.volume.is_absent() => BootStep { missing: vec![device.evidence.clone()], ..step },
        found => step.shown_by(found.map(|device| &device.evidence)),
    }
}

fn boot_ini(steps: &mut Vec<BootStep>, facts: &Facts, ini: &BootIni) -> Option<BootStep> {
    let wait = ini.timeout.value().map_or(String::new(), |seconds| format!(", waits {seconds} s"));
    let what = Known::Is(format!("boot.ini{wait}"));
    steps.push(BootStep::new(StepKind::Configuration, "", what).shown_by([&ini.evidence]));
    let entry = ini.default.value().and_then(|&index| ini.entries.get(index));
    let title = entry.map(|entry| entry.title.clone());
    let what = ini.default.as_ref().and_then(|_| title.into());
    steps.push(BootStep::new(StepKind::Entry, "", what).shown_by(entry.map(|entry| &entry.evidence)));
    let entry = entry?;
    let what = entry.volume.as_ref().map(|id| facts.place(id));
    Some(BootStep::new(StepKind::Root, &entry.path, what).shown_by([&entry.evidence]))
}

fn driver(name: &str, found: &Known<WindowsDriver>) -> BootStep {
    let what = found.as_ref().and_then(|driver| driver.readiness.as_ref().map(ToString::to_string));
    let mut step = BootStep::new(StepKind::Driver, name, what);
    if let Known::Is(driver) = found {
        step =
            step.shown_by(driver.service.file.value().map(|file| &file.evidence)).shown_by([&driver.service.evidence]);
        step.missing.clone_from(&driver.problems);
    }
    step
}

/// The loader is told to load a driver that has no file.
fn is_lost(service: &WindowsService) -> bool {
    service.start.value() == Some(&ServiceStart::Boot)
        && service.file.is_absent()
        && !DISK_DRIVERS.iter().any(|name| service.name.eq_ignore_ascii_case(name))
}

fn lost(service: &WindowsService) -> BootStep {
    BootStep::new(StepKind::Driver, &service.name, Known::Absent).shown_by([&service.evidence])
}
