//! Network configuration: which profiles there are, and who reads them.
//!
//! # How to add a family
//!
//! Write `NAME.rs` with `fn profiles(&Tree, used) -> Look<Vec<NetworkProfile>>`, and a line in [`profiles`].

mod ifcfg;
mod interfaces;
mod keyfile;
mod names;
mod netplan;
mod networkd;

use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _, non_empty};
use crate::services::Services;
use crate::tree::Tree;
use facts::{InterfaceMatch, Known, Network, NetworkProfile};

/// Most profiles of one family that are read.
const MAX_FILES: usize = 256;

/// Programs that ask for an address by DHCP.
const DHCP_CLIENTS: &[&str] = &[
    "/usr/sbin/dhclient",
    "/sbin/dhclient",
    "/usr/sbin/dhcpcd",
    "/sbin/dhcpcd",
    "/sbin/udhcpc",
    "/usr/sbin/NetworkManager",
    "/usr/lib/systemd/systemd-networkd",
    "/lib/systemd/systemd-networkd",
    "/usr/lib/wicked/bin/wickedd-dhcp4",
    "/usr/libexec/wicked/bin/wickedd-dhcp4",
];

/// Who starts at boot and reads profiles.
struct Readers {
    network_manager: Known<bool>,
    networkd: Known<bool>,
    netplan: Known<bool>,
    ifupdown: Known<bool>,
    scripts: Known<bool>,
    wicked: Known<bool>,
}

impl Readers {
    fn new(tree: &Tree<'_>, services: &Services<'_, '_>) -> Self {
        let starts = |units: &[&str]| services.starts(units).map(|shown| shown.is_some()).known();
        let generator = |name: &str| {
            let places = ["/usr/lib/systemd/system-generators", "/lib/systemd/system-generators"];
            crate::look::first(places, |place| tree.find(&format!("{place}/{name}"))).found()
        };
        Readers {
            network_manager: starts(&["NetworkManager.service"]),
            networkd: starts(&["systemd-networkd.service", "systemd-networkd.socket"]),
            netplan: generator("netplan")
                .and_then(|found| Ok(found || tree.find("/usr/sbin/netplan").found()?))
                .known(),
            ifupdown: starts(&["networking.service", "networking", "network-interface"]),
            scripts: starts(&["network.service", "network"]),
            wicked: starts(&["wicked.service", "wickedd.service", "network.service", "network"]),
        }
    }
}

/// All of it.
pub(crate) fn examine(context: &Context<'_>, services: &Services<'_, '_>) -> Network {
    let tree = context.tree();
    let readers = Readers::new(tree, services);
    Network {
        profiles: profiles(tree, &readers).known().and_then(non_empty),
        dhcp_clients: dhcp_clients(tree).known().and_then(non_empty),
        persistent_names: names::persistent(tree).known().and_then(non_empty),
        old_names: names::old(context, services).known(),
        network_manager: readers.network_manager,
        static_dns: static_dns(tree).known(),
    }
}

fn profiles(tree: &Tree<'_>, readers: &Readers) -> Look<Vec<NetworkProfile>> {
    let mut all = ifcfg::red_hat(tree, &either(&readers.scripts, &readers.network_manager))?;
    all.extend(ifcfg::suse(tree, &readers.wicked)?);
    all.extend(interfaces::profiles(tree, &readers.ifupdown)?);
    all.extend(netplan::profiles(tree, &readers.netplan)?);
    all.extend(keyfile::profiles(tree, &readers.network_manager)?);
    all.extend(networkd::profiles(tree, &readers.networkd)?);
    Ok(all)
}

fn either(a: &Known<bool>, b: &Known<bool>) -> Known<bool> {
    match (a, b) {
        (Known::Is(true), _) | (_, Known::Is(true)) => Known::Is(true),
        (Known::Unknown(reason), _) | (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
        _ => Known::Is(false),
    }
}

/// A name or pattern of interfaces.
fn by_name(name: &str) -> InterfaceMatch {
    if name.is_empty() || name == "*" { InterfaceMatch::Any } else { InterfaceMatch::Name(name.to_owned()) }
}

fn dhcp_clients(tree: &Tree<'_>) -> Look<Vec<String>> {
    let mut clients: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    for path in DHCP_CLIENTS {
        let Some(found) = tree.find(path).optional()? else { continue };
        if !seen.contains(&found.path) {
            clients.push((*path).to_owned());
            seen.push(found.path);
        }
    }
    Ok(clients)
}

/// Name servers in a `resolv.conf` that is a file.
fn static_dns(tree: &Tree<'_>) -> Look<Vec<String>> {
    if tree.link("/etc/resolv.conf").found()? {
        return Err(Gap::Absent);
    }
    let file = tree.read("/etc/resolv.conf")?;
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let servers = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let servers: Vec<String> =
        servers.map(|server| server.trim().to_owned()).filter(|server| !server.is_empty()).collect();
    if servers.is_empty() { Err(Gap::Absent) } else { Ok(servers) }
}
