//! What is particular to Windows guests.
//!
//! Registry keys are named in evidence as in `regedit`, below the path of the hive that they were read from.

mod access;
mod boot;
mod driver;
mod setup;

pub use access::{Account, Adapter, FirewallRule, RemoteDesktop, WindowsFirewall};
pub use boot::{
    BcdDevice, BcdDeviceKind, BcdEntry, BootIni, BootIniEntry, BootStore, DriveLetter, Firmware, PartitionStart,
};
pub use driver::{
    ClassFilter, DeviceBinding, Program, Readiness, ServiceStart, WindowsDriver, WindowsService, XenHiding,
};
pub use setup::{PendingUpdate, Setup};

use crate::{Architecture, Claim, Evidence, Known};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a registry hive says all that was written to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiveState {
    /// It was closed in order.
    #[default]
    Clean,
    /// It was left half written, and its transaction logs made up for that.
    Recovered,
    /// It was left half written, and there is no log to make up for it: the last changes are missing.
    Dirty,
}

/// A registry hive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hive {
    /// Whether it says all that was written to it.
    pub state: HiveState,
    /// What is damaged in its structure.
    pub damage: Vec<Evidence>,
    /// The file.
    pub evidence: Evidence,
}

/// What a Windows installation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductType {
    /// A client edition (`WinNT`).
    Client,
    /// A server (`ServerNT`).
    #[default]
    Server,
    /// A domain controller (`LanmanNT`).
    DomainController,
}

/// Which Windows it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowsVersion {
    /// `ProductName`.
    pub product: Known<Claim<String>>,
    /// Version of the kernel: 6.1, 10.0.
    pub kernel: Known<Claim<(u32, u32)>>,
    /// `CurrentBuildNumber`.
    pub build: Known<Claim<u32>>,
    /// `UBR`: the update within the build. Absent before Windows 8.1.
    pub revision: Known<Claim<u32>>,
    /// `CSDVersion`. Absent: none installed, or a version that has none.
    pub service_pack: Known<Claim<String>>,
    /// `EditionID`. Absent before Vista.
    pub edition: Known<Claim<String>>,
    /// `InstallationType`: `Server`, `Server Core`, `Nano Server`, `Client`. Absent before Windows 7.
    pub installation: Known<Claim<String>>,
    /// `DisplayVersion`, or `ReleaseId` before there was one: `21H2`, `1809`.
    pub release: Known<Claim<String>>,
    /// Server, client or domain controller.
    pub product_type: Known<Claim<ProductType>>,
    /// An evaluation edition: it expires.
    pub evaluation: Known<bool>,
}

/// The configuration of a Windows guest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// `%SystemRoot%` as a path on its volume: `/Windows`.
    pub system_root: String,
    /// The hives by name: `SYSTEM`, `SOFTWARE`, `SAM`, `SECURITY`, `DEFAULT`. Absent: the file is not there.
    pub hives: BTreeMap<String, Known<Hive>>,
    /// The control set in use: `ControlSet001`.
    pub control_set: Known<Claim<String>>,
    /// Which Windows.
    pub version: WindowsVersion,
    /// Files without which it does not start: the kernel, the HAL, the loader; by name in lower case.
    pub system_files: BTreeMap<String, Known<Program>>,
    /// Drivers that start with the loader or the kernel, by name. Unknown: none could be listed.
    pub boot_drivers: Known<Vec<WindowsService>>,
    /// Filters of the classes that disks, volumes and their controllers belong to. Absent: none.
    pub class_filters: Known<Vec<ClassFilter>>,
    /// Drivers for the devices of ECS, by file name without `.sys`: `viostor`, `netkvm`, `stornvme`. Absent: not
    /// installed.
    pub drivers: BTreeMap<String, Known<WindowsDriver>>,
    /// Services of drivers that belong to another hypervisor. Absent: none.
    pub foreign_drivers: Known<Vec<WindowsService>>,
    /// Xen's setting that hides emulated devices. Absent: not set.
    pub xen_hiding: Known<XenHiding>,
    /// Installation of devices is forbidden; what says so. Absent: it is not.
    pub device_installation_disabled: Known<Vec<Evidence>>,
    /// Group policies have been applied from a domain. Absent: none.
    pub group_policies: Known<Evidence>,
    /// Numbers of the updates that are installed: `KB3033929`. Cumulative ones are listed only where the guest names
    /// them by number. Absent: none.
    pub hotfixes: Known<Vec<String>>,
    /// Boot configuration stores. Absent: none.
    pub boot_stores: Known<Vec<BootStore>>,
    /// `boot.ini` of Windows before Vista. Absent: none.
    pub boot_ini: Known<BootIni>,
    /// `bootmgr` or `ntldr` where BIOS boot code looks for it. Absent: neither.
    pub bios_manager: Known<Program>,
    /// `\EFI\Microsoft\Boot\bootmgfw.efi` on an EFI system partition. Absent: not there.
    pub uefi_manager: Known<Program>,
    /// What the first sector of the volume that BIOS starts says of its place. Absent: no active partition.
    pub partition_start: Known<PartitionStart>,
    /// Drive letters that the registry keeps. Absent: none.
    pub drive_letters: Known<Vec<DriveLetter>>,
    /// The image holds the memory of a suspended machine (also after a shutdown with Fast Startup). Absent: it does not.
    pub hibernated: Known<Evidence>,
    /// Fast Startup is on. Absent: not set.
    pub fast_startup: Known<Claim<bool>>,
    /// What an unfinished update left. Absent: nothing.
    pub pending_updates: Known<Vec<PendingUpdate>>,
    /// Setup and sysprep.
    pub setup: Setup,
    /// Remote desktop.
    pub remote_desktop: RemoteDesktop,
    /// Windows Firewall.
    pub firewall: WindowsFirewall,
    /// Network adapters that have a configuration. Absent: none.
    pub adapters: Known<Vec<Adapter>>,
    /// `RealTimeIsUniversal`: the hardware clock is taken for UTC. Absent: not set, which means local time.
    pub rtc_utc: Known<Claim<bool>>,
    /// Page files by the path that is set. Absent: none set.
    pub page_files: Known<Claim<Vec<String>>>,
    /// `SanPolicy` of the partition manager: 1 brings all disks online. Absent: not set.
    pub san_policy: Known<Claim<u32>>,
    /// Agents by name in lower case: `vminit`, `aliyunservice`, `cloudbase-init`, `qemu-ga`. Absent: not installed.
    pub agents: BTreeMap<String, Known<WindowsService>>,
    /// Installed tools of hypervisors and clouds, by the name in the list of programs. Absent: none.
    pub foreign_tools: Known<Vec<Claim<String>>>,
    /// Installed security programs that are not Microsoft's, in the same way. Absent: none known here.
    pub security_programs: Known<Vec<Claim<String>>>,
    /// Where a password or an answer file with one lies; never its content. Absent: nowhere that was looked.
    pub secrets: Known<Vec<Evidence>>,
    /// The built-in administrator. Absent: no such account.
    pub administrator: Known<Account>,
    /// `desktop.ini` files of the common desktop and start menu that are there. Absent: none.
    pub desktop_ini: Known<Vec<String>>,
    /// Virtualization-based security is switched on. Absent: not set.
    pub virtualization_based_security: Known<Claim<bool>>,
    /// Restarts by itself after a crash. Absent: not set.
    pub auto_reboot: Known<Claim<bool>>,
    /// Architecture by `PROCESSOR_ARCHITECTURE`, the second opinion to that of the kernel's file.
    pub declared_architecture: Known<Claim<Architecture>>,
}
