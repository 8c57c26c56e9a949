//! Where structures of version 5 keep the place in the log of their newest change, and their checksum.

use crate::field::{array, be64};
use crate::xfs::superblock::{self, Superblock, checksum};

/// Offsets within a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    lsn: usize,
    uuid: usize,
    checksum: usize,
}

const fn stamp(lsn: usize, uuid: usize, checksum: usize) -> Stamp {
    Stamp { lsn, uuid, checksum }
}

/// By the four bytes that they begin with: trees of free space, inodes, owners and references; trees of extents;
/// headers of groups; targets of links; blocks of directories.
const BY_FIRST: &[(&[u8; 4], Stamp)] = &[
    (b"AB3B", stamp(24, 32, 52)),
    (b"AB3C", stamp(24, 32, 52)),
    (b"IAB3", stamp(24, 32, 52)),
    (b"FIB3", stamp(24, 32, 52)),
    (b"RMB3", stamp(24, 32, 52)),
    (b"R3FC", stamp(24, 32, 52)),
    (b"BMA3", stamp(32, 40, 64)),
    (b"XAGF", stamp(208, 64, 216)),
    (b"XAGI", stamp(320, 296, 312)),
    (b"XAFL", stamp(24, 8, 32)),
    (b"XSLM", stamp(48, 16, 12)),
    (b"XDB3", stamp(16, 24, 4)),
    (b"XDD3", stamp(16, 24, 4)),
    (b"XDF3", stamp(16, 24, 4)),
];

/// Indices of directories and trees of attributes, by the two bytes after two numbers.
const BY_NINTH: &[[u8; 2]] = &[[0x3D, 0xF1], [0x3D, 0xFF], [0x3E, 0xBE], [0x3B, 0xEE]];

fn find(block: &[u8], superblock: &Superblock) -> Option<Stamp> {
    if block.starts_with(b"XFSB") {
        let uuid = if superblock.meta_uuid() == superblock.log_uuid() { 32 } else { 248 };
        return Some(stamp(240, uuid, superblock::CHECKSUM));
    }
    if block.get(8..10).is_some_and(|magic| BY_NINTH.iter().any(|known| known == magic)) {
        return Some(stamp(24, 32, 12));
    }
    BY_FIRST.iter().find(|(magic, _)| block.starts_with(*magic)).map(|(_, stamp)| *stamp)
}

/// The place in the log of the newest change that is in a block; none where it does not tell.
pub(super) fn lsn(block: &[u8], superblock: &Superblock) -> Option<u64> {
    let stamp = find(block, superblock)?;
    let lsn = be64(block, stamp.lsn);
    // What bears another UUID was there before, by chance.
    let is_ours = array::<16>(block, stamp.uuid) == superblock.meta_uuid();
    (is_ours && lsn != 0 && lsn != u64::MAX).then_some(lsn)
}

/// Gives a changed block a right checksum.
pub(super) fn seal(block: &mut [u8], superblock: &Superblock) {
    if let Some(stamp) = find(block, superblock) {
        let sum = checksum(block, stamp.checksum);
        block[stamp.checksum..stamp.checksum + 4].copy_from_slice(&sum.to_le_bytes());
    }
}
