//! Changes of single inodes, and inodes that are made.
//!
//! Specification: XFS Algorithms & Data Structures, "Inode Updates", "Inode Creation".

use crate::field::{be16, be64, le32, le64};
use crate::xfs::inode::{CORE_V2, CORE_V3, MAGIC};
use crate::xfs::superblock::{Superblock, checksum};
use storage::{Error, Result, to_usize};

/// What was logged: the inode itself; the data fork as content, as extents, as the root of a tree.
const CORE: u32 = 0x1;
const CONTENT: u32 = 0x2;
const EXTENTS: u32 = 0x4;
const ROOT: u32 = 0x8;
/// Where the LSN of the newest change stands; and the next inode in a list of unlinked ones, which has its own items.
const LSN: usize = 112;
const NEXT_UNLINKED: usize = 96;
/// Header of the root of a tree as it is in memory.
const ROOT_HEADER: usize = 72;
/// Fields of an inode, by offset and length, which are logged in the other order of bytes. Not times, which nothing here
/// reads, and the checksum.
const FIELDS: &[(usize, usize)] = &[
    (0, 2),
    (2, 2),
    (6, 2),
    (8, 4),
    (12, 4),
    (16, 4),
    (20, 2),
    (22, 2),
    (24, 8),
    (56, 8),
    (64, 8),
    (72, 4),
    (76, 4),
    (80, 2),
    (84, 4),
    (88, 2),
    (90, 2),
    (92, 4),
    (104, 8),
    (120, 8),
    (128, 4),
    (152, 8),
];

fn damaged(what: &str) -> Error {
    Error::corrupt(0, format!("XFS log: a change of an inode {what}"))
}

/// A change of one inode.
pub(super) struct Change<'a> {
    fields: u32,
    /// The buffer that the inode lies in.
    pub(super) sector: u64,
    pub(super) sectors: u64,
    /// Where in the buffer, in bytes.
    pub(super) within: usize,
    core: &'a [u8],
    fork: Option<&'a [u8]>,
}

impl<'a> Change<'a> {
    /// `format` has 52 bytes at least.
    pub(super) fn parse(format: &[u8], data: &'a [Vec<u8>]) -> Result<Self> {
        // Kernels of 32 bits leave out what aligns the numbers.
        let at = match format.len() {
            52 => 36,
            56.. => 40,
            _ => return Err(damaged("of odd length")),
        };
        let fields = le32(format, 4);
        let core = data.first().filter(|core| fields & CORE != 0 && core.len() >= CORE_V3);
        let fork = match fields & (CONTENT | EXTENTS | ROOT) {
            0 => None,
            _ => Some(data.get(1).ok_or_else(|| damaged("without its data fork"))?.as_slice()),
        };
        Ok(Change {
            fields,
            sector: le64(format, at),
            sectors: le32(format, at + 8).into(),
            within: to_usize(le32(format, at + 12).into())?,
            core: core.ok_or_else(|| damaged("without the inode"))?,
            fork,
        })
    }

    /// Changes an inode in place; false if it is already newer.
    pub(super) fn apply(&self, inode: &mut [u8], lsn: u64) -> Result<bool> {
        if !inode.starts_with(MAGIC) || self.core[..2] != [MAGIC[1], MAGIC[0]] || self.core[4] != 3 {
            return Err(damaged("where there is none"));
        }
        let newest = be64(inode, LSN);
        if newest != u64::MAX && newest > lsn {
            return Ok(false);
        }
        let mut core = self.core[..CORE_V3].to_vec();
        for &(at, len) in FIELDS {
            core[at..at + len].reverse();
        }
        core[NEXT_UNLINKED..NEXT_UNLINKED + 4].copy_from_slice(&inode[NEXT_UNLINKED..NEXT_UNLINKED + 4]);
        core[LSN..LSN + 8].copy_from_slice(&inode[LSN..LSN + 8]);
        inode[..CORE_V3].copy_from_slice(&core);
        if let Some(logged) = self.fork {
            let end = match usize::from(core[82]) * 8 {
                0 => inode.len(),
                fork => CORE_V3 + fork,
            };
            let fork = inode.get_mut(CORE_V3..end).ok_or_else(|| damaged("whose data fork is longer than itself"))?;
            let fits = match self.fields & ROOT {
                0 => fork.get_mut(..logged.len()).map(|fork| fork.copy_from_slice(logged)),
                _ => put_root(fork, logged),
            };
            fits.ok_or_else(|| damaged("whose data fork does not hold what was logged"))?;
        }
        seal(inode);
        Ok(true)
    }
}

/// Puts the root of a tree of extents, as it was in memory, into a data fork; none if it does not fit.
fn put_root(fork: &mut [u8], logged: &[u8]) -> Option<()> {
    let branches = logged.get(ROOT_HEADER..)?;
    let (level, count) = (be16(logged, 4), be16(logged, 6));
    let (from, to) = (branches.len() / 16, fork.len().checked_sub(4)? / 16);
    let len = usize::from(count) * 8;
    let (keys, pointers) = (branches.get(..len)?, branches.get(from * 8..from * 8 + len)?);
    if usize::from(count) > from || usize::from(count) > to {
        return None;
    }
    fork[..2].copy_from_slice(&level.to_be_bytes());
    fork[2..4].copy_from_slice(&count.to_be_bytes());
    fork[4..4 + len].copy_from_slice(keys);
    fork[4 + to * 8..4 + to * 8 + len].copy_from_slice(pointers);
    Some(())
}

/// A new inode, not yet in use.
pub(super) fn make(inode: &mut [u8], number: u64, generation: u32, superblock: &Superblock) {
    inode.fill(0);
    inode[..2].copy_from_slice(MAGIC);
    inode[4] = 3;
    inode[92..96].copy_from_slice(&generation.to_be_bytes());
    inode[NEXT_UNLINKED..NEXT_UNLINKED + 4].fill(0xFF);
    inode[152..160].copy_from_slice(&number.to_be_bytes());
    inode[160..176].copy_from_slice(&superblock.meta_uuid());
    seal(inode);
}

fn seal(inode: &mut [u8]) {
    let sum = checksum(inode, CORE_V2);
    inode[CORE_V2..CORE_V2 + 4].copy_from_slice(&sum.to_le_bytes());
}
