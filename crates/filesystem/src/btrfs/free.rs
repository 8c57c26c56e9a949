//! What lies in no extent, and what of the device lies in no chunk.
//!
//! Linux `include/uapi/linux/btrfs_tree.h` (`struct btrfs_dev_extent`, `btrfs_extent_item`, `btrfs_block_group_item`). The
//! tree of devices says which bytes each chunk takes, the tree of extents what is used in a chunk. Both are checked
//! against all else that says the same: the chunks, the block groups, the tree of free space, the sums in the superblock,
//! and against all that can be reached ([`reach`](super::reach)). Only of filesystems on one device.

use super::chunks::{Chunk, DeviceExtent};
use super::features;
use super::node::{Key, Pointer};
use super::roots::{DEVICES, EXTENTS, FREE_SPACE};
use super::superblock::{COPIES, Superblock};
use super::trees::Trees;
use crate::tree::See;
use std::collections::HashMap;
use std::ops::Range;
use storage::{Error, ReadAt, Result};

const DEV_EXTENT: u8 = 204;
pub(super) const EXTENT_ITEM: u8 = 168;
pub(super) const METADATA_ITEM: u8 = 169;

/// Nothing is ever put in the first bytes of a device: boot loaders live there.
const RESERVED: Range<u64> = 0..1 << 20;
/// Bytes from each copy of the superblock on in which nothing else lies (`BTRFS_STRIPE_LEN`).
const AROUND_SUPERBLOCK: u64 = 64 << 10;
/// Bytes of the longest chunk whose free ranges are held in memory: Linux makes none above 10 GiB.
const MAX_CHUNK: u64 = 64 << 30;

/// Gives `see` the free bytes in order.
pub(super) fn unused(volume: &dyn ReadAt, superblock: Superblock, see: &mut See<'_>) -> Result<()> {
    features::all_known(superblock.compat_ro(), superblock.incompat())?;
    if let Some(note) = superblock.oddities(volume).first() {
        return Err(Error::refused(format!("the filesystem is not clean: {note}")));
    }
    if superblock.device_bytes() != superblock.total_bytes() {
        return Err(damaged("the superblock has two lengths of its only device"));
    }
    let trees = Trees::open(volume, superblock)?;
    super::reach::check(&trees, trees.tree(EXTENTS)?)?;
    let extents = device_extents(&trees)?;
    let mut walk = Walk {
        extents: trees.tree(EXTENTS)?,
        groups: trees.block_groups()?,
        free_space: free_space_tree(&trees)?,
        copies: HashMap::new(),
        used: 0,
        trees: &trees,
        see,
    };
    let mut end = 0;
    for extent in &extents {
        walk.give(end..extent.range.start)?;
        walk.chunk(extent)?;
        end = extent.range.end;
    }
    walk.give(end..trees.superblock.device_bytes())?;
    walk.finish()
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::corrupt(0, format!("btrfs: {what}; let `btrfs check` look at it first"))
}

/// What chunks take of the device, in order.
fn device_extents<V: ReadAt>(trees: &Trees<V>) -> Result<Vec<DeviceExtent>> {
    let device = trees.superblock.device();
    let most: usize = trees.chunks.all().iter().map(|chunk| chunk.stripes.len()).sum();
    let (mut extents, mut end, mut bytes) = (Vec::<DeviceExtent>::new(), 0, 0);
    trees.each(trees.tree(DEVICES)?, Key::new(device, DEV_EXTENT, 0), &mut |key, item| {
        if key.kind != DEV_EXTENT || key.object != device {
            return Ok(false);
        }
        let extent = DeviceExtent::read(key.offset, item).filter(|extent| extent.range.start >= end);
        let extent = extent.ok_or_else(|| damaged("extents of the device overlap or cannot be"))?;
        end = extent.range.end;
        bytes += extent.range.end - extent.range.start;
        extents.push(extent);
        match extents.len() > most {
            true => Err(damaged("the device has more extents than chunks are made of")),
            false => Ok(true),
        }
    })?;
    if extents.len() != most || end > trees.superblock.device_bytes() || bytes != trees.superblock.device_used() {
        return Err(damaged("the extents of the device are not those that chunks are made of"));
    }
    Ok(extents)
}

/// The tree of free space, where it is there and right.
fn free_space_tree<V: ReadAt>(trees: &Trees<V>) -> Result<Option<Pointer>> {
    let both = features::FREE_SPACE_TREE | features::FREE_SPACE_TREE_VALID;
    let valid = trees.superblock.compat_ro() & both == both;
    valid.then(|| trees.tree(FREE_SPACE)).transpose()
}

