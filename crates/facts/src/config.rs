//! Login, agents and protection of a Linux guest.

use crate::{Claim, Evidence, Known};
use serde::{Deserialize, Serialize};

/// cloud-init.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CloudInit {
    /// Version, where something says so.
    pub version: Known<Claim<String>>,
    /// Starts at boot.
    pub enabled: Known<bool>,
    /// What disables it: `/etc/cloud/cloud-init.disabled`, a kernel argument, masked units.
    pub disabled_by: Vec<Evidence>,
    /// `datasource_list` in effect. Absent: not set, so that it looks for itself.
    pub datasources: Known<Claim<Vec<String>>>,
    /// `disable_root` in effect. Absent: not set.
    pub disable_root: Known<Claim<bool>>,
    /// `ssh_pwauth` in effect. Absent: not set.
    pub ssh_pwauth: Known<Claim<bool>>,
    /// `network: {config: disabled}`. Absent: not set.
    pub network_disabled: Known<Evidence>,
    /// Names of the modules it runs, of all three stages. Absent: not set.
    pub modules: Known<Vec<String>>,
    /// State of an earlier run (`/var/lib/cloud/instance`). Absent: none.
    pub stale: Known<Evidence>,
    /// A plain file `aliyun_cloud.cfg` in `/etc/cloud/cloud.cfg.d`, where instances of ECS have a link to what the
    /// platform hands over. Absent: none, or such a link.
    #[serde(default)]
    pub vendor_file: Known<Evidence>,
    /// What shows that it is installed.
    pub evidence: Vec<Evidence>,
}

/// The OpenSSH server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sshd {
    /// Starts at boot, as a service or on demand by a socket.
    pub enabled: Known<bool>,
    /// Ports in effect; `[22]` where none is set.
    pub ports: Known<Vec<u16>>,
    /// `PermitRootLogin` in effect, lower case. Absent: not set.
    pub permit_root_login: Known<Claim<String>>,
    /// `PasswordAuthentication` in effect. Absent: not set, which means yes.
    pub password_authentication: Known<Claim<bool>>,
    /// `PubkeyAuthentication` in effect. Absent: not set, which means yes.
    #[serde(default)]
    pub pubkey_authentication: Known<Claim<bool>>,
    /// Whether root may log in by password where `PermitRootLogin` is not set; so it was before OpenSSH 7.0. Absent: not
    /// looked for, since keys are taken or it is set.
    #[serde(default)]
    pub root_by_password: Known<bool>,
    /// `ListenAddress` lines that name an address other than any. Absent: none.
    pub listen_addresses: Known<Vec<Claim<String>>>,
    /// `AllowUsers`, `DenyUsers`, `AllowGroups`, `DenyGroups`. Absent: none.
    pub access_lists: Known<Vec<Evidence>>,
    /// Files with an owner or a mode with which it does not start, or lets nobody in by key: host keys, its empty
    /// directory, root's `.ssh`. Absent: all are as they should be.
    #[serde(default)]
    pub wrong_modes: Known<Vec<Evidence>>,
    /// Lines of its configuration with which it does not start, each with the reason; the file itself where it is
    /// missing. Absent: it starts with what is there.
    #[serde(default)]
    pub refused: Known<Vec<Claim<String>>>,
    /// What shows that it is installed and enabled.
    pub evidence: Vec<Evidence>,
}

/// The account `root`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RootLogin {
    /// Login shell.
    pub shell: String,
    /// Password hash is locked (`!`, `*`).
    pub locked: Known<bool>,
    /// Password is empty.
    pub empty_password: Known<bool>,
    /// How the password is hashed: `sha512`, `yescrypt`, `md5`, `des`. Absent: there is no hash.
    #[serde(default)]
    pub hashed_by: Known<String>,
    /// The password must be changed at the next login.
    #[serde(default)]
    pub must_change: Known<bool>,
    /// The day from which on nobody logs in as root, in days since 1970-01-01. Absent: the account does not expire.
    #[serde(default)]
    pub expires: Known<u32>,
    /// Where it says so.
    pub evidence: Vec<Evidence>,
}

/// Mode of SELinux.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelinuxMode {
    /// On.
    Enforcing,
    /// Only logs.
    Permissive,
    /// Off.
    #[default]
    Disabled,
}

/// SELinux.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selinux {
    /// Mode in effect: of the kernel command line, else of the configuration.
    pub mode: Known<Claim<SelinuxMode>>,
    /// Policy named by the configuration. Absent: none named.
    pub policy: Known<String>,
    /// Whether that policy is installed. Absent is never used.
    pub policy_present: Known<bool>,
}

/// A packet filter that starts at boot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Firewall {
    /// `firewalld`, `ufw`, `iptables`, `nftables`, `SuSEfirewall2`.
    pub name: String,
    /// Whether it lets SSH in, where its rules could be read.
    pub allows_ssh: Known<bool>,
    /// Where it says so.
    pub evidence: Vec<Evidence>,
}
