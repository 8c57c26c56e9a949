//! Filters of device classes, and what other hypervisors left.

use super::registry::Registry;
use super::services::Services;
use crate::look::{Look, Outcome as _, non_empty};
use facts::{ClassFilter, Known, WindowsService, XenHiding};

/// Classes of which a filter without its driver keeps Windows from its disk or its network.
const CLASSES: &[(&str, &str)] = &[
    ("{4d36e967-e325-11ce-bfc1-08002be10318}", "disk drives"),
    ("{4d36e97b-e325-11ce-bfc1-08002be10318}", "SCSI and RAID controllers"),
    ("{4d36e96a-e325-11ce-bfc1-08002be10318}", "IDE controllers"),
    ("{71a27cdd-812a-11d0-bec7-08002be2092f}", "volumes"),
    ("{4d36e97d-e325-11ce-bfc1-08002be10318}", "system devices"),
    ("{4d36e972-e325-11ce-bfc1-08002be10318}", "network adapters"),
];

/// Services of drivers of Xen, VMware, VirtualBox and Parallels.
const FOREIGN: &[&str] = &[
    "xenvbd",
    "xennet",
    "xenbus",
    "xenfilt",
    "xeniface",
    "xenvif",
    "xenpci",
    "xenscsi",
    "xenstub",
    "xenevtchn",
    "rhelscsi",
    "rhelnet",
    "pvscsi",
    "vmxnet",
    "vmxnet3",
    "vmxnet3ndis6",
    "vmci",
    "vsock",
    "vmmemctl",
    "vmhgfs",
    "vmmouse",
    "vmusbmouse",
    "vmrawdsk",
    "vm3dmp",
    "vm3dmp_loader",
    "giappdef",
    "vboxguest",
    "vboxmouse",
    "vboxsf",
    "vboxvideo",
    "vboxwddm",
];

/// Start of the names of Parallels' services.
const PARALLELS: &str = "prl_";

/// The filters.
pub(super) fn examine(services: &Services<'_>) -> Look<Vec<ClassFilter>> {
    let mut filters = Vec::new();
    for (class, class_name) in CLASSES {
        let key = services.registry.current(&format!(r"Control\Class\{class}"));
        let Some(key) = key.optional()? else { continue };
        for (value, upper) in [("UpperFilters", true), ("LowerFilters", false)] {
            let Some(list) = key.list(value).optional()? else { continue };
            filters.extend(list.value.iter().map(|driver| ClassFilter {
                class: (*class).to_owned(),
                class_name: (*class_name).to_owned(),
                upper,
                driver: driver.clone(),
                service: services.get(driver).known(),
                evidence: key.saying(&format!("{value} = {}", list.value.join(", "))),
            }));
        }
    }
    if filters.is_empty() { Err(crate::look::Gap::Absent) } else { Ok(filters) }
}

/// Drivers of other hypervisors.
pub(super) fn foreign(services: &Services<'_>) -> Known<Vec<WindowsService>> {
    let found = services.named(|name| FOREIGN.contains(&name) || name.starts_with(PARALLELS));
    found.map_or_else(|gap| Err(gap).known(), non_empty)
}

/// The devices that Xen's platform driver hides.
pub(super) fn xen_hiding(registry: &Registry) -> Look<XenHiding> {
    let key = registry.current(r"Services\XenPCI\Parameters")?;
    let list = key.list("hide_devices")?;
    Ok(XenHiding { evidence: key.saying("hide_devices"), devices: list.value })
}
