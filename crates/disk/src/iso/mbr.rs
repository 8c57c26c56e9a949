//! An EFI partition in an MBR that is in use: for media that are hybrid for BIOS only.
//!
//! UEFI 2.10, section 5.2.1. Done as `isohybrid --uefi` of syslinux does it: the entry that covers all the media keeps
//! its place and gets type 0, because firmware rejects tables whose partitions overlap.

use super::partitions::{EFI, ENTRIES, Partition, Tables};
use crate::fields::{has, le32};
use storage::is_zero;

/// The bytes from the table to the end of the first sector, with the partition added; or why that is not possible.
pub(super) fn with_efi(sector: &[u8; 512], tables: &Tables, esp: Partition) -> Result<Vec<u8>, String> {
    let mut table = sector[ENTRIES..].to_vec();
    let is_table = has(sector, 510, b"\x55\xaa") && !tables.mbr.is_empty();
    if tables.protective {
        return Err("a GPT without an EFI system partition is in force".to_owned());
    }
    if !is_table && !is_zero(&table[..64]) {
        return Err("the system area is taken by something that is no partition table".to_owned());
    }
    let (Ok(first), Ok(len)) = (u32::try_from(esp.first), u32::try_from(esp.end - esp.first)) else {
        return Err("the boot image lies too far behind for the MBR".to_owned());
    };
    let overlaps = |entry: &[u8]| {
        let (start, len) = (u64::from(le32(entry, 8)), u64::from(le32(entry, 12)));
        start < esp.end && esp.first < start + len
    };
    for entry in table[..64].chunks_exact_mut(16).filter(|entry| overlaps(entry)) {
        entry[4] = 0;
    }
    let Some(free) = table[..64].chunks_exact_mut(16).find(|entry| is_zero(entry)) else {
        return Err("all four entries of the MBR are in use".to_owned());
    };
    free[..8].copy_from_slice(&[0, 0xfe, 0xff, 0xff, EFI, 0xfe, 0xff, 0xff]);
    free[8..12].copy_from_slice(&first.to_le_bytes());
    free[12..].copy_from_slice(&len.to_le_bytes());
    table[64..].copy_from_slice(b"\x55\xaa");
    Ok(table)
}
