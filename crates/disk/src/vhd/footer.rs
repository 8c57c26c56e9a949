//! The footer: 512 bytes at the end of the file, and a copy at the start of dynamic disks.
//!
//! Virtual PC before 2004 wrote one byte less.

use super::SECTOR;
use super::geometry::Geometry;
use crate::fields::{be32, be64, bytes};
use storage::{Error, ReadAt, Result, read_array};

const COOKIE: &[u8; 8] = b"conectix";
const LEN: usize = 512;

/// What kind of disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fixed = 2,
    Dynamic = 3,
    Differencing = 4,
}

/// A footer whose checksum is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    /// Where it stands in the file.
    pub(super) offset: u64,
    pub(super) features: u32,
    pub(super) data_offset: u64,
    pub(super) creator: [u8; 4],
    pub(super) current_size: u64,
    pub(super) geometry: Geometry,
    pub(super) disk_type: u32,
    pub(super) saved_state: bool,
}

/// What stands where a footer should.
pub(super) enum Ending {
    Missing,
    /// The cookie, and a wrong checksum.
    Bad,
    Good(Footer),
}

impl Ending {
    fn parse(block: &[u8; LEN], offset: u64) -> Self {
        if !block.starts_with(COOKIE) {
            return Ending::Missing;
        }
        if be32(block, 64) != checksum(block, 64) {
            return Ending::Bad;
        }
        Ending::Good(Footer {
            offset,
            features: be32(block, 8),
            data_offset: be64(block, 16),
            creator: bytes(block, 28),
            current_size: be64(block, 48),
            geometry: Geometry {
                cylinders: u16::from_be_bytes(bytes(block, 56)),
                heads: block[58],
                sectors: block[59],
            },
            disk_type: be32(block, 60),
            saved_state: block[84] != 0,
        })
    }
}

/// One's complement of the sum of all bytes but the checksum's own four at `at`.
pub(super) fn checksum(block: &[u8], at: usize) -> u32 {
    let sum = |part: &[u8]| part.iter().fold(0u32, |sum, &byte| sum.wrapping_add(u32::from(byte)));
    !sum(&block[..at]).wrapping_add(sum(&block[at + 4..]))
}

impl Footer {
    pub(super) fn kind(&self) -> Result<Kind> {
        match self.disk_type {
            2 => Ok(Kind::Fixed),
            3 => Ok(Kind::Dynamic),
            4 => Ok(Kind::Differencing),
            other => Err(Error::corrupt(
                self.offset + 60,
                format!("VHD footer: disk type {other} does not exist (2 fixed, 3 dynamic, 4 differencing)"),
            )),
        }
    }

    /// Whether both describe the same disk.
    fn agrees(&self, other: &Self) -> bool {
        let essence = |footer: &Self| {
            (footer.data_offset, footer.creator, footer.current_size, footer.geometry, footer.disk_type)
        };
        essence(self) == essence(other)
    }

    /// As on disk.
    pub(super) fn to_bytes(&self, unique_id: [u8; 16], timestamp: u32, creator_version: u32) -> [u8; LEN] {
        let mut block = [0; LEN];
        let mut put = |at: usize, field: &[u8]| block[at..at + field.len()].copy_from_slice(field);
        put(0, COOKIE);
        put(8, &self.features.to_be_bytes());
        put(12, &0x0001_0000u32.to_be_bytes());
        put(16, &self.data_offset.to_be_bytes());
        put(24, &timestamp.to_be_bytes());
        put(28, &self.creator);
        put(32, &creator_version.to_be_bytes());
        put(36, b"Wi2k");
        put(40, &self.current_size.to_be_bytes());
        put(48, &self.current_size.to_be_bytes());
        put(56, &self.geometry.cylinders.to_be_bytes());
        put(58, &[self.geometry.heads, self.geometry.sectors]);
        put(60, &self.disk_type.to_be_bytes());
        put(68, &unique_id);
        let checksum = checksum(&block, 64);
        block[64..68].copy_from_slice(&checksum.to_be_bytes());
        block
    }
}

/// What stands at the start of the file.
pub(super) fn head(file: &dyn ReadAt) -> Result<Ending> {
    if file.size() < SECTOR {
        return Ok(Ending::Missing);
    }
    Ok(Ending::parse(&read_array(file, 0)?, 0))
}

/// What stands at the end, and where that begins: the end of the file where nothing does.
pub(super) fn tail(file: &dyn ReadAt) -> Result<(u64, Ending)> {
    let size = file.size();
    if size < SECTOR {
        return Ok((size, Ending::Missing));
    }
    let last: [u8; LEN] = read_array(file, size - SECTOR)?;
    match Ending::parse(&last, size - SECTOR) {
        Ending::Missing => {
            let mut short = [0; LEN];
            short[..LEN - 1].copy_from_slice(&last[1..]);
            match Ending::parse(&short, size - SECTOR + 1) {
                Ending::Missing => Ok((size, Ending::Missing)),
                found => Ok((size - SECTOR + 1, found)),
            }
        }
        found => Ok((size - SECTOR, found)),
    }
}

/// The footer to go by.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) footer: Footer,
    /// Where the footer at the end begins, and so where blocks must end.
    pub(super) end: u64,
    /// Whether the footer at the end is there and right.
    pub(super) footer_valid: bool,
    pub(super) notes: Vec<String>,
}

/// Finds the footer, or the copy at the start where the footer is damaged.
pub(super) fn find(file: &dyn ReadAt) -> Result<Found> {
    let (end, tail) = tail(file)?;
    let found = |footer, footer_valid, note: Option<&str>| {
        Ok(Found { footer, end, footer_valid, notes: note.map(str::to_owned).into_iter().collect() })
    };
    match (head(file)?, tail) {
        (_, Ending::Good(footer)) if footer.kind()? == Kind::Fixed => found(footer, true, None),
        (Ending::Good(copy), Ending::Good(footer)) if footer.agrees(&copy) => found(footer, true, None),
        (Ending::Good(_), Ending::Good(_)) => Err(Error::corrupt(
            end,
            "VHD footer: describes another disk than its copy at the start of the file, and both checksums are right",
        )),
        (_, Ending::Good(footer)) => found(
            footer,
            true,
            Some("the VHD's footer copy at the start of the file is damaged; the file needs repair"),
        ),
        (Ending::Good(copy), Ending::Missing) if copy.kind()? == Kind::Fixed => {
            Err(Error::corrupt(end, "VHD footer: is missing at the end of the file, and the disk is fixed; truncated?"))
        }
        (Ending::Good(copy), _) => found(
            copy,
            false,
            Some("the VHD's footer at the end of the file is missing or damaged; the file needs repair"),
        ),
        (Ending::Missing, Ending::Missing) => Err(Error::corrupt(end, "VHD footer: is missing; this is no VHD")),
        (_, Ending::Bad) => Err(Error::corrupt(end + 64, "VHD footer: the checksum is wrong")),
        (Ending::Bad, _) => {
            Err(Error::corrupt(64, "VHD footer copy: the checksum is wrong, and no footer is at the end"))
        }
    }
}
