//! The length of a FAT filesystem by its first sector.
//!
//! Microsoft's FAT specification, sections 3.1 to 3.3: only as much as tells how long an El Torito boot image is.

use crate::fields::{has, le16, le32};

/// The boot sector's length in bytes.
const LEN: usize = 512;

/// The length in bytes that the boot sector gives to its filesystem; `None` where it is no boot sector of FAT.
pub(super) fn length(sector: &[u8; LEN]) -> Option<u64> {
    let (sector_size, per_cluster) = (u64::from(le16(sector, 11)), sector[13]);
    let (reserved, tables) = (le16(sector, 14), sector[16]);
    let jumps = sector[0] == 0xeb && sector[2] == 0x90 || sector[0] == 0xe9;
    let possible = jumps
        && matches!(sector_size, 512 | 1024 | 2048 | 4096)
        && per_cluster.is_power_of_two()
        && reserved > 0
        && (1..=2).contains(&tables)
        && has(sector, 510, b"\x55\xaa");
    let sectors = match (le16(sector, 19), le32(sector, 32)) {
        (0, many) => u64::from(many),
        (few, _) => u64::from(few),
    };
    (possible && sectors > 0).then_some(sectors * sector_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sector(few: u16, many: u32) -> [u8; LEN] {
        let mut sector = [0; LEN];
        sector[..3].copy_from_slice(b"\xeb\x3c\x90");
        sector[11..17].copy_from_slice(&[0, 2, 4, 1, 0, 2]);
        sector[19..21].copy_from_slice(&few.to_le_bytes());
        sector[32..36].copy_from_slice(&many.to_le_bytes());
        sector[510..].copy_from_slice(b"\x55\xaa");
        sector
    }

    #[test]
    fn both_counts_of_sectors_are_read() {
        assert_eq!(length(&sector(2880, 0)), Some(2880 * 512));
        assert_eq!(length(&sector(0, 70_000)), Some(70_000 * 512));
        assert_eq!(length(&sector(0, 0)), None);
    }

    #[test]
    fn what_is_no_boot_sector_has_no_length() {
        for (at, byte) in [(0, 0), (11, 1), (13, 3), (14, 0), (16, 0), (16, 3), (510, 0)] {
            let mut sector = sector(2880, 0);
            sector[at] = byte;
            assert_eq!(length(&sector), None, "{at}");
        }
    }
}
