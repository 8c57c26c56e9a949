//! The boot sector: sizes, and where the master file table is.
//!
//! Layout: BIOS parameter block at 11, the fields of NTFS from 40 on. A copy lies in the sector behind the last one; it
//! is not read.

use crate::field::{le16, le64, peek};
use storage::{Error, ReadAt, Result};

/// Most clusters that Windows makes.
const MAX_CLUSTERS: u64 = 1 << 32;
/// Sizes of a file record or an index block.
const BLOCK_SIZES: std::ops::RangeInclusive<u64> = 512..=65536;

/// What the boot sector says.
#[derive(Clone, Debug)]
pub(super) struct Boot {
    /// Bytes in a cluster: 512 to 2 MiB.
    pub(super) cluster: u64,
    /// Whole clusters.
    pub(super) clusters: u64,
    /// Bytes, without the last sector, which holds the copy of this one.
    pub(super) size: u64,
    /// Bytes in a file record.
    pub(super) record: u64,
    /// Where `$MFT` begins, in bytes, and the copy of its first records.
    pub(super) mft: u64,
    pub(super) mirror: u64,
    /// The volume's serial number.
    pub(super) serial: u64,
}

impl Boot {
    /// None if the mark is not there, or if sizes make no sense.
    pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Self>> {
        let boot = peek(volume, 0, 512)?.filter(|bytes| bytes[3..11] == *b"NTFS    ");
        Ok(boot.and_then(|bytes| Boot::parse(&bytes)))
    }

    /// The same, where it must be there.
    pub(super) fn expect(volume: &dyn ReadAt) -> Result<Self> {
        Boot::read(volume)?.ok_or_else(|| Error::corrupt(0, "there is no boot sector of NTFS here"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let sector = Some(u64::from(le16(bytes, 11))).filter(|sector| matches!(sector, 512 | 1024 | 2048 | 4096))?;
        let cluster = cluster(bytes[13], sector)?;
        let size = le64(bytes, 40).checked_mul(sector)?;
        let clusters = size / cluster;
        let table = |at| Some(le64(bytes, at)).filter(|&table| 0 < table && table < clusters).map(|lcn| lcn * cluster);
        let sound = (1..=MAX_CLUSTERS).contains(&clusters);
        Some(Boot {
            cluster,
            clusters: sound.then_some(clusters)?,
            size,
            record: block(bytes[64], cluster)?,
            mft: table(48)?,
            // The copy is only needed where the original is damaged.
            mirror: table(56).unwrap_or(0),
            serial: le64(bytes, 72),
        })
    }
}

/// Bytes in a cluster. Counts of sectors above 128 are negative powers of two.
fn cluster(byte: u8, sector: u64) -> Option<u64> {
    let sectors = match byte {
        few @ 1..=128 if few.is_power_of_two() => u64::from(few),
        many @ 244..=255 => 1 << (256 - u32::from(many)),
        _ => return None,
    };
    Some(sectors * sector).filter(|&cluster| cluster <= 2 << 20)
}

/// Bytes in a record: as many clusters as the byte says, or two to its negative.
fn block(byte: u8, cluster: u64) -> Option<u64> {
    let size = match byte {
        clusters @ 1..=127 => cluster * u64::from(clusters),
        shift @ 240..=248 => 1 << (256 - u32::from(shift)),
        _ => return None,
    };
    (BLOCK_SIZES.contains(&size) && size.is_power_of_two()).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sector() -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[3..11].copy_from_slice(b"NTFS    ");
        bytes[11..13].copy_from_slice(&512u16.to_le_bytes());
        bytes[13] = 8;
        bytes[40..48].copy_from_slice(&80_007u64.to_le_bytes());
        bytes[48] = 4;
        bytes[56..58].copy_from_slice(&5000u16.to_le_bytes());
        bytes[64] = 0xF6;
        bytes
    }

    #[test]
    fn sizes_are_those_of_the_fields() {
        let boot = Boot::read(&sector()).unwrap().unwrap();
        assert_eq!((boot.cluster, boot.clusters, boot.size), (4096, 10_000, 80_007 * 512));
        assert_eq!((boot.record, boot.mft, boot.mirror), (1024, 16384, 5000 * 4096));
        for (sectors, record, sizes) in [
            (0xFF, 0xF6, (1024, 1024)),
            (1, 2, (512, 1024)),
            (0x80, 0xF4, (65536, 4096)),
            (0xF4, 0xF6, (2 << 20, 1024)),
        ] {
            let mut bytes = sector();
            (bytes[13], bytes[64]) = (sectors, record);
            bytes[43] = 0x10;
            let boot = Boot::read(&bytes).unwrap().unwrap();
            assert_eq!((boot.cluster, boot.record), sizes, "{sectors}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_none() {
        for (at, value) in [(3, b'X'), (12, 3), (13, 0), (13, 3), (13, 200), (64, 0), (64, 3), (64, 0xFF), (64, 0xE0)] {
            let mut bytes = sector();
            bytes[at] = value;
            assert!(Boot::read(&bytes).unwrap().is_none(), "{at}: {value}");
        }
        for (at, value) in [(40, 0u64), (40, u64::MAX), (40, 1 << 50), (48, 0), (48, 10_000)] {
            let mut bytes = sector();
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
            assert!(Boot::read(&bytes).unwrap().is_none(), "{at}: {value}");
        }
        assert!(Boot::read(&vec![0; 100]).unwrap().is_none());
        assert_eq!(Boot::expect(&vec![0; 512]).unwrap_err().kind(), storage::ErrorKind::Corrupt);
    }
}
