//! From the blocks of a file to the blocks of the volume: trees of extents (ext4) and trees of pointers (ext2, ext3).
//!
//! Specification: Linux `Documentation/filesystems/ext4/{ifork,blockmap}.rst`. Checksums of tree nodes are not
//! verified.

use crate::field::{le16, le32};
use storage::{Error, ReadAt, Result, read_vec};

/// Deepest tree of extents that Linux makes.
const MAX_DEPTH: u16 = 5;
/// Nodes read for one file, and runs remembered: a whole initramfs in pieces of one block is far below both.
const MAX_NODES: u32 = 1 << 16;
const MAX_RUNS: usize = 1 << 20;
/// Extents longer than this have been allocated, not written: they read as zeros.
const MAX_WRITTEN: u16 = 1 << 15;
const EXTENT_MAGIC: u16 = 0xF30A;
const ENTRY: usize = 12;

/// Neighbouring blocks of a file that are neighbours on the volume too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first block, counted in the file.
    pub(super) logical: u64,
    /// The first block, counted on the volume.
    pub(super) physical: u64,
    /// Blocks; not zero.
    pub(super) count: u64,
}

/// Looks for the first `wanted` blocks of a file.
pub(super) struct Map<'a> {
    pub(super) volume: &'a dyn ReadAt,
    pub(super) block_size: u64,
    /// Blocks of the filesystem: no block has this number.
    pub(super) end: u64,
    pub(super) wanted: u64,
}

