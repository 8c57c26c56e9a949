//! RAID of controllers' firmware whose marks no sample was found of: near the end of a disk, or in its tenth sector.
//!
//! Layouts: as `blkid` knows them. Marks of two bytes are believed only with a right checksum.

use super::Content;
use super::stack::member;
use crate::field::{le16, le32, peek};
use storage::{ReadAt, Result};

/// Bytes in a sector.
const SECTOR: u64 = 512;

/// Sectors before the end in which Promise's controllers have left their mark.
const PROMISE: [u64; 13] = [63, 255, 256, 16, 399, 591, 675, 735, 911, 974, 991, 951, 3087];

/// Where the superblock of a volume of VMware's filesystem begins, in bytes.
const VMFS: u64 = 1 << 20;

pub(super) fn find(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let sectors = volume.size() / SECTOR;
    let sector = |number: Option<u64>| match number {
        Some(number) => peek(volume, number * SECTOR, SECTOR).map(Option::unwrap_or_default),
        None => Ok(Vec::new()),
    };
    let (last, before) = (sector(sectors.checked_sub(1))?, sector(sectors.checked_sub(2))?);
    let of = if last.starts_with(b"$XIDE$") {
        "lsi_mega_raid"
    } else if before.starts_with(b"NVIDIA") {
        "nvidia_raid"
    } else if is_silicon(&last) {
        "silicon_medley_raid"
    } else if is_via(&last) {
        "via_raid"
    } else if sector(Some(9))?.get(32..36).is_some_and(|mark| matches!(le32(mark, 0), 0x5A78_16F0 | 0x5A78_16FD)) {
        "hpt37x_raid"
    } else if peek(volume, VMFS, 4)?.is_some_and(|mark| le32(&mark, 0) == 0xC001_D00D) {
        "vmfs"
    } else {
        for from_end in PROMISE {
            if sector(sectors.checked_sub(from_end))?.starts_with(b"Promise Technology, Inc.") {
                return member("promise_fasttrack_raid", None, None);
            }
        }
        return Ok(None);
    };
    member(of, None, None)
}

/// The words before the checksum and the checksum add up to zero.
fn is_silicon(sector: &[u8]) -> bool {
    let sum = || (0..=159).fold(0_u16, |sum, word| sum.wrapping_add(le16(sector, 2 * word)));
    sector.len() == 512 && le32(sector, 0x60) == 0x2F00_0000 && sum() == 0
}

/// The bytes before the checksum add up to it.
fn is_via(sector: &[u8]) -> bool {
    let sum = || sector[..50].iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    sector.len() == 512 && le16(sector, 0) == 0xAA55 && sector[2] <= 1 && sum() == sector[50]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lie_where_the_controllers_put_them() {
        let end = 4 << 20;
        let last = end - 512;
        type Marks = Vec<(usize, &'static [u8])>;
        let cases: [(&str, Marks); 8] = [
            ("lsi_mega_raid", vec![(last, b"$XIDE$")]),
            ("nvidia_raid", vec![(last - 512, b"NVIDIA")]),
            ("silicon_medley_raid", vec![(last + 0x63, b"\x2F"), (last + 0x13E, b"\x00\xD1")]),
            ("via_raid", vec![(last, b"\x55\xAA\x01"), (last + 50, b"\x00")]),
            ("hpt37x_raid", vec![(9 * 512 + 32, b"\xF0\x16\x78\x5A")]),
            ("hpt37x_raid", vec![(9 * 512 + 32, b"\xFD\x16\x78\x5A")]),
            ("vmfs", vec![(1 << 20, b"\x0D\xD0\x01\xC0")]),
            ("promise_fasttrack_raid", vec![(end - 3087 * 512, b"Promise Technology, Inc.")]),
        ];
        for (of, marks) in cases {
            let mut volume = vec![0; end];
            for (at, mark) in &marks {
                volume[*at..at + mark.len()].copy_from_slice(mark);
            }
            assert_eq!(find(&volume).unwrap(), member(of, None, None).unwrap());
            for (at, _) in marks {
                let mut other = volume.clone();
                other[at] ^= 0xFF;
                assert_eq!(find(&other).unwrap(), None, "{of}");
            }
        }
        for len in [0, 100, 512, 1000, 6000] {
            assert_eq!(find(&vec![0; len]).unwrap(), None);
        }
    }
}
