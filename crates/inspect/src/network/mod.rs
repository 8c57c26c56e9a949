//! Network configuration: which profiles there are, and who reads them.
//!
//! # How to add a family
//!
//! Write `NAME.rs` with `fn profiles(&Tree, used) -> Look<Vec<NetworkProfile>>`, and a line in [`profiles`].

mod ifcfg;
mod interfaces;
mod keyfile;
mod names;
mod netifrc;
mod netplan;
mod networkd;
mod wicked;

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
        profiles: profiles(tree, services, &readers).known().and_then(non_empty),
        dhcp_clients: dhcp_clients(tree).known().and_then(non_empty),
        persistent_names: names::persistent(tree).known().and_then(non_empty),
        old_names: names::old(context, services).known(),
        network_manager: readers.network_manager,
        static_dns: static_dns(tree).known(),
        reads_drop_ins: interfaces::reads_drop_ins(tree).known(),
    }
}

fn profiles(tree: &Tree<'_>, services: &Services<'_, '_>, readers: &Readers) -> Look<Vec<NetworkProfile>> {
    let mut all = ifcfg::red_hat(tree, &either(&readers.scripts, &readers.network_manager))?;
    all.extend(ifcfg::suse(tree, &readers.wicked)?);
    all.extend(wicked::profiles(tree, &readers.wicked)?);
    all.extend(netifrc::profiles(tree, services)?);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;
    use facts::{Addressing, NetworkSource};

    fn profiles(files: &[(&str, &str)]) -> Vec<NetworkProfile> {
        linux(files).network.profiles.value().cloned().unwrap_or_default()
    }

    fn one(files: &[(&str, &str)]) -> (InterfaceMatch, Addressing, bool) {
        let all = profiles(files);
        assert_eq!(all.len(), 1, "{all:?}");
        (all[0].interface.clone(), *all[0].addressing.value().unwrap(), *all[0].on_boot.value().unwrap())
    }

    fn name(text: &str) -> InterfaceMatch {
        InterfaceMatch::Name(text.into())
    }

    #[test]
    fn red_hat() {
        let at = "/etc/sysconfig/network-scripts/ifcfg-eth0";
        assert_eq!(one(&[(at, "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n")]), (name("eth0"), Addressing::Dhcp, true));
        let bound = "BOOTPROTO=none\nIPADDR=192.0.2.1\nHWADDR=00:0c:29:00:00:01\nONBOOT=no\n";
        assert_eq!(one(&[(at, bound)]), (InterfaceMatch::Mac("00:0c:29:00:00:01".into()), Addressing::Static, false));
        let skipped = ["ifcfg-lo", "ifcfg-eth0.bak", "ifcfg-eth0:1", "route-eth0"];
        for file in skipped {
            assert!(profiles(&[(&format!("/etc/sysconfig/network-scripts/{file}"), "BOOTPROTO=dhcp\n")]).is_empty());
        }
    }

    #[test]
    fn suse() {
        let found = one(&[("/etc/sysconfig/network/ifcfg-eth0", "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n")]);
        assert_eq!(found, (name("eth0"), Addressing::Dhcp, true));
        let found = one(&[(
            "/etc/sysconfig/network/ifcfg-eth-id-00:11",
            "BOOTPROTO='static'\nIPADDR='192.0.2.1/24'\nSTARTMODE='off'\n",
        )]);
        assert_eq!(found, (InterfaceMatch::Mac("00:11".into()), Addressing::Static, false));
    }

    #[test]
    fn debian() {
        let main = "auto lo\niface lo inet loopback\nsource interfaces.d/*\n";
        let more =
            "auto eth0\niface eth0 inet static\n address 192.0.2.1/24\niface eth0 inet6 static\n address 2001:db8::1\n";
        let all = profiles(&[("/etc/network/interfaces", main), ("/etc/network/interfaces.d/eth0", more)]);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].addresses, ["192.0.2.1/24", "2001:db8::1"]);
        assert_eq!((&all[0].addressing, &all[0].on_boot), (&Known::Is(Addressing::Static), &Known::Is(true)));
        assert_eq!(all[0].evidence.path.as_deref(), Some("/etc/network/interfaces.d/eth0"));
        assert_eq!(
            one(&[("/etc/network/interfaces", "iface ens33 inet dhcp\n")]),
            (name("ens33"), Addressing::Dhcp, false)
        );
        let itself = [("/etc/network/interfaces", "source /etc/network/interfaces\n")];
        assert!(linux(&itself).network.profiles.reason().is_some());
    }

    #[test]
    fn netplan() {
        let base = "network:\n  version: 2\n  ethernets:\n    eth0:\n      match: {macaddress: 'aa:bb'}\n      addresses: [192.0.2.1/24]\n";
        let found = one(&[("/etc/netplan/01.yaml", base)]);
        assert_eq!(found, (InterfaceMatch::Mac("aa:bb".into()), Addressing::Static, true));
        let later = "network: {ethernets: {eth0: {dhcp4: true, match: {name: 'en*'}}}}\n";
        let found = one(&[("/etc/netplan/01.yaml", base), ("/etc/netplan/50.yaml", later)]);
        assert_eq!(found, (name("en*"), Addressing::Dhcp, true));
        assert!(linux(&[("/etc/netplan/01.yaml", "network: [\n")]).network.profiles.reason().is_some());
    }

    #[test]
    fn network_manager_and_networkd() {
        let profile = "[connection]\ntype=ethernet\ninterface-name=ens192\n[ipv4]\nmethod=manual\naddress1=192.0.2.1/24,192.0.2.254\n";
        let found = one(&[("/etc/NetworkManager/system-connections/a.nmconnection", profile)]);
        assert_eq!(found, (name("ens192"), Addressing::Static, true));
        let found = one(&[("/etc/systemd/network/10.network", "[Match]\nName=*\n[Network]\nDHCP=ipv4\n")]);
        assert_eq!(found, (InterfaceMatch::Any, Addressing::Dhcp, true));
        let shipped = [(
            "/usr/lib/systemd/network/80-container.network",
            "[Match]\nVirtualization=container\n[Network]\nDHCP=yes\n",
        )];
        assert!(profiles(&shipped).is_empty());
    }

    #[test]
    fn who_reads_them() {
        let file = ("/etc/network/interfaces", "auto eth0\niface eth0 inet dhcp\n");
        let script = ("/etc/rc3.d/S01networking", "-> x");
        let used = |files: &[(&str, &str)]| profiles(files)[0].used.clone();
        assert_eq!(used(&[file, script, ("/sbin/init", "")]), Known::Is(true));
        assert_eq!(used(&[file, ("/sbin/init", "")]), Known::Is(false));
        assert_eq!(profiles(&[file])[0].source, NetworkSource::Interfaces);
    }

    #[test]
    fn names_and_name_servers() {
        let rule = "# x\nSUBSYSTEM==\"net\", ATTR{address}==\"00:0c\", NAME=\"eth0\"\n";
        let found = linux(&[
            ("/etc/udev/rules.d/70-persistent-net.rules", rule),
            ("/etc/systemd/network/10.link", "[Match]\nMACAddress=aa\n[Link]\nName=lan0\n"),
            ("/etc/resolv.conf", "search x\nnameserver 192.0.2.53\n"),
            ("/sbin/init", ""),
            ("/sbin/dhclient", ""),
            ("/usr/sbin/dhclient", "-> ../../sbin/dhclient"),
        ])
        .network;
        let names = found.persistent_names.value().unwrap();
        assert_eq!((names.len(), names[0].line), (2, Some(2)));
        assert_eq!(found.static_dns.value().unwrap(), &["192.0.2.53"]);
        assert_eq!(found.old_names, Known::Is(true), "before systemd there was no other scheme");
        assert_eq!(found.dhcp_clients.value().unwrap().len(), 1);
        assert!(linux(&[("/etc/resolv.conf", "-> ../run/x")]).network.static_dns.is_absent());
    }
}
