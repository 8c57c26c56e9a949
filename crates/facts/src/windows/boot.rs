//! The way from the boot manager to Windows.

use super::HiveState;
use crate::{Evidence, Known, VolumeId};
use serde::{Deserialize, Serialize};

/// Kinds of firmware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firmware {
    /// BIOS.
    #[default]
    Bios,
    /// UEFI.
    Uefi,
}

/// A boot configuration store (BCD).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BootStore {
    /// The firmware whose boot manager reads it, by its place.
    pub firmware: Firmware,
    /// The file.
    pub evidence: Evidence,
    /// Whether it says all that was written to it.
    pub state: HiveState,
    /// What is damaged in its structure.
    pub damage: Vec<Evidence>,
    /// Seconds that the menu waits. Absent: not set.
    pub timeout: Known<u64>,
    /// The loaders of Windows in it. Absent: none.
    pub entries: Known<Vec<BcdEntry>>,
    /// Index in `entries` of the one that starts by itself. Absent: none is named, or another kind of program.
    pub default: Known<usize>,
}

impl BootStore {
    /// The entry that starts by itself.
    pub fn default_entry(&self) -> Option<&BcdEntry> {
        let entries = self.entries.value()?;
        self.default.value().and_then(|&index| entries.get(index))
    }
}

/// A loader of Windows in a boot configuration store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BcdEntry {
    /// Its GUID with braces.
    pub id: String,
    /// What the menu shows. Absent: nothing.
    pub title: Known<String>,
    /// The loader: `\Windows\system32\winload.efi`. Absent: not set.
    pub path: Known<String>,
    /// `SystemRoot`: `\Windows`. Absent: not set.
    pub system_root: Known<String>,
    /// Where the loader is. Absent: not set.
    pub device: Known<BcdDevice>,
    /// Where Windows is. Absent: not set.
    pub os_device: Known<BcdDevice>,
    /// Starts in safe mode: 0 minimal, 1 with network, 2 directory services repair. Absent: it does not.
    pub safe_boot: Known<u64>,
    /// Starts as Windows PE.
    pub win_pe: Known<bool>,
    /// Takes drivers with test signatures.
    pub test_signing: Known<bool>,
    /// Does not check signatures of drivers.
    pub no_integrity_checks: Known<bool>,
    /// Emergency management services (a serial console) are on.
    pub emergency_services: Known<bool>,
    /// Starts the recovery environment after failures. Absent: not set, which means yes.
    pub recovery: Known<bool>,
    /// Its key.
    pub evidence: Evidence,
}

/// By what a boot configuration store names a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BcdDeviceKind {
    /// The partition that the boot manager was started from.
    Boot,
    /// A partition by its place on a disk with a signature, or by its GUID.
    Partition,
    /// The first that has a file of that name.
    Locate,
    /// A file taken for a disk: a virtual disk, a RAM disk.
    File,
    /// Anything else.
    #[default]
    Other,
}

/// A device in a boot configuration store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BcdDevice {
    /// By what it is named.
    pub kind: BcdDeviceKind,
    /// The disk: signature as 8 hex digits, or GUID in lower case.
    pub disk: Option<String>,
    /// Where the partition begins on the disk, in bytes (MBR).
    pub offset: Option<u64>,
    /// GUID of the partition in lower case (GPT).
    pub partition: Option<String>,
    /// The volume. Absent: it names a disk or partition that is not here. Unknown: it names none.
    pub volume: Known<VolumeId>,
    /// Where it stands, and why it names nothing here.
    pub evidence: Evidence,
}

/// `boot.ini`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BootIni {
    /// The file.
    pub evidence: Evidence,
    /// Seconds that the menu waits. Absent: not set.
    pub timeout: Known<i64>,
    /// The systems in it.
    pub entries: Vec<BootIniEntry>,
    /// Index in `entries` of the one that starts by itself. Absent: none is named, or one that is not in the list.
    pub default: Known<usize>,
}

/// A system in `boot.ini`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BootIniEntry {
    /// `multi(0)disk(0)rdisk(0)partition(1)\WINDOWS`.
    pub path: String,
    /// What the menu shows.
    pub title: String,
    /// Options behind it: `/fastdetect /NoExecute=OptOut`.
    pub options: Vec<String>,
    /// The volume. Absent: no such partition. Unknown: it names another disk.
    pub volume: Known<VolumeId>,
    /// The line.
    pub evidence: Evidence,
}

/// What the first sector of a volume says of its place on the disk. Boot code of Windows before Vista goes by it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionStart {
    /// The volume.
    pub volume: VolumeId,
    /// The program that its boot code starts: `BOOTMGR`, `NTLDR`. Absent: neither.
    pub starts: Known<String>,
    /// Sectors before the volume by its own account.
    pub hidden_sectors: u32,
    /// Sectors before it by the partition table, in units of 512 bytes.
    pub first_sector: Known<u64>,
    /// Heads by its own account.
    pub heads: u16,
}

/// A drive letter or mount point in the registry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriveLetter {
    /// `C:`.
    pub name: String,
    /// The volume. Absent: it names a disk or partition that is not here, such as a data disk's or another disk's
    /// signature.
    pub volume: Known<VolumeId>,
    /// Where it stands, and what it names.
    pub evidence: Evidence,
}
