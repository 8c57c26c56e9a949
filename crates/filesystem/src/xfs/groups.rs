//! What the headers of allocation groups say of free space and inodes.
//!
//! Specification: XFS Algorithms & Data Structures, "AG Free Space Management", "AG Inode Management".

use super::superblock::{Superblock, checksum};
use crate::field::{be32, le32};
use storage::{Error, ReadAt, Result, read_vec};

/// The header of a group's free space.
#[derive(Debug)]
pub(super) struct FreeSpace {
    /// Where it lies, in bytes.
    pub(super) at: u64,
    pub(super) bytes: Vec<u8>,
}

impl FreeSpace {
    pub(super) fn read(volume: &dyn ReadAt, superblock: &Superblock, group: u64) -> Result<Self> {
        let (at, bytes) = header(volume, superblock, group, 1, b"XAGF", 216)?;
        Ok(FreeSpace { at, bytes })
    }

    /// A number of the header as it is.
    pub(super) fn word(&self, at: usize) -> u64 {
        be32(&self.bytes, at).into()
    }

    /// Blocks in free extents.
    pub(super) fn free(&self) -> u64 {
        self.word(52)
    }

    /// Blocks that count as free, with those that are kept for the trees, and those in them but their roots.
    pub(super) fn counted(&self) -> u64 {
        self.free() + self.word(48) + self.word(60)
    }
}

/// Inodes of a group, and how many of them are free.
pub(super) fn inodes(volume: &dyn ReadAt, superblock: &Superblock, group: u64) -> Result<(u64, u64)> {
    let (_, bytes) = header(volume, superblock, group, 2, b"XAGI", 312)?;
    Ok((be32(&bytes, 16).into(), be32(&bytes, 28).into()))
}

/// A sector at the beginning of a group that is what it should be, and where it lies.
pub(super) fn header(
    volume: &dyn ReadAt,
    superblock: &Superblock,
    group: u64,
    sector: u64,
    magic: &[u8; 4],
    sum: usize,
) -> Result<(u64, Vec<u8>)> {
    let at = group * superblock.group_blocks * superblock.block_size + sector * superblock.sector;
    let bytes = read_vec(volume, at, superblock.sector)?;
    let damaged = |what: &str| Error::corrupt(at, format!("XFS: a header of group {group} {what}"));
    if !bytes.starts_with(magic) {
        return Err(damaged("does not bear the mark of one"));
    }
    if superblock.features.v5 && checksum(&bytes, sum) != le32(&bytes, sum) {
        return Err(damaged("has a wrong checksum"));
    }
    match (u64::from(be32(&bytes, 8)), u64::from(be32(&bytes, 12))) == (group, superblock.group_len(group)) {
        true => Ok((at, bytes)),
        false => Err(damaged("is that of another group")),
    }
}
