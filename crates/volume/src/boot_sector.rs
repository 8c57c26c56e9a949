//! Sectors that end in 55 AA and are the start of a filesystem, not a partition table.
//!
//! FAT, exFAT and NTFS begin with a jump and a BIOS parameter block; where their volume fills the disk, bytes 446 to
//! 510 are boot code and mean nothing as table entries. Rules of libblkid and of the Linux MBR reader.

/// What filesystem the sector is the start of, if it is one of the three.
pub(crate) fn filesystem(sector: &[u8; 512]) -> Option<&'static str> {
    match &sector[3..11] {
        b"NTFS    " => Some("NTFS"),
        b"EXFAT   " => Some("exFAT"),
        _ => is_fat(sector).then_some("FAT"),
    }
}

/// The checks that every FAT passes whoever made it, and boot code in a table does not.
fn is_fat(sector: &[u8; 512]) -> bool {
    let word = |at: usize| u16::from_le_bytes([sector[at], sector[at + 1]]);
    let [jump, per_cluster, fats, media] = [0, 13, 16, 21].map(|at| sector[at]);
    matches!(jump, 0xEB | 0xE9)
        && matches!(word(11), 512 | 1024 | 2048 | 4096)
        && per_cluster.is_power_of_two()
        && word(14) > 0
        && matches!(fats, 1 | 2)
        && (media == 0xF0 || media >= 0xF8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_three_and_no_boot_code() {
        let mut sector = [0; 512];
        assert_eq!(filesystem(&sector), None);
        sector[3..11].copy_from_slice(b"NTFS    ");
        assert_eq!(filesystem(&sector), Some("NTFS"));
        sector[3..11].copy_from_slice(b"EXFAT   ");
        assert_eq!(filesystem(&sector), Some("exFAT"));
        sector[..24].copy_from_slice(b"\xEB\x3C\x90mkfs.fat\x00\x02\x04\x01\x00\x02\x00\x02\x00\x80\xF8\x14\x00");
        assert_eq!(filesystem(&sector), Some("FAT"));
        for (at, bad) in [(0, 0x33), (12, 3), (13, 3), (14, 0), (16, 3), (21, 0xF1)] {
            let mut other = sector;
            other[at] = bad;
            assert_eq!(filesystem(&other), None, "byte {at}");
        }
    }
}
