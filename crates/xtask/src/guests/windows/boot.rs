//! How firmware and boot manager name the volume of Windows: boot configuration store, drive letter, first sectors.
//!
//! On an MBR disk a partition is the disk's signature and its first byte, on a GPT disk two GUIDs. The numbers of the
//! settings are those of the WMI provider (`BcdLibraryElementTypes` and its like).

use super::disk::{SYSTEM_SECTORS, SYSTEM_START, WINDOWS_SECTORS, WINDOWS_START};
use super::program::put;
use super::registry::{Row, bytes, number, text};

/// Signature of the MBR disk.
const SIGNATURE: u32 = 0xB007_B007;

/// GUIDs of the GPT disk and of its partitions. In each all bytes are alike, so that their order does not matter.
pub(super) const DISK_GUID: [u8; 16] = [0xD0; 16];
pub(super) const SYSTEM_GUID: [u8; 16] = [0x50; 16];
pub(super) const WINDOWS_GUID: [u8; 16] = [0xC0; 16];

const SECTOR: u64 = 512;

/// A setting with a device in it: its type at 16, its length at 24, the partition and its disk behind that.
type Device = [u8; 0x58];

const fn device(partition: &[u8], disk: &[u8], mbr: u8) -> Device {
    let mut bytes = [0; 0x58];
    bytes[16] = 6;
    bytes[24] = 0x48;
    bytes[0x34] = mbr;
    put(put(bytes, 0x20, partition), 0x38, disk)
}

const fn on_mbr(signature: u32, sector: u64) -> Device {
    device(&(sector * SECTOR).to_le_bytes(), &signature.to_le_bytes(), 1)
}

const WINDOWS_ON_MBR: Device = on_mbr(SIGNATURE, WINDOWS_START);
const WINDOWS_ON_GPT: Device = device(&WINDOWS_GUID, &DISK_GUID, 0);

/// Devices of other disks, as a store has them that was copied without its disk.
pub(super) const ELSEWHERE_ON_MBR: Device = on_mbr(0x0BAD_D15C, WINDOWS_START);
pub(super) const ELSEWHERE_ON_GPT: Device = device(&[0xEE; 16], &[0xEF; 16], 0);

/// What `MountedDevices` keeps a letter for.
const fn letter_on_mbr(sector: u64) -> [u8; 12] {
    put(put([0; 12], 0, &SIGNATURE.to_le_bytes()), 4, &(sector * SECTOR).to_le_bytes())
}

const fn letter_on_gpt(partition: &[u8; 16]) -> [u8; 24] {
    put(put([0; 24], 0, b"DMIO:ID:"), 8, partition)
}

const C_ON_MBR: [u8; 12] = letter_on_mbr(WINDOWS_START);
const C_ON_GPT: [u8; 24] = letter_on_gpt(&WINDOWS_GUID);

/// The letter kept for the system partition.
pub(super) const SYSTEM_ON_MBR: [u8; 12] = letter_on_mbr(SYSTEM_START);

/// Settings of the default entry.
pub(super) const LOADER_DEVICE: &str = r"Objects\{b0070000-0000-0000-0000-000000000001}\Elements\11000001";
pub(super) const SYSTEM_DEVICE: &str = r"Objects\{b0070000-0000-0000-0000-000000000001}\Elements\21000001";

/// What both stores have in common.
const STORE: [Row; 5] = [
    number(r"Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\Description", "Type", 0x1010_0002),
    text(
        r"Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\Elements\23000003",
        "Element",
        "{b0070000-0000-0000-0000-000000000001}",
    ),
    number(r"Objects\{b0070000-0000-0000-0000-000000000001}\Description", "Type", 0x1020_0003),
    text(r"Objects\{b0070000-0000-0000-0000-000000000001}\Elements\12000004", "Element", "Windows Server"),
    text(r"Objects\{b0070000-0000-0000-0000-000000000001}\Elements\22000002", "Element", r"\Windows"),
];

const PROGRAM: &str = r"Objects\{b0070000-0000-0000-0000-000000000001}\Elements\12000002";

/// Where `SYSTEM` keeps letters, and the letter of Windows.
pub(super) const LETTERS: &str = "MountedDevices";
pub(super) const C: &str = r"\DosDevices\C:";

/// What differs by firmware.
pub(super) struct Ways {
    /// The store, without what both have in common.
    store: [Row; 3],
    /// The letter of Windows.
    pub(super) letter: Row,
}

impl Ways {
    pub(super) fn store(&self) -> impl Iterator<Item = Row> {
        STORE.into_iter().chain(self.store)
    }
}

pub(super) static BIOS: Ways = Ways {
    store: [
        bytes(LOADER_DEVICE, "Element", &WINDOWS_ON_MBR),
        bytes(SYSTEM_DEVICE, "Element", &WINDOWS_ON_MBR),
        text(PROGRAM, "Element", r"\Windows\system32\winload.exe"),
    ],
    letter: bytes(LETTERS, C, &C_ON_MBR),
};

pub(super) static UEFI: Ways = Ways {
    store: [
        bytes(LOADER_DEVICE, "Element", &WINDOWS_ON_GPT),
        bytes(SYSTEM_DEVICE, "Element", &WINDOWS_ON_GPT),
        text(PROGRAM, "Element", r"\Windows\system32\winload.efi"),
    ],
    letter: bytes(LETTERS, C, &C_ON_GPT),
};

/// Where the entries of an MBR are, and the first one's mark of the active partition.
const ENTRIES: usize = 446;
pub(super) const ACTIVE: u64 = ENTRIES as u64;

/// Where the second entry of an MBR has the length of Windows' partition.
pub(super) const WINDOWS_LENGTH: u64 = ACTIVE + 16 + 12;

/// The first sector of the MBR disk. Its code begins as that of Windows does, and halts.
pub(super) const fn mbr() -> [u8; 512] {
    let mut sector = put([0; 512], 0, &[0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xF4, 0xEB, 0xFD]);
    sector = put(sector, 440, &SIGNATURE.to_le_bytes());
    sector = put(sector, ENTRIES, &entry(0x80, SYSTEM_START, SYSTEM_SECTORS));
    sector = put(sector, ENTRIES + 16, &entry(0, WINDOWS_START, WINDOWS_SECTORS));
    put(sector, 510, &[0x55, 0xAA])
}

/// An entry for a partition of NTFS, with cylinders and heads as where they do not suffice.
const fn entry(active: u8, start: u64, length: u64) -> [u8; 16] {
    let entry = [active, 0xFE, 0xFF, 0xFF, 7, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0];
    // Both are far below 2^32: only their lower halves are written.
    let (start, length) = (start.to_le_bytes(), length.to_le_bytes());
    let entry = put(entry, 8, &[start[0], start[1], start[2], start[3]]);
    put(entry, 12, &[length[0], length[1], length[2], length[3]])
}

/// Boot code of the system partition in its place behind the parameters of NTFS: it halts, and names what it would start.
pub(super) const CODE_AT: u64 = 0x54;
pub(super) const CODE: &[u8] = b"\xF4\xEB\xFDBOOTMGR\0";
