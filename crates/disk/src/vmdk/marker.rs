//! Markers: what stands in a sector before compressed grains, tables, directory and footer, and at the end.
//!
//! Source: "Virtual Disk Format 5.0", VMware, section "Stream-Optimized Compressed Sparse Extents".

use super::SECTOR;
use super::header::{Header, TABLE_SECTORS};
use crate::fields::{le32, le64};
use storage::{Error, Result};

/// Bytes of a grain's marker; the compressed data follows at once.
pub(super) const GRAIN_MARKER: u64 = 12;

pub(super) const END_OF_STREAM: u32 = 0;
pub(super) const TABLE: u32 = 1;
pub(super) const DIRECTORY: u32 = 2;
pub(super) const FOOTER: u32 = 3;

/// What a marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// A grain at sector `lba` of the disk, in `size` compressed bytes.
    Grain { lba: u64, size: u64 },
    /// `sectors` of metadata of a kind.
    Metadata { kind: u32, sectors: u64 },
}

impl Marker {
    /// The marker that begins `sector`, which holds 16 bytes at least.
    pub(super) fn parse(sector: &[u8]) -> Self {
        match (le64(sector, 0), le32(sector, 8)) {
            (sectors, 0) => Marker::Metadata { kind: le32(sector, 12), sectors },
            (lba, size) => Marker::Grain { lba, size: u64::from(size) },
        }
    }

    /// As on disk.
    pub(super) fn metadata(kind: u32, sectors: u64) -> [u8; 512] {
        let mut bytes = [0; 512];
        bytes[..8].copy_from_slice(&sectors.to_le_bytes());
        bytes[12..16].copy_from_slice(&kind.to_le_bytes());
        bytes
    }

    /// As on disk.
    pub(super) fn grain(lba: u64, size: u32) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&lba.to_le_bytes());
        bytes[8..].copy_from_slice(&size.to_le_bytes());
        bytes
    }
}

/// Sectors that a grain takes in the file with its marker.
pub(super) fn stored_sectors(size: u64) -> u64 {
    (GRAIN_MARKER + size).div_ceil(SECTOR)
}

/// Most compressed bytes of a grain: compression may make it longer, but not much.
pub(super) fn max_size(header: &Header) -> u64 {
    2 * header.grain()
}

/// The length of the data of the grain whose marker begins `bytes`, which were found at byte `at`. It must be the grain
/// at sector `lba` of the disk.
pub(super) fn grain_size(header: &Header, bytes: &[u8], at: u64, lba: u64) -> Result<u64> {
    let corrupt = |what: String| Err(Error::corrupt(at, format!("VMDK grain of sector {lba}: {what}")));
    match Marker::parse(bytes) {
        Marker::Grain { lba: found, .. } if found != lba => corrupt(format!("its marker says sector {found}")),
        Marker::Grain { size, .. } if size > max_size(header) => {
            corrupt(format!("{size} compressed bytes are too many for {}", header.grain()))
        }
        Marker::Grain { size, .. } => Ok(size),
        Marker::Metadata { kind, .. } => corrupt(format!("a marker of kind {kind} stands in its place")),
    }
}

/// Sectors between the grains of a stream, which hold tables, or zeros. A grain there would be one that no table leads
/// to, such as one that comes twice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    at: u64,
    skip: u64,
}

impl Gap {
    /// Begins at byte `at` of the file.
    pub(super) fn new(at: u64) -> Self {
        Gap { at, skip: 0 }
    }

    /// Checks the next sectors.
    pub(super) fn check(&mut self, sectors: &[u8]) -> Result<()> {
        for sector in sectors.chunks_exact(512) {
            let corrupt = |what: String| Err(Error::corrupt(self.at, format!("VMDK stream: {what}")));
            match Marker::parse(sector) {
                _ if self.skip > 0 => self.skip -= 1,
                Marker::Metadata { kind: END_OF_STREAM, sectors: 0 } => {}
                Marker::Metadata { kind: TABLE, sectors: TABLE_SECTORS } => self.skip = TABLE_SECTORS,
                Marker::Grain { lba, .. } => {
                    return corrupt(format!("here is a grain of sector {lba} that no table has"));
                }
                Marker::Metadata { kind, sectors } => {
                    return corrupt(format!("a marker of kind {kind} with {sectors} sectors cannot be here"));
                }
            }
            self.at += SECTOR;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_hold_tables_and_zeros_and_nothing_else() {
        let table = [&Marker::metadata(TABLE, 4)[..], &[7; 2048]].concat();
        Gap::new(0).check(&[&table[..], &[0; 1024], &table].concat()).unwrap();
        let mut grain = [0; 512];
        grain[..12].copy_from_slice(&Marker::grain(256, 9));
        let error = Gap::new(100).check(&[&table[..], &grain].concat()).unwrap_err();
        assert_eq!(error.offset(), Some(100 + 5 * 512));
        assert!(error.what().contains("sector 256"));
        for wrong in [(TABLE, 5), (DIRECTORY, 1), (FOOTER, 1), (9, 0), (END_OF_STREAM, 3)] {
            assert!(Gap::new(0).check(&Marker::metadata(wrong.0, wrong.1)).is_err(), "{wrong:?}");
        }
    }
}
