//! Windows.
//!
//! What it is and how it is set up lies in the registry; what it starts from in the boot configuration store, which is a
//! hive too; and whether drivers are fit is told by both and by the files. Files whose content cannot be read, such as
//! compressed ones, leave their facts unknown.

mod accounts;
mod bcd;
mod bindings;
mod boot_ini;
mod drivers;
mod filters;
mod letters;
mod machine;
mod manager;
mod network;
mod node;
mod place;
mod program;
mod programs;
#[cfg(test)]
mod real;
mod registry;
mod remote;
mod root;
mod services;
mod settings;
mod state;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod version;

use crate::look::{Look, Outcome as _};
use crate::mounts::Stitched;
use crate::root::Root;
use crate::tree::Tree;
use crate::volumes::Volumes;
use facts::{Claim, DeviceSpec, Guest, Known, Mount, Os, Volume, VolumeId, Windows, WindowsVersion};
use registry::Registry;
use services::Services;

/// The directory of Windows on a volume. Absent: it is not on this one.
pub(crate) fn system_root(tree: &Tree<'_>) -> Look<String> {
    root::find(tree)
}

/// The volumes that the boot configuration stores start Windows from.
pub(crate) fn started(volumes: &Volumes, facts: &[Volume]) -> Vec<VolumeId> {
    bcd::stores(volumes, facts).map_or_else(|_| Vec::new(), |stores| bcd::named(&stores))
}

/// The Windows on that root. None: it is another system's.
pub(crate) fn detect(root: &Root, _: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Option<Guest> {
    let tree = &Tree::new(volumes, root.index);
    let system_root = root::find(tree).ok()?;
    let registry = &Registry::read(tree, &system_root);
    let services = Services { tree, registry, system_root: &system_root, drive: settings::drive(registry) };
    let version = version::examine(registry);
    let architecture = machine::architecture(tree, registry, &system_root).known();
    let windows = examine(&services, version, volumes, facts, &architecture);
    Some(Guest {
        os: Os::Windows,
        root: facts[root.index].id.clone(),
        root_evidence: root.evidence.clone(),
        other_roots: root.others.clone(),
        distribution: version::distribution(&windows.version),
        platform: version::platform(&windows.version),
        userland: machine::userland(tree, &system_root).known(),
        architecture,
        hostname: settings::hostname(registry).known(),
        mounts: mounts(&facts[root.index].id, &windows),
        loader: Known::Absent,
        kernels: Known::Absent,
        linux: None,
        freebsd: None,
        windows: Some(Box::new(windows)),
    })
}

/// Its configuration, facet by facet.
fn examine(
    services: &Services<'_>,
    version: WindowsVersion,
    volumes: &Volumes,
    facts: &[Volume],
    architecture: &Known<Claim<facts::Architecture>>,
) -> Windows {
    let Services { tree, registry, system_root, .. } = *services;
    let programs = programs::examine(registry);
    let remote_desktop = remote::desktop(services);
    let port = remote_desktop.port.value().map(|port| port.value);
    Windows {
        system_root: system_root.to_owned(),
        hives: registry.facts(),
        control_set: registry.control_set().clone().known(),
        version,
        system_files: machine::system_files(tree, system_root),
        boot_drivers: services.boot_drivers().known(),
        class_filters: filters::examine(services).known(),
        drivers: drivers::examine(services, architecture.value().map(|claim| claim.value)),
        foreign_drivers: filters::foreign(services),
        xen_hiding: filters::xen_hiding(registry).known(),
        device_installation_disabled: settings::device_installation_disabled(registry).known(),
        group_policies: settings::group_policies(registry).known(),
        hotfixes: state::hotfixes(registry).known(),
        boot_stores: bcd::stores(volumes, facts).known(),
        boot_ini: boot_menu(volumes, facts).known(),
        bios_manager: manager::bios(volumes, facts).known(),
        uefi_manager: manager::uefi(volumes, facts).known(),
        partition_start: manager::partition_start(volumes).known(),
        drive_letters: letters::examine(registry, facts).known(),
        hibernated: state::hibernated(tree).known(),
        fast_startup: settings::fast_startup(registry).known(),
        pending_updates: state::pending(registry, tree, system_root).known(),
        setup: state::setup(registry, tree, system_root),
        firewall: remote::firewall(registry, port),
        remote_desktop,
        adapters: network::examine(registry).known(),
        rtc_utc: settings::rtc_utc(registry).known(),
        page_files: settings::page_files(registry).known(),
        san_policy: settings::san_policy(registry).known(),
        agents: programs::agents(services),
        foreign_tools: programs.tools,
        security_programs: programs.security,
        secrets: accounts::secrets(registry, tree, system_root).known(),
        administrator: accounts::administrator(registry).known(),
        desktop_ini: accounts::desktop_ini(tree).known(),
        virtualization_based_security: settings::virtualization_based_security(registry).known(),
        auto_reboot: settings::auto_reboot(registry).known(),
        declared_architecture: machine::declared(registry).known(),
    }
}

/// `boot.ini` on the active partition, or on another where none is active.
fn boot_menu(volumes: &Volumes, facts: &[Volume]) -> Look<facts::BootIni> {
    let mut order: Vec<_> = (0..facts.len()).filter(|&index| volumes.all()[index].files.is_ok()).collect();
    order.sort_by_key(|&index| !facts[index].bootable);
    crate::look::first(order, |index| boot_ini::examine(&Tree::new(volumes, index), facts))
}

/// The volumes with a drive letter, that of Windows first.
fn mounts(root: &VolumeId, windows: &Windows) -> Vec<Mount> {
    let letters = windows.drive_letters.value().map(Vec::as_slice).unwrap_or_default();
    let mut mounts: Vec<Mount> = letters
        .iter()
        .map(|letter| {
            let spec = DeviceSpec { text: letter.name.clone(), volume: letter.volume.clone(), ..DeviceSpec::default() };
            Mount { path: letter.name.clone(), volume: letter.volume.clone(), spec }
        })
        .collect();
    mounts.sort_by_key(|mount| mount.volume.value() != Some(root));
    if mounts.first().is_none_or(|mount| mount.volume.value() != Some(root)) {
        let spec = DeviceSpec { volume: Known::Is(root.clone()), ..DeviceSpec::default() };
        mounts.insert(0, Mount { path: "/".into(), volume: Known::Is(root.clone()), spec });
    }
    mounts
}