struct Walk<'a, 'b, V> {
    trees: &'a Trees<V>,
    extents: Pointer,
    groups: Pointer,
    free_space: Option<Pointer>,
    /// How many copies of each chunk have been seen.
    copies: HashMap<u64, usize>,
    /// Bytes used in the chunks that have been seen.
    used: u64,
    see: &'a mut See<'b>,
}

impl<V: ReadAt> Walk<'_, '_, V> {
    /// Gives what is free in one copy of a chunk.
    fn chunk(&mut self, extent: &DeviceExtent) -> Result<()> {
        let trees = self.trees;
        let chunk = trees.chunks.find(extent.chunk)?;
        let len = chunk.range.end - chunk.range.start;
        let is_here = chunk.stripes.iter().any(|stripe| stripe.at == extent.range.start);
        if chunk.range.start != extent.chunk || !is_here || len != extent.range.end - extent.range.start {
            return Err(damaged(format!("a device extent at {} is of no chunk", extent.range.start)));
        }
        if !chunk.is_plain() || len > MAX_CHUNK {
            return Err(Error::unsupported("btrfs: what is free in chunks of such a profile is not known here"));
        }
        let seen = self.copies.entry(extent.chunk).or_insert(0);
        *seen += 1;
        let is_first = *seen == 1;
        let (free, used) = self.free(chunk)?;
        if is_first {
            self.used += used;
        }
        for range in free {
            let at = |logical: u64| extent.range.start + (logical - chunk.range.start);
            self.give(at(range.start)..at(range.end))?;
        }
        Ok(())
    }

    /// The logical addresses in a chunk that no extent takes, and how many the others are.
    fn free(&self, chunk: &Chunk) -> Result<(Vec<Range<u64>>, u64)> {
        let trees = self.trees;
        let Range { start, end } = chunk.range;
        let (mut free, mut next, mut used) = (Vec::new(), start, 0);
        trees.each(self.extents, Key::new(start, 0, 0), &mut |key, _| {
            let len = match key.kind {
                _ if key.object >= end => return Ok(false),
                EXTENT_ITEM => key.offset,
                METADATA_ITEM => trees.superblock.node(),
                _ => return Ok(true),
            };
            let stop = key.object.checked_add(len).filter(|&stop| stop <= end && key.object >= next && len > 0);
            let stop = stop.ok_or_else(|| damaged(format!("the extent at logical {} overlaps another", key.object)))?;
            if next < key.object {
                free.push(next..key.object);
            }
            (next, used) = (stop, used + len);
            Ok(true)
        })?;
        if next < end {
            free.push(next..end);
        }
        let group = trees.block_group(self.groups, chunk)?;
        if group.used != used || group.kind != chunk.kind {
            return Err(damaged(format!("the block group at logical {start} does not say what its extents do")));
        }
        if let Some(tree) = self.free_space
            && super::free_space::read(trees, tree, &chunk.range)? != free
        {
            return Err(damaged(format!("the tree of free space is wrong about the chunk at logical {start}")));
        }
        Ok((free, used))
    }

    /// Gives what of a range may be.
    fn give(&mut self, range: Range<u64>) -> Result<()> {
        let kept = COPIES.map(|at| at..at + AROUND_SUPERBLOCK);
        let mut next = range.start;
        for kept in [RESERVED].iter().chain(&kept).filter(|kept| kept.start < range.end && range.start < kept.end) {
            if next < kept.start {
                (self.see)(next..kept.start)?;
            }
            next = next.max(kept.end);
        }
        if next < range.end { (self.see)(next..range.end) } else { Ok(()) }
    }

    /// Whether all has been seen, and the sums are right.
    fn finish(self) -> Result<()> {
        let all = self.trees.chunks.all();
        let whole = |chunk: &Chunk| self.copies.get(&chunk.range.start) == Some(&chunk.stripes.len());
        if !all.iter().all(whole) {
            return Err(damaged("a chunk lies on the device in fewer copies than it has"));
        }
        match self.trees.superblock.bytes_used() == self.used {
            true => Ok(()),
            false => Err(damaged(format!(
                "{} bytes are used by the extents and {} by the superblock",
                self.used,
                self.trees.superblock.bytes_used()
            ))),
        }
    }
}
