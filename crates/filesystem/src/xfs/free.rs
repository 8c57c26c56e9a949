//! The blocks that no file and nothing of the filesystem's own uses, as the trees of free space have it.
//!
//! Specification: XFS Algorithms & Data Structures, "AG Free Space B+trees", "AG Free List". Each group has two trees with
//! the same extents, one by place and one by length: both are read and must agree, with each other, with the header of
//! the group, and all groups with the superblock. Not checked, as no mount does: whether every file's blocks are in use.

use super::groups::{self, FreeSpace};
use super::log::Log;
use super::superblock::{Superblock, checksum};
use crate::field::{be16, be32, be64, le32};
use crate::tree::See;
use std::collections::BTreeSet;
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// Highest trees that Linux makes.
const MAX_LEVEL: u64 = 16;
/// Most groups that are looked through: 16 TiB in groups of 16 MiB, the smallest that mkfs makes.
pub(super) const MAX_GROUPS: u64 = 1 << 20;
/// Sectors of headers at the beginning of each group.
const HEADERS: u64 = 4;

/// One of the two trees of a group.
struct Kind {
    magic_v4: &'static [u8],
    magic_v5: &'static [u8],
    /// Where the header of the group has its root and its height.
    root: usize,
    height: usize,
}

const BY_PLACE: Kind = Kind { magic_v4: b"ABTB", magic_v5: b"AB3B", root: 16, height: 28 };
const BY_LENGTH: Kind = Kind { magic_v4: b"ABTC", magic_v5: b"AB3C", root: 20, height: 32 };

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
        false => Err(damaged(
            0,
            format!("{counted} blocks and {free_inodes} of {inodes} inodes are free by the groups, and not so by the superblock"),
        )),
    }
}

fn damaged(at: u64, what: impl std::fmt::Display) -> Error {
    Error::corrupt(at, format!("XFS: {what}; let xfs_repair repair it first"))
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
    let log = Log::read(volume, superblock)?;
    match log.clean {
        Some(true) => Ok(()),
        _ => Err(Error::refused(format!("the filesystem is not clean: {}", log.notes.join("; ")))),
    }
}

/// What a tree holds, so that two can be compared: extents, their blocks, and a sum of places times lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Content {
    extents: u64,
    blocks: u64,
    sum: u64,
    longest: u64,
}

impl Content {
    fn put(&mut self, extent: &Range<u64>) {
        let len = extent.end - extent.start;
        self.extents += 1;
        self.blocks += len;
        // Both are less than 2^32.
        self.sum = self.sum.wrapping_add(extent.start * len);
        self.longest = self.longest.max(len);
    }
}

struct Group<'a> {
    volume: &'a dyn ReadAt,
    superblock: &'a Superblock,
    number: u64,
    space: FreeSpace,
}

impl Group<'_> {
    fn damage(&self, what: impl std::fmt::Display) -> Error {
        damaged(self.space.at, format!("group {}: {what}", self.number))
    }

    fn len(&self) -> u64 {
        self.superblock.group_len(self.number)
    }

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
        let mut places = vec![0..headers];
        let root = superblock.inode(superblock.root()).map(|at| (at, superblock.inode_size));
        let log = superblock.log().ok().flatten();
        for (at, len) in root.into_iter().chain(log) {
            let first = at / superblock.block_size;
            let last = (at + len).div_ceil(superblock.block_size);
            places.push(first.saturating_sub(start)..last.saturating_sub(start));
        }
        places
    }

    /// Adds the blocks that are kept for the trees to grow.
    fn kept(&self, own: &mut BTreeSet<u64>) -> Result<()> {
        let v5 = self.superblock.features.v5;
        let at = self.number * self.superblock.group_blocks * self.superblock.block_size + 3 * self.superblock.sector;
        let list = read_vec(self.volume, at, self.superblock.sector)?;
        if v5 && (!list.starts_with(b"XAFL") || checksum(&list, 32) != le32(&list, 32)) {
            return Err(damaged(at, format!("the list of kept blocks of group {} is damaged", self.number)));
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

    /// Walks a tree from left to right, and adds its blocks to `own`: none can be there twice.
    fn walk(&self, kind: &Kind, own: &mut BTreeSet<u64>, see: &mut See<'_>) -> Result<Content> {
        let (root, height) = (self.space.word(kind.root), self.space.word(kind.height));
        if height == 0 || height > MAX_LEVEL {
            return Err(self.damage(format!("a tree of free space of height {height}")));
        }
        let mut content = Content::default();
        let mut walk = Walk { group: self, kind, own, content: &mut content, see };
        walk.block(root, height - 1)?;
        Ok(content)
    }
}

struct Walk<'a, 'b, 'c> {
    group: &'a Group<'a>,
    kind: &'a Kind,
    own: &'b mut BTreeSet<u64>,
    content: &'b mut Content,
    see: &'b mut See<'c>,
}

impl Walk<'_, '_, '_> {
    fn block(&mut self, number: u64, level: u64) -> Result<()> {
        let superblock = self.group.superblock;
        let at = superblock.group_block(self.group.number, number, 1);
        let at = at.filter(|_| self.own.insert(number));
        let at = at.ok_or_else(|| self.group.damage(format!("block {number} cannot be in a tree of free space")))?;
        let block = read_vec(self.group.volume, at, superblock.block_size)?;
        let header = self.check(&block, at, level).map_err(|what| damaged(at, format!("a tree of free space {what}")))?;
        let count = usize::from(be16(&block, 6));
        let body = &block[header..];
        // Records and keys alike have a place and a length; behind keys there are pointers.
        let room = body.len() / if level == 0 { 8 } else { 12 };
        if count > room || (count == 0 && level > 0) {
            return Err(damaged(at, format!("{count} records in a block with room for {room}")));
        }
        for i in 0..count {
            match level {
                0 => self.record(be32(body, i * 8).into(), be32(body, i * 8 + 4).into())?,
                _ => self.block(be32(body, room * 8 + i * 4).into(), level - 1)?,
            }
        }
        Ok(())
    }

    fn record(&mut self, start: u64, len: u64) -> Result<()> {
        if len == 0 || start + len > self.group.len() {
            return Err(self.group.damage(format!("{len} free blocks at block {start}")));
        }
        let extent = start..start + len;
        self.content.put(&extent);
        (self.see)(extent)
    }

    /// The length of the header of a block that is what it should be.
    fn check(&self, block: &[u8], at: u64, level: u64) -> Result<usize, &'static str> {
        let superblock = self.group.superblock;
        let (magic, header) = match superblock.features.v5 {
            true => (self.kind.magic_v5, 56),
            false => (self.kind.magic_v4, 16),
        };
        if !block.starts_with(magic) || u64::from(be16(block, 4)) != level {
            return Err("has a block that is none of that level");
        }
        if superblock.features.v5 {
            if checksum(block, 52) != le32(block, 52) {
                return Err("has a block with a wrong checksum");
            }
            let is_here = be64(block, 16) == at / 512 && u64::from(be32(block, 48)) == self.group.number;
            if !is_here || block[32..48] != superblock.meta_uuid() {
                return Err("has a block that belongs elsewhere");
            }
        }
        Ok(header)
    }
}