impl Map<'_> {
    /// The runs that a tree of extents maps. `root` is the node in the inode.
    pub(super) fn extents(&self, root: &[u8]) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        let depth = le16(root, 6);
        if depth > MAX_DEPTH {
            return Err(Error::corrupt(0, format!("its tree of extents is {depth} levels deep")));
        }
        let mut nodes = MAX_NODES;
        self.node(root, depth, &mut nodes, &mut runs)?;
        Ok(runs)
    }

    /// Depth sinks with each call and blocks of the file only rise, so that no tree can lead in circles.
    fn node(&self, node: &[u8], depth: u16, nodes: &mut u32, runs: &mut Vec<Run>) -> Result<()> {
        let entries = usize::from(le16(node, 2));
        if le16(node, 0) != EXTENT_MAGIC || le16(node, 6) != depth || (entries + 1) * ENTRY > node.len() {
            return Err(Error::corrupt(0, "its tree of extents has a node that is none"));
        }
        for entry in node[ENTRY..(entries + 1) * ENTRY].chunks_exact(ENTRY) {
            let logical = u64::from(le32(entry, 0));
            if logical >= self.wanted {
                return Ok(());
            }
            if depth == 0 {
                self.extent(entry, runs)?;
                continue;
            }
            *nodes = nodes.checked_sub(1).ok_or_else(|| {
                Error::unsupported(format!("its tree of extents has more than the {MAX_NODES} nodes that are read"))
            })?;
            let child = u64::from(le16(entry, 8)) << 32 | u64::from(le32(entry, 4));
            self.node(&self.block(child)?, depth - 1, nodes, runs)?;
        }
        Ok(())
    }

    fn extent(&self, entry: &[u8], runs: &mut Vec<Run>) -> Result<()> {
        let len = le16(entry, 4);
        if len > MAX_WRITTEN {
            return Ok(());
        }
        let physical = u64::from(le16(entry, 6)) << 32 | u64::from(le32(entry, 8));
        self.push(runs, Run { logical: le32(entry, 0).into(), physical, count: len.into() })
    }

    /// The runs that the fifteen block numbers in an inode map: twelve direct, three to trees of pointers.
    pub(super) fn pointers(&self, root: &[u8]) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        let mut logical = 0;
        for (slot, pointer) in root.chunks_exact(4).enumerate() {
            let depth = u32::try_from(slot.saturating_sub(11)).unwrap_or(0);
            self.pointer(le32(pointer, 0).into(), depth, &mut logical, &mut runs)?;
        }
        match logical < self.wanted {
            true => Err(Error::corrupt(0, "it is longer than block pointers can lead")),
            false => Ok(runs),
        }
    }

    /// Every call raises `logical`, and none goes on past `wanted`.
    fn pointer(&self, block: u64, depth: u32, logical: &mut u64, runs: &mut Vec<Run>) -> Result<()> {
        if *logical >= self.wanted {
            return Ok(());
        }
        let fan_out = self.block_size / 4;
        if block == 0 {
            *logical += fan_out.pow(depth);
        } else if depth == 0 {
            self.push(runs, Run { logical: *logical, physical: block, count: 1 })?;
            *logical += 1;
        } else {
            for pointer in self.block(block)?.chunks_exact(4) {
                self.pointer(le32(pointer, 0).into(), depth - 1, logical, runs)?;
            }
        }
        Ok(())
    }

    fn block(&self, number: u64) -> Result<Vec<u8>> {
        self.check(number, 1)?;
        read_vec(self.volume, number * self.block_size, self.block_size)
    }

    fn check(&self, block: u64, count: u64) -> Result<()> {
        if block == 0 || block.checked_add(count).is_none_or(|end| end > self.end) {
            let offset = block.saturating_mul(self.block_size);
            return Err(Error::corrupt(offset, format!("it leads to block {block} of {}", self.end)));
        }
        Ok(())
    }

    /// Adds a run, cut to what is wanted, and joins it to the one before where that is possible.
    fn push(&self, runs: &mut Vec<Run>, mut run: Run) -> Result<()> {
        let next = runs.last().map_or(0, |last| last.logical + last.count);
        if run.count == 0 || run.logical < next {
            return Err(Error::corrupt(
                run.physical.saturating_mul(self.block_size),
                "its extents are empty or overlap",
            ));
        }
        self.check(run.physical, run.count)?;
        run.count = run.count.min(self.wanted.saturating_sub(run.logical));
        if run.count == 0 {
            return Ok(());
        }
        match runs.last_mut() {
            Some(last) if run.logical == next && last.physical + last.count == run.physical => last.count += run.count,
            _ => runs.push(run),
        }
        if runs.len() > MAX_RUNS {
            return Err(Error::unsupported(format!("it lies in more than the {MAX_RUNS} pieces that are read")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: u64 = 1024;

    fn map(volume: &dyn ReadAt, wanted: u64) -> Map<'_> {
        Map { volume, block_size: BLOCK, end: volume.size() / BLOCK, wanted }
    }

    fn node(depth: u16, entries: &[[u32; 3]]) -> Vec<u8> {
        let mut node = Vec::new();
        for word in [EXTENT_MAGIC, u16::try_from(entries.len()).unwrap(), 4, depth, 0, 0] {
            node.extend(word.to_le_bytes());
        }
        for word in entries.iter().flatten() {
            node.extend(word.to_le_bytes());
        }
        node.resize(node.len().max(60), 0);
        node
    }

    fn run(logical: u64, physical: u64, count: u64) -> Run {
        Run { logical, physical, count }
    }

    #[test]
    fn extents_are_joined_and_cut() {
        let volume = vec![0u8; 64 << 10];
        let root = node(0, &[[0, 2, 10], [2, 3, 12], [8, 4, 30]]);
        assert_eq!(map(&volume, 10).extents(&root).unwrap(), [run(0, 10, 5), run(8, 30, 2)]);
    }

    #[test]
    fn an_unwritten_extent_is_a_hole() {
        let volume = vec![0u8; 64 << 10];
        let root = node(0, &[[0, 1, 10], [1, 0x8000 + 4, 20], [5, 1, 11]]);
        assert_eq!(map(&volume, 6).extents(&root).unwrap(), [run(0, 10, 1), run(5, 11, 1)]);
    }

    #[test]
    fn trees_that_lead_in_circles_or_outside_are_errors() {
        let mut volume = vec![0u8; 64 << 10];
        let child = node(1, &[[0, 5, 0]]);
        volume[5 * 1024..5 * 1024 + 60].copy_from_slice(&child);
        let map = map(&volume, 100);
        for root in [
            node(1, &[[0, 5, 0]]),
            node(6, &[[0, 5, 0]]),
            node(0, &[[0, 1, 64]]),
            node(0, &[[0, 0, 5]]),
            node(0, &[[0, 1, 0]]),
            node(0, &[[4, 2, 8], [0, 1, 9]]),
            vec![0; 60],
        ] {
            assert_eq!(map.extents(&root).unwrap_err().kind(), storage::ErrorKind::Corrupt);
        }
    }

    #[test]
    fn a_tree_that_fans_out_without_end_is_left() {
        let mut volume = vec![0u8; 64 << 10];
        let mut wide = |block: usize, depth: u16, entry: [u32; 3]| {
            let mut bytes = node(depth, &[entry; 84]);
            bytes.resize(1024, 0);
            volume[block * 1024..(block + 1) * 1024].copy_from_slice(&bytes);
        };
        wide(11, 0, [0, 0x8001, 1]);
        for level in 1..5u16 {
            wide(11 + usize::from(level), level, [0, 10 + u32::from(level), 0]);
        }
        let root = node(5, &[[0, 15, 0]; 4]);
        assert_eq!(map(&volume, 100).extents(&root).unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }

    #[test]
    fn pointers_may_have_holes_at_every_level() {
        let mut volume = vec![0u8; 64 << 10];
        let mut put = |block: usize, slot: usize, value: u32| {
            let at = block * 1024 + slot * 4;
            volume[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        put(20, 0, 30);
        put(20, 1, 31);
        put(21, 2, 22);
        put(22, 255, 40);
        let mut root = [0u8; 60];
        for (slot, value) in [(0usize, 10u32), (1, 11), (12, 20), (13, 21)] {
            root[slot * 4..slot * 4 + 4].copy_from_slice(&value.to_le_bytes());
        }
        let last = 12 + 256 + 2 * 256 + 255;
        let runs = map(&volume, last + 1).pointers(&root).unwrap();
        assert_eq!(runs, [run(0, 10, 2), run(12, 30, 2), run(last, 40, 1)]);
        // A triple hole maps 16 GiB; nothing maps more.
        assert!(map(&volume, 1 << 24).pointers(&root).is_ok());
        assert!(map(&volume, 1 << 25).pointers(&root).is_err());
        root[4..8].copy_from_slice(&64u32.to_le_bytes());
        assert!(map(&volume, 2).pointers(&root).is_err());
    }
}
