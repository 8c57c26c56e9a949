//! RAID of controllers and their drivers ("fake RAID"): marks near the end of each disk.
//!
//! Layouts: as `blkid` knows them.

use super::Content;
use super::stack::member;
use crate::field::{be32, hex, le16, le32, peek};
use storage::{ReadAt, Result};

/// Bytes in a sector.
const SECTOR: u64 = 512;

pub(super) fn find(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let sector = |from_end: u64| match (volume.size() / SECTOR).checked_sub(from_end) {
        Some(sector) => peek(volume, sector * SECTOR, SECTOR).map(Option::unwrap_or_default),
        None => Ok(Vec::new()),
    };
    let (last, before) = (sector(1)?, sector(2)?);
    if before.starts_with(b"Intel Raid ISM Cfg Sig. ") {
        return member("isw", None, None);
    }
    if last.starts_with(&[0xDE, 0x11, 0xDE, 0x11]) {
        return member("ddf", Some(hex(&last[8..32])), None);
    }
    if last.starts_with(&[0x37, 0xFC, 0x4D, 0x1E]) && be32(&last, 256) == u32::from_be_bytes(*b"DPTM") {
        return member("adaptec_raid", None, None);
    }
    // Words of the first 128 bytes add up to zero, or to one in old versions.
    let sum = || (0..64).fold(0u16, |sum, word| sum.wrapping_add(le16(&last, 2 * word)));
    if last.starts_with(b"JM") && sum() <= 1 {
        return member("jmicron_raid", None, None);
    }
    let highpoint = sector(11)?;
    if !highpoint.is_empty() && matches!(le32(&highpoint, 0), 0x5A78_16F3 | 0x5A78_16FD) {
        return member("hpt45x_raid", None, None);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lie_at_the_end() {
        let last = 65536 - 512;
        type Marks = Vec<(usize, &'static [u8])>;
        let cases: [(&str, Marks); 6] = [
            ("isw", vec![(last - 512, b"Intel Raid ISM Cfg Sig. ")]),
            ("ddf", vec![(last, b"\xDE\x11\xDE\x11")]),
            ("adaptec_raid", vec![(last, b"\x37\xFC\x4D\x1E"), (last + 256, b"DPTM")]),
            ("jmicron_raid", vec![(last, b"JM"), (last + 2, b"\x85\xB2"), (last + 32, b"1\0")]),
            ("hpt45x_raid", vec![(65536 - 11 * 512, b"\xF3\x16\x78\x5A")]),
            ("hpt45x_raid", vec![(65536 - 11 * 512, b"\xFD\x16\x78\x5A")]),
        ];
        for (of, marks) in cases {
            let mut volume = vec![0; 65536];
            for (at, mark) in &marks {
                volume[*at..at + mark.len()].copy_from_slice(mark);
            }
            let found = |volume: &Vec<u8>| match find(volume).unwrap() {
                Some(Content::Member { of, .. }) => Some(of),
                _ => None,
            };
            assert_eq!(found(&volume), Some(of));
            for (at, _) in marks {
                let mut other = volume.clone();
                other[at] ^= 0xFF;
                assert_eq!(found(&other), None, "{of}");
            }
        }
        for len in [0, 100, 512, 1000, 6000] {
            assert_eq!(find(&vec![0; len]).unwrap(), None);
        }
    }
}
