//! The blocks that no file and nothing of the filesystem's own uses, as the trees of free space have it.
//!
//! Specification: XFS Algorithms & Data Structures, "AG Free Space B+trees", "AG Free List". Each group has two trees with
//! the same extents, one by place and one by length: both are read and must agree, with each other, with the header of
//! the group, and all groups with the superblock. Not checked, as no mount does: whether every file's blocks are in use.

use super::groups::{self, FreeSpace};
use super::log::Log;
use super::space::{self, BY_LENGTH, BY_PLACE, Group};
use super::superblock::{Superblock, checksum};
use crate::field::{be32, be64, le32};
use crate::tree::See;
use std::collections::BTreeSet;
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// Most groups that are looked through: 16 TiB in groups of 16 MiB, the smallest that mkfs makes.
pub(super) const MAX_GROUPS: u64 = 1 << 20;
/// Sectors of headers at the beginning of each group.
const HEADERS: u64 = 4;

/// Gives `see` the free bytes in order.
pub(super) fn unused(volume: &dyn ReadAt, superblock: &Superblock, see: &mut See<'_>) -> Result<()> {
    check_clean(volume, superblock)?;
    let (mut counted, mut inodes, mut free_inodes) = (0, 0, 0);
    for number in 0..superblock.groups {
        let group = Group { volume, superblock, number, space: FreeSpace::read(volume, superblock, number)? };
        group.give(see)?;
        counted += group.space.counted();
        let (all, free) = groups::inodes(volume, superblock, number)?;
        inodes += all;
        free_inodes += free;
    }
    let said = (superblock.free_blocks(), be64(&superblock.bytes, 128), be64(&superblock.bytes, 136));
    match (counted, inodes, free_inodes) == said {
        true => Ok(()),
        false => Err(space::damaged(
            0,
            format!(
                "{counted} blocks and {free_inodes} of {inodes} inodes are free by the groups, and not so by the superblock"
            ),
        )),
    }
}

/// Whether the trees are all that counts: no change waits in the log, and no damage is known.
fn check_clean(volume: &dyn ReadAt, superblock: &Superblock) -> Result<()> {
    superblock.check(volume.size())?;
    if let Some(note) = superblock.info(volume.size()).notes.first() {
        return Err(Error::refused(format!("the filesystem is not clean: {note}")));
    }
    let unknown = superblock.features.without_known_free();
    if !unknown.is_empty() {
        return Err(Error::unsupported(format!("what is free in XFS with {} is not known here", unknown.join(", "))));
    }
    if superblock.groups > MAX_GROUPS {
        let groups = superblock.groups;
        return Err(Error::unsupported(format!("XFS: {groups} groups are more than the {MAX_GROUPS} that are read")));
    }
    let log = Log::glance(volume, superblock)?;
    match log.clean {
        Some(true) => Ok(()),
        _ => Err(Error::refused(format!("the filesystem is not clean: {}", log.notes.join("; ")))),
    }
}

impl Group<'_> {
    fn give(&self, see: &mut See<'_>) -> Result<()> {
        let mut own = BTreeSet::new();
        let by_length = self.walk(&BY_LENGTH, &mut own, &mut |_| Ok(()))?;
        let by_place = self.walk(&BY_PLACE, &mut own, &mut |_| Ok(()))?;
        if by_place != by_length {
            return Err(self.damage("its two trees of free space differ"));
        }
        if (by_place.blocks, by_place.longest) != (self.space.free(), self.space.word(56)) {
            let (found, said) = (by_place.blocks, self.space.free());
            return Err(self.damage(format!("{found} blocks are free by its trees and {said} by its header")));
        }
        self.kept(&mut own)?;
        let block_size = self.superblock.block_size;
        let start = self.number * self.superblock.group_blocks * block_size;
        let fixed = self.fixed();
        let mut next = 0;
        self.walk(&BY_PLACE, &mut BTreeSet::new(), &mut |extent| {
            if extent.start < next {
                return Err(self.damage("free extents overlap or are not in order"));
            }
            next = extent.end;
            let is_own = own.range(extent.clone()).next().is_some()
                || fixed.iter().any(|place| place.start < extent.end && extent.start < place.end);
            match is_own {
                true => Err(self.damage("a block of the filesystem's own is marked free")),
                false => see(start + extent.start * block_size..start + extent.end * block_size),
            }
        })?;
        Ok(())
    }

    /// Blocks whose place is given: the headers, the log, the root directory.
    fn fixed(&self) -> Vec<Range<u64>> {
        let superblock = self.superblock;
        let start = self.number * superblock.group_blocks;
        let headers = (HEADERS * superblock.sector).div_ceil(superblock.block_size);
        let root = superblock.inode(superblock.root()).map(|at| (at, superblock.inode_size));
        let log = superblock.log().ok().flatten();
        let others = root.into_iter().chain(log).map(|(at, len)| {
            let first = at / superblock.block_size;
            let last = (at + len).div_ceil(superblock.block_size);
            first.saturating_sub(start)..last.saturating_sub(start)
        });
        std::iter::once(0..headers).chain(others).collect()
    }

    /// Adds the blocks that are kept for the trees to grow.
    fn kept(&self, own: &mut BTreeSet<u64>) -> Result<()> {
        let v5 = self.superblock.features.v5;
        let at = self.number * self.superblock.group_blocks * self.superblock.block_size + 3 * self.superblock.sector;
        let list = read_vec(self.volume, at, self.superblock.sector)?;
        if v5 && (!list.starts_with(b"XAFL") || checksum(&list, 32) != le32(&list, 32)) {
            return Err(space::damaged(at, format!("the list of kept blocks of group {} is damaged", self.number)));
        }
        let places: Vec<u64> =
            list[if v5 { 36 } else { 0 }..].chunks_exact(4).map(|word| be32(word, 0).into()).collect();
        let size = places.len() as u64;
        let (first, last, count) = (self.space.word(40), self.space.word(44), self.space.word(48));
        if count == 0 {
            return Ok(());
        }
        if first >= size || last >= size || (last + size - first) % size + 1 != count {
            return Err(self.damage(format!("{count} blocks are kept for its trees, from {first} to {last}")));
        }
        let from_first = places.iter().cycle().skip(to_usize(first)?);
        for (&place, _) in from_first.zip(0..count) {
            if place == 0 || place >= self.len() || !own.insert(place) {
                return Err(self.damage(format!("block {place} is kept for its trees and cannot be")));
            }
        }
        Ok(())
    }
}
