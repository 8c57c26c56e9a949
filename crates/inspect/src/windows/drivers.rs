//! Drivers for the devices of ECS, and how far they are fit.
//!
//! A driver that starts from disk must be a boot driver, have its file for the machine, not be held back by
//! `StartOverride`, and be tied to the device by an identifier; one of these missing is a stop 0x7B at the first start.

use super::bindings::Bindings;
use super::services::Services;
use crate::look::{Gap, Outcome as _};
use facts::{Architecture, Evidence, Known, Readiness, ServiceStart, WindowsDriver, WindowsService};
use std::collections::BTreeMap;

/// A driver that is looked for.
struct Wanted {
    /// Its file without `.sys`, which is also the name of its package.
    name: &'static str,
    /// Names that its service has.
    services: &'static [&'static str],
    /// The disk that Windows starts from may need it.
    boot: bool,
    /// Devices that it is for: legacy and modern virtio have numbers of their own.
    devices: &'static [&'static str],
}

const WANTED: &[Wanted] = &[
    Wanted {
        name: "viostor",
        services: &["viostor"],
        boot: true,
        devices: &[r"PCI\VEN_1AF4&DEV_1001", r"PCI\VEN_1AF4&DEV_1042"],
    },
    Wanted {
        name: "vioscsi",
        services: &["vioscsi"],
        boot: true,
        devices: &[r"PCI\VEN_1AF4&DEV_1004", r"PCI\VEN_1AF4&DEV_1048"],
    },
    Wanted { name: "stornvme", services: &["stornvme"], boot: true, devices: &[r"PCI\CC_010802"] },
    Wanted {
        name: "netkvm",
        services: &["netkvm"],
        boot: false,
        devices: &[r"PCI\VEN_1AF4&DEV_1000", r"PCI\VEN_1AF4&DEV_1041"],
    },
    Wanted {
        name: "balloon",
        services: &["BALLOON"],
        boot: false,
        devices: &[r"PCI\VEN_1AF4&DEV_1002", r"PCI\VEN_1AF4&DEV_1045"],
    },
    Wanted {
        name: "vioser",
        services: &["VirtioSerial", "vioser", "vioserial"],
        boot: false,
        devices: &[r"PCI\VEN_1AF4&DEV_1003", r"PCI\VEN_1AF4&DEV_1043"],
    },
    Wanted {
        name: "viorng",
        services: &["VirtRng", "viorng"],
        boot: false,
        devices: &[r"PCI\VEN_1AF4&DEV_1005", r"PCI\VEN_1AF4&DEV_1044"],
    },
    Wanted { name: "pvpanic", services: &["pvpanic"], boot: false, devices: &[r"ACPI\QEMU0001"] },
    Wanted { name: "fwcfg", services: &["fwcfg"], boot: false, devices: &[r"ACPI\QEMU0002"] },
];

/// Group of boot drivers for disks: it decides that they are loaded before the disks are looked for.
const DISK_GROUP: &str = "SCSI miniport";

/// All of them by name.
pub(super) fn examine(
    services: &Services<'_>,
    architecture: Option<Architecture>,
) -> BTreeMap<String, Known<WindowsDriver>> {
    let bindings = Bindings::read(services);
    let driver = |wanted: &Wanted| {
        let service = crate::look::first(wanted.services, |name| services.driver(name));
        let known = service.map(|service| judged(wanted, service, architecture, &bindings)).known();
        (wanted.name.to_owned(), known)
    };
    WANTED.iter().map(driver).collect()
}

fn judged(
    wanted: &Wanted,
    service: WindowsService,
    architecture: Option<Architecture>,
    bindings: &Bindings,
) -> WindowsDriver {
    let found = bindings.of(wanted.devices, &service.name).known();
    let packages = bindings.packages(wanted.name);
    let mut problems = defects(&service, architecture);
    if wanted.boot {
        problems.extend(not_boot(&service));
    }
    // What is not started from disk finds its device by its package, which setup has put in the store.
    let tied = found.value().is_some() || !wanted.boot && packages.value().is_some();
    if !tied && (found.is_absent() && (wanted.boot || packages.is_absent())) {
        let text = format!("nothing ties {} to {}", service.name, wanted.devices.join(" or "));
        problems.push((Readiness::Unmatched, service.evidence.clone().saying(text)));
    }
    let unknown = unknown(&service, &found, tied);
    let worst = problems.iter().map(|(grade, _)| *grade).min();
    let readiness = match (worst, unknown) {
        (Some(Readiness::Broken), _) => Known::Is(Readiness::Broken),
        (_, Some(gap)) => Err(gap).known(),
        (worst, None) => Known::Is(worst.unwrap_or(Readiness::Ready)),
    };
    let problems = problems.into_iter().map(|(_, evidence)| evidence).collect();
    WindowsDriver { service, readiness, problems, bindings: found, packages }
}

type Problem = (Readiness, Evidence);

/// Why it will not load at all.
fn defects(service: &WindowsService, architecture: Option<Architecture>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut broken = |text: String| {
        problems.push((Readiness::Broken, service.evidence.clone().saying(format!("{}: {text}", service.name))));
    };
    if service.start.value() == Some(&ServiceStart::Disabled) {
        broken("it is disabled (Start = 4)".into());
    }
    if let Some(kind) = service.kind.value().filter(|kind| **kind != 1) {
        broken(format!("it is not registered as a driver of the kernel (Type = {kind})"));
    }
    match &service.file {
        Known::Absent => broken("its file is not there".into()),
        Known::Is(file) if file.size == 0 => broken("its file is empty".into()),
        Known::Is(file) => match (&file.architecture, architecture) {
            (Known::Absent, _) => broken("its file is not a program".into()),
            (Known::Is(own), Some(machine)) if *own != machine => {
                broken(format!("its file is for {own}, and Windows is for {machine}"));
            }
            _ => {}
        },
        Known::Unknown(_) => {}
    }
    problems
}

/// Why it is not loaded with the kernel.
fn not_boot(service: &WindowsService) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |grade, text: String| {
        problems.push((grade, service.evidence.clone().saying(format!("{}: {text}", service.name))));
    };
    if let Some(start) = service.start_override.value().filter(|start| **start > ServiceStart::Boot) {
        add(Readiness::Broken, format!("StartOverride keeps it from starting at boot ({})", *start as u8));
    }
    match &service.start {
        Known::Is(ServiceStart::System | ServiceStart::Auto | ServiceStart::Demand) => {
            add(Readiness::NotBootStart, "it does not start at boot (Start is not 0)".into());
        }
        Known::Absent => add(Readiness::NotBootStart, "it has no Start".into()),
        _ => {}
    }
    if service.group.is_absent() || service.group.value().is_some_and(|group| !group.eq_ignore_ascii_case(DISK_GROUP)) {
        add(Readiness::NotBootStart, format!("it is not in the group {DISK_GROUP:?}"));
    }
    problems
}

/// What would have to be read to be sure.
fn unknown<T>(service: &WindowsService, bindings: &Known<T>, tied: bool) -> Option<Gap> {
    let file = service.file.reason();
    let machine = service.file.value().and_then(|file| file.architecture.reason());
    let binding = if tied { None } else { bindings.reason() };
    let start = service.start.reason().or(service.start_override.reason());
    file.or(machine).or(start).or(binding).cloned().map(Gap::Unknown)
}
