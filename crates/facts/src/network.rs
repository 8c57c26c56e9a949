//! Network configuration of a Linux guest.

use crate::{Evidence, Known};
use serde::{Deserialize, Serialize};

/// Network configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Profiles of interfaces other than loopback. Absent: none at all.
    pub profiles: Known<Vec<NetworkProfile>>,
    /// DHCP clients installed, by path. Absent: none.
    pub dhcp_clients: Known<Vec<String>>,
    /// Rules that tie interface names to hardware (`70-persistent-net.rules`, `.link` files). Absent: none.
    pub persistent_names: Known<Vec<Evidence>>,
    /// The kernel names interfaces `eth0`: `net.ifnames=0` on the command line of the default entry.
    pub old_names: Known<bool>,
    /// NetworkManager starts at boot.
    pub network_manager: Known<bool>,
    /// Name servers in `/etc/resolv.conf` that is a plain file. Absent: a link, or none.
    pub static_dns: Known<Vec<String>>,
    /// `/etc/network/interfaces` sources `/etc/network/interfaces.d`, into which cloud-init writes. Absent: no such file.
    #[serde(default)]
    pub reads_drop_ins: Known<bool>,
}

/// Who reads a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkSource {
    /// `/etc/sysconfig/network-scripts/ifcfg-*` (RHEL family).
    #[default]
    Ifcfg,
    /// `/etc/sysconfig/network/ifcfg-*` (SUSE).
    Wicked,
    /// `/etc/network/interfaces`.
    Interfaces,
    /// `/etc/netplan/*.yaml`.
    Netplan,
    /// NetworkManager keyfiles.
    NetworkManager,
    /// systemd-networkd.
    Networkd,
    /// `/etc/rc.conf` of FreeBSD.
    RcConf,
    /// `/etc/conf.d/net` (Gentoo).
    Netifrc,
}

/// Which interface a profile is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterfaceMatch {
    /// Any.
    #[default]
    Any,
    /// A name, or a pattern of names such as `en*`.
    Name(String),
    /// A hardware address.
    Mac(String),
}

/// How the address comes about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// DHCP for IPv4.
    Dhcp,
    /// Fixed.
    Static,
    /// None for IPv4.
    #[default]
    None,
}

/// The configuration of one interface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkProfile {
    /// Who reads it.
    pub source: NetworkSource,
    /// For which interface.
    pub interface: InterfaceMatch,
    /// How it gets its IPv4 address.
    pub addressing: Known<Addressing>,
    /// Brought up at boot.
    pub on_boot: Known<bool>,
    /// Fixed addresses, IPv4 and IPv6.
    pub addresses: Vec<String>,
    /// Something will read it: its service starts at boot.
    pub used: Known<bool>,
    /// Where it is.
    pub evidence: Evidence,
}
