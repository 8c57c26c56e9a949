//! What is particular to Linux guests.

use crate::{
    Architecture, Claim, CloudInit, Evidence, FileRef, Firewall, Known, Network, RootLogin, Selinux, Sshd, VolumeId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a device is named in fstab or on a kernel command line, and what on this disk that is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceSpec {
    /// As written, quotes and escapes removed.
    pub text: String,
    /// By what it names the device.
    pub kind: SpecKind,
    /// The volume. Absent: nothing on this disk answers to it. Unknown: cannot be told from the disk alone.
    pub volume: Known<VolumeId>,
}

/// By what a device is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecKind {
    /// `UUID=`, `/dev/disk/by-uuid/`.
    Uuid,
    /// `LABEL=`, `/dev/disk/by-label/`.
    Label,
    /// `PARTUUID=`, `/dev/disk/by-partuuid/`.
    PartUuid,
    /// `PARTLABEL=`, `/dev/disk/by-partlabel/`.
    PartLabel,
    /// `/dev/mapper/…`, `/dev/group/volume`, `dm-uuid-LVM-…`.
    Mapper,
    /// `/dev/md…`.
    Md,
    /// A name that the kernel gives by order of discovery and driver: `/dev/sda1`, `/dev/xvda1`, `/dev/vda1`.
    KernelName,
    /// `/dev/disk/by-id/`, `/dev/disk/by-path/`: names of the hardware it was made on.
    Hardware,
    /// A host on the network: `host:/path`, `//host/share`.
    Network,
    /// No device: `tmpfs`, `proc`, `none`, an overlay, a bind mount, a swap file.
    Pseudo,
    /// A removable medium: `/dev/cdrom`, `/dev/fd0`.
    Removable,
    /// Anything else.
    #[default]
    Other,
}

/// The configuration of a Linux guest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Linux {
    /// `/etc/fstab`. Absent: there is none.
    pub fstab: Known<Fstab>,
    /// Network configuration.
    pub network: Network,
    /// cloud-init. Absent: not installed.
    pub cloud_init: Known<CloudInit>,
    /// OpenSSH server. Absent: not installed.
    pub sshd: Known<Sshd>,
    /// root's account. Absent: no such account.
    pub root_login: Known<RootLogin>,
    /// SELinux. Absent: no configuration of it.
    pub selinux: Known<Selinux>,
    /// Packet filters that start at boot. Absent: none does.
    pub firewalls: Known<Vec<Firewall>>,
    /// qemu-guest-agent. Absent: not installed.
    pub qemu_guest_agent: Known<Service>,
    /// Agents of clouds and hypervisors other than ECS: waagent, open-vm-tools. Absent: none.
    pub foreign_agents: Known<Vec<Service>>,
    /// Cloud Assistant. Absent: not installed.
    pub cloud_assistant: Known<Service>,
    /// Security Center agent. Absent: not installed.
    pub security_agent: Known<Service>,
    /// A time service: chronyd, ntpd, systemd-timesyncd. Absent: none starts at boot.
    pub time_sync: Known<Service>,
    /// `growpart`, and the tool that grows the root filesystem; paths. Absent: one of them is missing.
    pub growth_tools: Known<Vec<String>>,
    /// What the package database says. Absent: there is none that is known.
    pub packages: Known<Packages>,
    /// Name of the init system: `systemd`, `sysv`, `upstart`, `openrc`.
    pub init: Known<String>,
    /// What `init` aims at: `multi-user.target`, runlevel `3`. Absent: nothing says so.
    pub default_target: Known<DefaultTarget>,
    /// The hardware clock is taken for UTC.
    pub rtc_utc: Known<bool>,
    /// `/etc/machine-id`: `Is(true)` holds an id, `Is(false)` empty or `uninitialized`. Absent: no such file.
    pub machine_id: Known<bool>,
    /// Host keys of sshd in the image.
    pub ssh_host_keys: Known<Vec<String>>,
    /// `/lib`, `/bin`, …: links at the root with an absolute target, as evidence. Absent: none.
    pub absolute_links: Known<Vec<Evidence>>,
    /// What must be there and is not: `/sbin/init`, its loader and C library, a shell, `mount`. Absent: all is there.
    pub missing_programs: Known<Vec<String>>,
    /// Account files with the immutable or append-only flag. Absent: none has it.
    pub immutable_files: Known<Vec<Evidence>>,
    /// `passwd` and `chpasswd` with which a password is set; paths found. Absent: one of them is missing.
    pub password_tools: Known<Vec<String>>,
    /// `/etc/issue` and a release file that identify the system. Absent: neither.
    pub release_files: Known<Vec<String>>,
    /// Terminals with a login prompt after boot: `tty1`, `ttyS0`. Absent: none.
    #[serde(default)]
    pub login_terminals: Known<Vec<Claim<String>>>,
    /// Passwords hashed with SHA-512 (`$6$`) are understood. Unknown where no C library was found.
    #[serde(default)]
    pub sha512_passwords: Known<Claim<bool>>,
    /// `ENCRYPT_METHOD` of `/etc/login.defs`: how new passwords are hashed. Absent: not set.
    #[serde(default)]
    pub password_method: Known<Claim<String>>,
    /// Files with SSH keys that let somebody in: `authorized_keys` of root and in `/home`. Absent: none.
    #[serde(default)]
    pub authorized_keys: Known<Vec<Evidence>>,
    /// `/.autorelabel` is there.
    pub autorelabel: Known<bool>,
    /// `/aliyun_custom_image` at the root of the first partition, where ECS looks for it.
    #[serde(default)]
    pub custom_directory: Known<Evidence>,
    /// The deployment that boots, of systems that OSTree deploys: its directory on the root volume. Absent: not such a
    /// system.
    #[serde(default)]
    pub ostree: Known<Evidence>,
    /// A boot script that reads `/aliyun_custom_image`, or the directory itself (for Customized Linux).
    pub aliyun_custom_image: Known<Evidence>,
    /// Module options set in `modprobe.d`, as `module.option` → value, for modules that rules ask about.
    pub module_options: BTreeMap<String, String>,
    /// Modules that `modprobe.d` keeps from loading (`blacklist`, `install … /bin/true`).
    pub blocked_modules: BTreeMap<String, Evidence>,
}

