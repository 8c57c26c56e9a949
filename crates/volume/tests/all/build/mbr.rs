//! Partition records.

use super::put;

/// A disk of so many sectors of 512 bytes with an empty MBR of a signature.
pub(crate) fn disk(sectors: usize) -> Vec<u8> {
    let mut disk = vec![0; sectors * 512];
    put(&mut disk, 440, &0x1234_ABCD_u32.to_le_bytes());
    record(&mut disk, 0, &[]);
    disk
}

/// Writes entries of type, start and length into the record at a sector.
pub(crate) fn record(disk: &mut [u8], sector: usize, entries: &[(u8, u32, u32)]) {
    for (index, (system, start, sectors)) in entries.iter().enumerate() {
        let at = sector * 512 + 446 + index * 16;
        disk[at + 4] = *system;
        put(disk, at + 8, &start.to_le_bytes());
        put(disk, at + 12, &sectors.to_le_bytes());
    }
    put(disk, sector * 512 + 510, &[0x55, 0xAA]);
}

/// Sets the boot flag of an entry of the MBR.
pub(crate) fn flag(disk: &mut [u8], index: usize, flag: u8) {
    disk[446 + index * 16] = flag;
}
