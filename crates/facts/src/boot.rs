//! The way from firmware to kernel.

use crate::{Architecture, Claim, DeviceSpec, Evidence, Known, VolumeId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the firmware would find. BIOS and UEFI are two independent facts, never one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// Through BIOS.
    pub bios: Bootability,
    /// Through UEFI, on a machine that has never seen this disk: no NVRAM entries.
    pub uefi: Bootability,
    /// The boot code in the first sector. Absent: zeros.
    pub code: Known<Claim<BootCode>>,
    /// EFI loaders found on EFI system partitions. Absent: no such partition, or none on it.
    pub esp_loaders: Known<Vec<EspLoader>>,
}

/// Whether one kind of firmware would start something from this disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bootability {
    /// Whether it would. Absent is never used.
    pub can: Known<bool>,
    /// What speaks for the answer: each step that is there.
    pub evidence: Vec<Evidence>,
    /// What is missing on the way, in order; empty if it can.
    pub missing: Vec<Evidence>,
}

/// Who wrote the boot code in the first sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootCode {
    /// GRUB 2 `boot.img`.
    Grub2,
    /// GRUB 0.9x stage 1.
    GrubLegacy,
    /// LILO.
    Lilo,
    /// syslinux `mbr.bin`, `gptmbr.bin` and the like: starts the active partition.
    Syslinux,
    /// Windows: starts the active partition.
    Windows,
    /// FreeBSD `boot0`, `pmbr`.
    FreeBsd,
    /// Another, such as the ones of partitioning tools.
    Other,
}

/// An EFI program on an ESP.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EspLoader {
    /// Where it is.
    pub evidence: Evidence,
    /// Machine type in its PE header. Unknown where that is none of ours, or it is no PE file.
    pub architecture: Known<Architecture>,
    /// At the path that firmware tries without being told (`\EFI\BOOT\BOOTX64.EFI`).
    pub fallback: bool,
    /// Length of the file.
    pub size: u64,
}

/// Which boot loader reads the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoaderKind {
    /// GRUB 2.
    #[default]
    Grub2,
    /// GRUB 0.9x.
    GrubLegacy,
    /// extlinux, syslinux.
    Extlinux,
    /// systemd-boot.
    SystemdBoot,
    /// None: the firmware starts a kernel that is an EFI program with everything in it.
    UnifiedKernel,
}

impl fmt::Display for LoaderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LoaderKind::Grub2 => "GRUB 2",
            LoaderKind::GrubLegacy => "GRUB 0.9x",
            LoaderKind::Extlinux => "extlinux",
            LoaderKind::SystemdBoot => "systemd-boot",
            LoaderKind::UnifiedKernel => "unified kernel image",
        })
    }
}

/// The configuration of the boot loader.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loader {
    /// Which.
    pub kind: LoaderKind,
    /// Its version: of its modules or its program. Unknown where none of them says it.
    #[serde(default)]
    pub version: Known<Claim<String>>,
    /// The file it reads, and those that this one leads to.
    pub config: Vec<Evidence>,
    /// All entries in menu order, those in submenus after their submenu's place, BLS entries in GRUB's order.
    pub entries: Vec<BootEntry>,
    /// Index in `entries` of the one that starts by itself. Absent: the menu waits or is empty.
    pub default: Known<usize>,
    /// Why that one: `set default="0"`, `saved_entry=…`.
    pub default_evidence: Vec<Evidence>,
    /// Seconds that the menu waits; -1 for ever.
    pub timeout: Known<i64>,
    /// Filesystems that the configuration looks for by UUID or label.
    pub searches: Vec<LoaderSearch>,
    /// Whether GRUB's modules (`normal.mod`) lie where its prefix says. Absent: looked for, not there. The value is the
    /// directories, such as `/boot/grub/i386-pc`.
    pub module_dirs: Known<Vec<String>>,
    /// A password is asked for before the default entry starts.
    pub locked: Known<bool>,
}

impl Loader {
    /// The entry that starts by itself.
    pub fn default_entry(&self) -> Option<&BootEntry> {
        self.default.value().and_then(|&index| self.entries.get(index))
    }
}

/// `search --fs-uuid …` and its like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoaderSearch {
    /// What is looked for.
    pub spec: DeviceSpec,
    /// Where it says so.
    pub evidence: Evidence,
    /// Stands behind another way that works (`--hint`, an `else` branch, a non-default entry).
    pub optional: bool,
}

/// One entry of the boot menu.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BootEntry {
    /// BLS id or GRUB's `menuentry_id_option`.
    pub id: Option<String>,
    /// What the menu shows.
    pub title: String,
    /// Where it is defined.
    pub evidence: Evidence,
    /// The kernel that it loads. Absent: none (a chain loader, a firmware setup entry).
    pub kernel: Known<FileRef>,
    /// The initramfs files that it loads, in order.
    pub initrds: Vec<FileRef>,
    /// Kernel command line, variables expanded.
    pub cmdline: String,
    /// The `root=` on it. Absent: none.
    pub root: Known<DeviceSpec>,
    /// A rescue or recovery entry.
    pub rescue: bool,
}

/// A file that a configuration names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileRef {
    /// As written.
    pub path: String,
    /// The volume that the loader takes it from.
    pub volume: Option<VolumeId>,
    /// Length of the file. Absent: it is not there.
    pub size: Known<u64>,
    /// Where it is named.
    pub evidence: Evidence,
}
