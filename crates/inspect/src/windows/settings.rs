//! Settings that are one value of the registry each.

use super::registry::Registry;
use crate::look::{Gap, Look, Outcome as _, first};
use facts::{Claim, Evidence};

/// Letter of the drive of Windows; `C` where the registry does not say.
pub(super) fn drive(registry: &Registry) -> char {
    let root = registry.software(r"Microsoft\Windows NT\CurrentVersion").and_then(|key| key.text("SystemRoot"));
    let letter = root.ok().and_then(|root| root.value.chars().next());
    letter.filter(char::is_ascii_alphabetic).unwrap_or('C')
}

/// Host name: that of the network, else that of NetBIOS, which may be cut short.
pub(super) fn hostname(registry: &Registry) -> Look<Claim<String>> {
    let tcpip = r"Services\Tcpip\Parameters";
    let names = [(tcpip, "Hostname"), (tcpip, "NV Hostname"), (r"Control\ComputerName\ComputerName", "ComputerName")];
    first(names, |(key, value)| registry.current(key)?.text(value))
}

/// What forbids the installation of devices: the service's own setting, or policies.
pub(super) fn device_installation_disabled(registry: &Registry) -> Look<Vec<Evidence>> {
    let mut found = Vec::new();
    for service in ["DeviceInstall", "PlugPlay"] {
        let key = registry.current(&format!(r"Services\{service}\Parameters"));
        let flag = key.and_then(|key| key.flag("DeviceInstallDisabled")).optional()?;
        found.extend(flag.filter(|claim| claim.value).into_iter().flat_map(|claim| claim.evidence));
    }
    let policy = registry.software(r"Policies\Microsoft\Windows\DeviceInstall\Restrictions").optional()?;
    if let Some(policy) = policy {
        for name in ["DenyUnspecified", "DenyDeviceIDs", "DenyDeviceClasses", "DenyInstanceIDs"] {
            let flag = policy.flag(name).optional()?;
            found.extend(flag.filter(|claim| claim.value).into_iter().flat_map(|claim| claim.evidence));
        }
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}

/// Group policies that are not the machine's own. Each kind of policy lists those that were applied last.
pub(super) fn group_policies(registry: &Registry) -> Look<Evidence> {
    for kind in registry.software(r"Microsoft\Windows\CurrentVersion\Group Policy\History")?.keys()? {
        for policy in kind.keys()? {
            if let Some(path) = policy.text("DSPath").optional()?
                && !path.value.eq_ignore_ascii_case("LocalGPO")
            {
                return path.evidence.into_iter().next().ok_or(Gap::Absent);
            }
        }
    }
    Err(Gap::Absent)
}

/// Fast Startup.
pub(super) fn fast_startup(registry: &Registry) -> Look<Claim<bool>> {
    registry.current(r"Control\Session Manager\Power")?.flag("HiberbootEnabled")
}

/// The hardware clock.
pub(super) fn rtc_utc(registry: &Registry) -> Look<Claim<bool>> {
    registry.current(r"Control\TimeZoneInformation")?.flag("RealTimeIsUniversal")
}

/// Page files.
pub(super) fn page_files(registry: &Registry) -> Look<Claim<Vec<String>>> {
    registry.current(r"Control\Session Manager\Memory Management")?.list("PagingFiles")
}

/// What becomes of disks that are new.
pub(super) fn san_policy(registry: &Registry) -> Look<Claim<u32>> {
    registry.current(r"Services\partmgr\Parameters")?.number("SanPolicy")
}

/// Virtualization-based security.
pub(super) fn virtualization_based_security(registry: &Registry) -> Look<Claim<bool>> {
    registry.current(r"Control\DeviceGuard")?.flag("EnableVirtualizationBasedSecurity")
}

/// Restart after a crash.
pub(super) fn auto_reboot(registry: &Registry) -> Look<Claim<bool>> {
    registry.current(r"Control\CrashControl")?.flag("AutoReboot")
}
