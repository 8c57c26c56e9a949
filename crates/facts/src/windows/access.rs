//! How a Windows guest is reached.

use crate::{Claim, Evidence, Known};
use serde::{Deserialize, Serialize};

/// Remote desktop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemoteDesktop {
    /// Connections are let in: by policy where that says, else by the system's setting. Absent: neither is set, which
    /// means no.
    pub allowed: Known<Claim<bool>>,
    /// Port. Absent: not set, which means 3389.
    pub port: Known<Claim<u32>>,
    /// Network-level authentication is asked for. Absent: not set.
    pub network_level_authentication: Known<Claim<bool>>,
    /// The service is not disabled. Absent: there is no such service.
    pub service: Known<Claim<bool>>,
}

/// Windows Firewall.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowsFirewall {
    /// On in the profile for domains, by policy where that says. Absent: not set.
    pub domain: Known<Claim<bool>>,
    /// On in the profile for private networks.
    pub private: Known<Claim<bool>>,
    /// On in the profile for public networks, which a new network is taken for.
    pub public: Known<Claim<bool>>,
    /// Active rules that let remote desktop in or keep it out. Absent: none.
    pub remote_desktop: Known<Vec<FirewallRule>>,
}

/// An active rule of the firewall for incoming connections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FirewallRule {
    /// Name of its value: `RemoteDesktop-UserMode-In-TCP`.
    pub name: String,
    /// It lets connections in; else it keeps them out.
    pub allows: bool,
    /// Profiles that it is for: `Domain`, `Private`, `Public`. Empty: all.
    pub profiles: Vec<String>,
    /// Where it is.
    pub evidence: Evidence,
}

/// The configuration of a network adapter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adapter {
    /// GUID with braces.
    pub id: String,
    /// Name in the list of connections. Absent: it is no adapter that is or was there.
    pub name: Known<String>,
    /// `EnableDHCP`. Absent: not set.
    pub dhcp: Known<bool>,
    /// Fixed addresses. Absent: none.
    pub addresses: Known<Vec<String>>,
    /// Fixed name servers. Absent: none.
    pub name_servers: Known<Vec<String>>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// A local account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its name, which may have been changed. Unknown: not among the names.
    pub name: Known<String>,
    /// The account is disabled.
    pub disabled: Known<bool>,
    /// Where it stands.
    pub evidence: Evidence,
}
