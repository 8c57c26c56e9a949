//! Programs of clouds and hypervisors that run in the guest, and small tools that ECS relies on.

use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::services::Services;
use facts::{Linux, Service};

/// Name, files, units.
type Program = (&'static str, &'static [&'static str], &'static [&'static str]);

const QEMU_GUEST_AGENT: Program =
    ("qemu-guest-agent", &["/usr/bin/qemu-ga", "/usr/sbin/qemu-ga"], &["qemu-guest-agent.service", "qemu-ga.service"]);

const CLOUD_ASSISTANT: Program = (
    "aliyun-assist",
    &["/usr/local/share/aliyun-assist", "/usr/sbin/aliyun-service", "/usr/sbin/aliyun_service"],
    &["aliyun.service", "AssistDaemon.service"],
);

const SECURITY_AGENT: Program = ("aegis", &["/usr/local/aegis"], &["aegis.service"]);

/// Agents of other clouds and hypervisors.
const FOREIGN: &[Program] = &[
    ("waagent", &["/usr/sbin/waagent"], &["walinuxagent.service", "waagent.service"]),
    ("google-guest-agent", &["/usr/bin/google_guest_agent"], &["google-guest-agent.service"]),
    ("amazon-ssm-agent", &["/usr/bin/amazon-ssm-agent"], &["amazon-ssm-agent.service"]),
    ("open-vm-tools", &["/usr/bin/vmtoolsd"], &["open-vm-tools.service", "vmtoolsd.service", "vmware-tools"]),
    (
        "virtualbox-guest",
        &["/usr/sbin/VBoxService", "/opt/VBoxGuestAdditions"],
        &["vboxadd-service.service", "vboxservice.service"],
    ),
    ("xe-guest-utilities", &["/usr/sbin/xe-daemon"], &["xe-linux-distribution.service", "xe-daemon.service"]),
    (
        "hyperv-daemons",
        &["/usr/sbin/hv_kvp_daemon", "/usr/sbin/hypervkvpd"],
        &["hypervkvpd.service", "hv-kvp-daemon.service"],
    ),
    ("parallels-tools", &["/usr/bin/prltoolsd"], &["prltoolsd.service"]),
];

/// Time services.
const TIME: &[Program] = &[
    ("chronyd", &["/usr/sbin/chronyd"], &["chronyd.service", "chrony.service"]),
    ("ntpd", &["/usr/sbin/ntpd"], &["ntpd.service", "ntp.service", "ntpsec.service"]),
    ("systemd-timesyncd", &["/lib/systemd/systemd-timesyncd"], &["systemd-timesyncd.service"]),
    ("openntpd", &["/usr/sbin/openntpd"], &["openntpd.service"]),
];

/// Fills in what is known of them.
pub(crate) fn examine(context: &Context<'_>, services: &Services<'_, '_>, linux: &mut Linux) {
    let installed = |(name, paths, units): &Program| services.installed(name, paths, units);
    linux.qemu_guest_agent = installed(&QEMU_GUEST_AGENT).known();
    linux.cloud_assistant = installed(&CLOUD_ASSISTANT).known();
    linux.security_agent = installed(&SECURITY_AGENT).known();
    linux.foreign_agents = foreign(installed).known();
    linux.time_sync = first(TIME, |program| {
        let service = installed(program)?;
        match service.enabled.value() {
            Some(false) => Err(Gap::Absent),
            _ => Ok(service),
        }
    })
    .known();
    linux.growth_tools = growth_tools(context).known();
}

fn foreign(installed: impl Fn(&Program) -> Look<Service>) -> Look<Vec<Service>> {
    let mut all = Vec::new();
    for program in FOREIGN {
        all.extend(installed(program).optional()?);
    }
    if all.is_empty() { Err(Gap::Absent) } else { Ok(all) }
}

/// `growpart`, and what grows the root filesystem.
fn growth_tools(context: &Context<'_>) -> Look<Vec<String>> {
    let root = context.stitched.mounted_at("/").and_then(|id| context.volumes.get(id));
    let fs_type = root.and_then(|held| held.facts.filesystem()).map(|filesystem| filesystem.fs_type.as_str());
    let grow = match fs_type {
        Some("ext2" | "ext3" | "ext4") => "resize2fs",
        Some("xfs") => "xfs_growfs",
        Some("btrfs") => "btrfs",
        _ => return Err(Gap::unknown("which tool grows the root filesystem is not known")),
    };
    ["growpart", grow]
        .iter()
        .map(|name| {
            let places = ["/usr/bin", "/usr/sbin", "/sbin", "/bin"];
            first(places, |place| {
                let path = format!("{place}/{name}");
                context.tree().find(&path).map(|_| path)
            })
        })
        .collect()
}
