//! Everything that can be reached, held against the tree of extents.
//!
//! What the tree of extents leaves out is taken for free. Before anything is given away, every block of every tree and
//! every extent of every file must be in it.

use super::content::{EXTENT_DATA, stored};
use super::free::{EXTENT_ITEM, METADATA_ITEM};
use super::node::{Key, Node, Pointer};
use super::roots::{ROOT_ITEM, Root};
use super::trees::Trees;
use std::collections::HashSet;
use storage::{Error, ReadAt, Result};

/// The object of trees that a balance makes and has not yet put in their places.
const RELOCATION: u64 = u64::MAX - 7;

/// Blocks that are remembered: 64 GiB of metadata in blocks of 16 KiB.
const MAX_BLOCKS: usize = 4 << 20;

/// Walks through all trees.
pub(super) fn check<V: ReadAt>(trees: &Trees<V>, extents: Pointer) -> Result<()> {
    let mut reach = Reach { trees, extents, seen: HashSet::new(), last: None };
    reach.block(trees.superblock.chunk_root(), None)?;
    reach.block(trees.superblock.root(), None)?;
    let mut roots = Vec::new();
    trees.each(trees.superblock.root(), Key::new(0, 0, 0), &mut |key, item| {
        if key.kind == ROOT_ITEM {
            roots.push(Root::read(key.object, item)?);
        }
        Ok(true)
    })?;
    for root in roots {
        if root.id == RELOCATION || root.half_deleted {
            return Err(Error::refused("the filesystem is in the middle of a balance or of deleting a subvolume"));
        }
        reach.block(root.pointer, None)?;
    }
    Ok(())
}

struct Reach<'a, V> {
    trees: &'a Trees<V>,
    extents: Pointer,
    /// Blocks that have been walked through: snapshots share most of theirs.
    seen: HashSet<u64>,
    /// The extent that was looked for last: neighbouring parts of a file are often of one.
    last: Option<(u64, u64)>,
}

impl<V: ReadAt> Reach<'_, V> {
    fn block(&mut self, at: Pointer, first: Option<Key>) -> Result<()> {
        let node = self.trees.node(at, first)?;
        if !self.seen.insert(at.at) {
            return Ok(());
        }
        if self.seen.len() > MAX_BLOCKS {
            return Err(Error::unsupported("btrfs: there are more tree blocks than are looked through"));
        }
        let len = self.trees.superblock.node();
        let short = Key::new(at.at, METADATA_ITEM, at.level.into());
        if self.trees.get(self.extents, short)?.is_none() && !self.is_known(at.at, len)? {
            return Err(damaged("the tree block", at.at));
        }
        match node.level() {
            0 => self.files(&node),
            _ => (0..node.count()).try_for_each(|i| self.block(node.child(i), Some(node.key(i)))),
        }
    }

    /// The extents of files in a leaf; no other item is of this kind.
    fn files(&mut self, leaf: &Node) -> Result<()> {
        for i in (0..leaf.count()).filter(|&i| leaf.key(i).kind == EXTENT_DATA) {
            let Some((at, len)) = stored(leaf.item(i))? else { continue };
            if self.last != Some((at, len)) && !self.is_known(at, len)? {
                return Err(damaged("a file's extent", at));
            }
            self.last = Some((at, len));
        }
        Ok(())
    }

    fn is_known(&self, at: u64, len: u64) -> Result<bool> {
        Ok(self.trees.get(self.extents, Key::new(at, EXTENT_ITEM, len))?.is_some())
    }
}

fn damaged(what: &str, at: u64) -> Error {
    Error::corrupt(
        0,
        format!("btrfs: {what} at logical {at} is not in the tree of extents; let `btrfs check` look at it first"),
    )
}
