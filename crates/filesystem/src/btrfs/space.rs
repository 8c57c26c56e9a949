//! How much may still be written, as statfs(2) counts it.
//!
//! Linux `fs/btrfs/super.c` (`btrfs_statfs`): what is free in chunks of data, and what lies in no chunk, less what the
//! profile of data costs.

use super::chunks::{self, Chunk, DATA, device_sizes};
use super::features;
use super::node::{Key, Pointer};
use super::roots::{BLOCK_GROUPS, EXTENTS};
use super::trees::Trees;
use crate::field::le64;
use storage::{Error, ReadAt, Result};

const BLOCK_GROUP_ITEM: u8 = 192;
/// A device's item, of the first object of the tree of chunks.
const DEVICES: (u64, u8) = (1, 216);

/// What a device keeps free at its start, and the unit in which chunks are cut.
const RESERVED: u64 = 1 << 20;
const UNIT: u64 = 64 << 10;

/// Chunks that are asked how full they are.
const MAX_ASKED: usize = 1 << 16;

/// How full a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockGroup {
    pub(super) used: u64,
    pub(super) kind: u64,
}

impl<V: ReadAt> Trees<V> {
    /// The tree in which chunks say how full they are.
    pub(super) fn block_groups(&self) -> Result<Pointer> {
        let own = self.superblock.compat_ro() & features::BLOCK_GROUP_TREE != 0;
        self.tree(if own { BLOCK_GROUPS } else { EXTENTS })
    }

    /// How full a chunk is, by that tree.
    pub(super) fn block_group(&self, tree: Pointer, chunk: &Chunk) -> Result<BlockGroup> {
        let (start, len) = (chunk.range.start, chunk.range.end - chunk.range.start);
        let item = self.get(tree, Key::new(start, BLOCK_GROUP_ITEM, len))?.filter(|item| item.len() >= 24);
        let item = item.ok_or_else(|| {
            Error::corrupt(0, format!("btrfs: the chunk at logical {start} has no block group that fits it"))
        })?;
        let group = BlockGroup { used: le64(&item, 0), kind: le64(&item, 16) };
        match group.used <= len {
            true => Ok(group),
            false => Err(Error::corrupt(0, format!("btrfs: the block group at logical {start} is more than full"))),
        }
    }

    /// Bytes of files that there is room for.
    pub(super) fn available(&self) -> Result<u64> {
        let data: Vec<&Chunk> = self.chunks.all().iter().filter(|chunk| chunk.kind & DATA != 0).collect();
        if data.len() > MAX_ASKED {
            return Err(Error::unsupported("btrfs: there are too many chunks to count what is free in them"));
        }
        let tree = self.block_groups()?;
        let mut free = 0u64;
        for chunk in &data {
            let used = self.block_group(tree, chunk)?.used;
            free = free.saturating_add(chunk.range.end - chunk.range.start - used);
        }
        // The newest chunk has the profile that the next one will have.
        let factor = data.last().map_or(1, |chunk| chunks::factor(chunk.kind));
        Ok(free.saturating_add(self.unallocated()? / factor))
    }

    /// Bytes of all devices that lie in no chunk and may.
    fn unallocated(&self) -> Result<u64> {
        let (object, kind) = DEVICES;
        let mut bytes = 0u64;
        self.each(self.superblock.chunk_root(), Key::new(object, kind, 0), &mut |key, item| {
            if !key.is_of(object, kind) {
                return Ok(false);
            }
            if let Some((total, used)) = device_sizes(item) {
                let room = total.saturating_sub(used) / UNIT * UNIT;
                let least = RESERVED + UNIT;
                bytes = bytes.saturating_add(if room > least { room - RESERVED } else { 0 });
            }
            Ok(true)
        })?;
        Ok(bytes)
    }
}
