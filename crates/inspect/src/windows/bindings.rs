//! What ties devices to drivers.
//!
//! Windows before 8 has the critical device database, in which a device that may hold Windows has a key with the name of
//! its service. From 8 on there is the driver database: a device identifier names an INF file, that names a package, and
//! a configuration of the package names the service. Which of the two there is decides the keys, not the version.

use super::node::Node;
use super::registry::Registry;
use super::services::Services;
use crate::look::{Gap, Look, Outcome as _, non_empty};
use facts::{DeviceBinding, Known};

const CRITICAL: &str = r"Control\CriticalDeviceDatabase";

/// Everything that may tie a device to a driver.
pub(super) struct Bindings<'r> {
    registry: &'r Registry,
    /// Driver databases. Empty: the system has the critical device database instead.
    databases: Vec<Look<Node<'r>>>,
    /// Directories of the driver store.
    store: Look<Vec<String>>,
    store_path: String,
}

impl<'r> Bindings<'r> {
    pub(super) fn read(services: &Services<'r>) -> Self {
        let store_path = format!("{}/System32/DriverStore/FileRepository", services.system_root);
        let mut databases = services.registry.driver_databases();
        databases.retain(|database| !matches!(database, Err(Gap::Absent)));
        Bindings { registry: services.registry, databases, store: services.tree.names(&store_path), store_path }
    }

    /// What ties one of the devices to a service. Absent: nothing does.
    pub(super) fn of(&self, devices: &[&str], service: &str) -> Look<Vec<DeviceBinding>> {
        let mut found = Vec::new();
        for device in devices {
            if self.databases.is_empty() {
                found.extend(self.critical(device, service)?);
            }
            for database in &self.databases {
                found.extend(modern(database.as_ref().map_err(Clone::clone)?, device, service)?);
            }
        }
        if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
    }

    fn critical(&self, device: &str, service: &str) -> Look<Vec<DeviceBinding>> {
        let Some(database) = self.registry.current(CRITICAL).optional()? else { return Ok(Vec::new()) };
        let wanted = device.replace('\\', "#");
        let mut found = Vec::new();
        for key in database.keys()?.into_iter().filter(|key| is_device(key.name(), &wanted)) {
            if let Some(named) = key.text("Service").optional()?
                && named.value.eq_ignore_ascii_case(service)
            {
                let device = key.name().replace('#', "\\").to_ascii_uppercase();
                found.push(DeviceBinding { device, package: None, evidence: key.evidence() });
            }
        }
        Ok(found)
    }

    /// The packages of that name in the driver store.
    pub(super) fn packages(&self, name: &str) -> Known<Vec<String>> {
        let start = format!("{name}.inf_");
        let ours = |directory: &&String| directory.to_ascii_lowercase().starts_with(&start);
        match &self.store {
            Ok(names) => {
                non_empty(names.iter().filter(ours).map(|name| format!("{}/{name}", self.store_path)).collect())
            }
            Err(gap) => Err(gap.clone()).known(),
        }
    }
}

/// Whether a key is for the device, or for a more exact kind of it: `…&SUBSYS_…&REV_00`.
fn is_device(key: &str, device: &str) -> bool {
    let start = key.get(..device.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(device))
        && matches!(key.as_bytes().get(device.len()), None | Some(b'&'))
}

/// By the driver database.
fn modern(database: &Node<'_>, device: &str, service: &str) -> Look<Vec<DeviceBinding>> {
    let Some((bus, id)) = device.split_once('\\') else { return Ok(Vec::new()) };
    let Some(devices) = database.key(&format!(r"DeviceIds\{bus}")).optional()? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for key in devices.keys()?.into_iter().filter(|key| is_device(key.name(), id)) {
        for value in key.values()? {
            if !value.name.to_ascii_lowercase().ends_with(".inf") {
                continue;
            }
            if let Some(package) = package(database, &value.name).optional()?
                && names_service(&package, service)?
            {
                let device = format!(r"{bus}\{}", key.name());
                let evidence = key.saying(&value.name);
                found.push(DeviceBinding { device, package: Some(package.name().to_owned()), evidence });
            }
        }
    }
    Ok(found)
}

/// The package that an INF file stands for.
fn package<'r>(database: &Node<'r>, inf: &str) -> Look<Node<'r>> {
    let file = database.key(&format!(r"DriverInfFiles\{inf}"))?;
    let active = file.text("Active").map(|claim| claim.value);
    let label = active.or_else(|_| file.list("").map(|mut claim| claim.value.swap_remove(0)))?;
    database.key(&format!(r"DriverPackages\{label}"))
}

/// Whether a configuration of the package installs the service.
fn names_service(package: &Node<'_>, service: &str) -> Look<bool> {
    let Some(configurations) = package.key("Configurations").optional()? else { return Ok(false) };
    for configuration in configurations.keys()? {
        if let Some(named) = configuration.text("Service").optional()?
            && named.value.eq_ignore_ascii_case(service)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_and_their_more_exact_kinds() {
        let device = "VEN_1AF4&DEV_1001";
        assert!(is_device("ven_1af4&dev_1001", device));
        assert!(is_device("VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00", device));
        assert!(!is_device("VEN_1AF4&DEV_10010", device));
        assert!(!is_device("VEN_1AF4&DEV_100", device));
        assert!(!is_device("VEN_1AF4&DEV_100é", device));
    }
}
