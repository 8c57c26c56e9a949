//! What is particular to FreeBSD.

use crate::{Claim, CloudInit, DeviceSpec, Evidence, Firewall, Fstab, Known, NetworkProfile, RootLogin, Sshd};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The configuration of a FreeBSD guest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FreeBsd {
    /// Version in the kernel's own file: `13.2-RELEASE-p1`. Absent: there is no kernel.
    pub kernel: Known<Claim<String>>,
    /// Name of the configuration that the kernel was built from: `GENERIC`.
    pub kernel_config: Known<Claim<String>>,
    /// Drivers that rules ask about, by the name of their module: `virtio_pci`, `virtio_blk`, `virtio_scsi`, `if_vtnet`,
    /// `virtio_balloon`, `nvme`. Absent: neither in the kernel nor among its modules.
    pub drivers: BTreeMap<String, Known<BsdDriver>>,
    /// What `loader.conf` and its like set.
    pub loader: BsdLoader,
    /// What the kernel mounts as `/`: `vfs.root.mountfrom`, else the entry of `fstab`. Absent: nothing says so.
    pub root_device: Known<Claim<DeviceSpec>>,
    /// `/etc/fstab`. Absent: there is none.
    pub fstab: Known<Fstab>,
    /// `ifconfig_*` in `rc.conf`, without loopback. Absent: none.
    pub interfaces: Known<Vec<NetworkProfile>>,
    /// DHCP client; path. Absent: none.
    pub dhcp_client: Known<String>,
    /// `defaultrouter`. Absent: not set.
    pub default_router: Known<Claim<String>>,
    /// OpenSSH server. Absent: not installed. Where `PermitRootLogin` is not set, FreeBSD's own server means no.
    pub sshd: Known<Sshd>,
    /// cloud-init. Absent: not installed.
    pub cloud_init: Known<CloudInit>,
    /// Packet filters that start at boot: `pf`, `ipfw`, `ipfilter`. Absent: none does.
    pub firewalls: Known<Vec<Firewall>>,
    /// root's account. Absent: no such account.
    pub root_login: Known<RootLogin>,
    /// Terminals with a login prompt. Absent: none.
    pub terminals: Known<Vec<BsdTerminal>>,
    /// `growfs_enable`: the root filesystem grows into its partition at the first boot. Absent: not set.
    pub growfs: Known<Claim<bool>>,
    /// What `/sbin/init` runs: `rc`. Absent: one of the two is missing.
    pub init: Known<String>,
    /// The files whose assignments make up `rc.conf`, in the order in which they are read.
    pub rc_files: Vec<Evidence>,
}

/// When a driver is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BsdPresence {
    /// In the kernel itself.
    #[default]
    BuiltIn,
    /// The loader brings it in with the kernel: early enough for the root filesystem.
    Loader,
    /// `kld_list` brings it in once the root filesystem is there.
    Late,
    /// Only among the modules on disk: nothing asks for it.
    Disk,
}

/// A driver that is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BsdDriver {
    /// When.
    pub presence: BsdPresence,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// What the configuration of the loader sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BsdLoader {
    /// The files, in the order in which they are read. Absent: none.
    pub files: Known<Vec<Evidence>>,
    /// Modules that are loaded with the kernel (`NAME_load="YES"`). Absent: none.
    pub modules: Known<Vec<BsdModule>>,
    /// `console`: `comconsole`, `vidconsole`, `efi`, in order. Absent: not set.
    pub console: Known<Claim<Vec<String>>>,
    /// `/boot.config` or `/boot/config`: flags of the boot blocks, such as `-Dh`. Absent: neither.
    pub boot_flags: Known<Claim<String>>,
    /// `autoboot_delay`: seconds, or `NO`, which waits for ever, or `-1`, which does not wait. Absent: not set, 10 seconds.
    pub autoboot_delay: Known<Claim<String>>,
    /// `vfs.root.mountfrom`. Absent: not set.
    pub mount_from: Known<Claim<String>>,
}

/// A module that the loader is told to load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BsdModule {
    /// Its name.
    pub name: String,
    /// Its file. Absent: not where the loader looks, so that it will not be loaded.
    pub file: Known<Evidence>,
    /// Where it says so.
    pub evidence: Evidence,
}

/// A terminal of `/etc/ttys`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BsdTerminal {
    /// `ttyv0`, `ttyu0`.
    pub name: String,
    /// Only where it is the console (`onifconsole`, `onifexists`).
    pub conditional: bool,
    /// The line.
    pub evidence: Evidence,
}