/// What a package database says is installed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Packages {
    /// Whose: `dpkg`, `rpm`.
    pub manager: String,
    /// How many there are.
    pub count: usize,
    /// Versions of those that rules ask about, by name; several of what may be installed side by side.
    pub versions: BTreeMap<String, Vec<String>>,
    /// The database.
    pub evidence: Evidence,
}

/// What the system boots into.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DefaultTarget {
    /// `multi-user.target`, `graphical.target`, `3`.
    pub name: String,
    /// Where it says so.
    pub evidence: Evidence,
}

/// `/etc/fstab`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fstab {
    /// The file.
    pub evidence: Evidence,
    /// Its entries in order.
    pub entries: Vec<FstabEntry>,
    /// Lines that are no entry: too few fields, a carriage return, not text.
    pub malformed: Vec<Evidence>,
}

/// One entry of fstab.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FstabEntry {
    /// What is mounted.
    pub spec: DeviceSpec,
    /// Where; `none` or `swap` for swap.
    pub mount_point: String,
    /// Type as written.
    pub fs_type: String,
    /// Options, split at commas.
    pub options: Vec<String>,
    /// Sixth field.
    pub pass: Option<u32>,
    /// Whether the mount point's directory is there. Absent is never used.
    pub mount_point_exists: Known<bool>,
    /// The line.
    pub evidence: Evidence,
}

impl FstabEntry {
    /// Whether it has the option.
    pub fn has_option(&self, name: &str) -> bool {
        self.options.iter().any(|option| option == name)
    }

    /// Whether the boot goes on without it: `nofail`, `noauto`, `x-systemd.automount`.
    pub fn is_optional(&self) -> bool {
        ["nofail", "noauto", "x-systemd.automount"].iter().any(|name| self.has_option(name))
    }
}

/// A kernel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// As in `/lib/modules/VERSION`.
    pub version: String,
    /// The default boot entry loads it.
    pub default: bool,
    /// The kernel's file. Absent: modules without a kernel.
    pub image: Known<FileRef>,
    /// Architecture by its header.
    pub architecture: Known<Architecture>,
    /// `/lib/modules/VERSION`. Absent: no such directory.
    pub modules: Known<Evidence>,
    /// The initramfs that is loaded with it. Absent: none is.
    pub initramfs: Known<Initramfs>,
    /// Where the boot entry loads none: the one that is called after this kernel, and lies there unused. Absent: none.
    #[serde(default)]
    pub unused_initramfs: Known<Initramfs>,
    /// Drivers that rules ask about, by module name with `_` for `-`. Absent: neither built in, nor in the initramfs,
    /// nor in its module directory.
    pub drivers: BTreeMap<String, Known<Driver>>,
    /// Configuration values that rules ask about: `CONFIG_VIRTIO_BLK` → `y`, `m`, or `n` where the file says it is not
    /// set. Empty where there is no configuration file.
    pub config: BTreeMap<String, String>,
    /// Built for Xen guests only.
    pub xen_only: bool,
}

/// Where a driver is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// In the kernel itself.
    #[default]
    BuiltIn,
    /// In the initramfs that the default entry loads.
    Initramfs,
    /// Only among the modules on disk: not there before the root filesystem is.
    Disk,
}

/// A driver that is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// Where.
    pub presence: Presence,
    /// What shows it.
    pub evidence: Evidence,
    /// For a driver in the initramfs: modules it depends on that are neither there nor built in.
    pub missing_dependencies: Vec<String>,
}

/// An initramfs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Initramfs {
    /// The file.
    pub file: FileRef,
    /// Its segments in order, such as `cpio`, `zstd`.
    pub segments: Vec<String>,
    /// What made it: `dracut`, `initramfs-tools`, `mkinitrd`, `mkinitcpio`. Absent: no mark of those.
    pub generator: Known<String>,
    /// Number of kernel modules seen in it.
    pub modules: u32,
    /// Those of them that rules ask about, by name.
    #[serde(default)]
    pub drivers: Vec<String>,
    /// Holds only what the machine it was made on needed, by its own account.
    pub host_only: Known<bool>,
    /// Whether all of it was read; not so where reading ended once every driver that matters was seen. Absent is never
    /// used.
    pub complete: Known<bool>,
}

/// A program that may start at boot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Starts at boot.
    pub enabled: Known<bool>,
    /// What shows that it is installed, and enabled.
    pub evidence: Vec<Evidence>,
}
