//! The trees of free space of one group, each of which has all free extents in its own order.
//!
//! Specification: XFS Algorithms & Data Structures, "AG Free Space B+trees".

use super::groups::FreeSpace;
use super::superblock::{Superblock, checksum};
use crate::field::{be16, be32, be64, le32};
use crate::tree::See;
use std::collections::BTreeSet;
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_vec};

/// Highest trees that Linux makes.
const MAX_LEVEL: u64 = 16;

/// One of the two trees of a group.
pub(super) struct Kind {
    magic_v4: &'static [u8],
    magic_v5: &'static [u8],
    /// Where the header of the group has its root and its height.
    root: usize,
    height: usize,
}

pub(super) const BY_PLACE: Kind = Kind { magic_v4: b"ABTB", magic_v5: b"AB3B", root: 16, height: 28 };
pub(super) const BY_LENGTH: Kind = Kind { magic_v4: b"ABTC", magic_v5: b"AB3C", root: 20, height: 32 };

/// What a tree holds, so that two can be compared: extents, their blocks, and a sum of places times lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    extents: u64,
    pub(super) blocks: u64,
    sum: u64,
    pub(super) longest: u64,
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

/// A group of blocks with trees of its own.
pub(super) struct Group<'a> {
    pub(super) volume: &'a dyn ReadAt,
    pub(super) superblock: &'a Superblock,
    pub(super) number: u64,
    pub(super) space: FreeSpace,
}

pub(super) fn damaged(at: u64, what: impl std::fmt::Display) -> Error {
    Error::corrupt(at, format!("XFS: {what}; let xfs_repair repair it first"))
}

impl Group<'_> {
    pub(super) fn damage(&self, what: impl std::fmt::Display) -> Error {
        damaged(self.space.at, format!("group {}: {what}", self.number))
    }

    /// Blocks in it.
    pub(super) fn len(&self) -> u64 {
        self.superblock.group_len(self.number)
    }

    /// Walks a tree from left to right, and adds its blocks to `own`: none can be there twice.
    pub(super) fn walk(&self, kind: &Kind, own: &mut BTreeSet<u64>, see: &mut See<'_>) -> Result<Content> {
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
        let header =
            self.check(&block, at, level).map_err(|what| damaged(at, format!("a tree of free space {what}")))?;
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
