//! Groups of blocks: where their descriptors lie and what they say.
//!
//! Specification: Linux `Documentation/filesystems/ext4/{group_descr,blockgroup,special_inodes}.rst`. The superblock must
//! have been checked.

use super::features;
use super::superblock::Superblock;
use crate::crc::{crc16, crc32c};
use crate::field::{le16, le32};
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// The bitmap of blocks was never written: only the filesystem's own blocks are in use.
const BLOCK_UNINIT: u16 = 2;

/// What a descriptor says. Blocks are counted on the volume.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) number: u64,
    /// The blocks of the group.
    pub(super) blocks: Range<u64>,
    pub(super) block_bitmap: u64,
    pub(super) inode_bitmap: u64,
    pub(super) inode_table: u64,
    /// Clusters that are free.
    pub(super) free: u64,
    /// There is no bitmap of blocks.
    pub(super) uninit: bool,
    bitmap_checksum: u32,
}

/// The groups of a filesystem.
#[derive(Clone, Copy)]
pub(super) struct Groups<'a> {
    volume: &'a dyn ReadAt,
    superblock: &'a Superblock,
    /// Blocks in a group.
    per_group: u64,
    /// The first block that belongs to a group.
    first: u64,
    /// Bytes in a descriptor, and descriptors in a block.
    descriptor: u64,
    per_block: u64,
    /// Blocks of descriptors before this one follow the superblock, those from it on lie in the groups they describe.
    first_meta: u64,
    /// Where checksums start from.
    seed: u32,
}

impl<'a> Groups<'a> {
    pub(super) fn new(volume: &'a dyn ReadAt, superblock: &'a Superblock) -> Self {
        let bytes = &superblock.bytes;
        let descriptor = u64::from(superblock.descriptor_size());
        let meta = superblock.incompat & features::META_BG != 0;
        Groups {
            volume,
            superblock,
            per_group: le32(bytes, 0x20).into(),
            first: le32(bytes, 0x14).into(),
            descriptor,
            per_block: superblock.block_size / descriptor,
            first_meta: if meta { le32(bytes, 0x104).into() } else { u64::MAX },
            seed: match superblock.incompat & features::CSUM_SEED {
                0 => crc32c(!0, &bytes[0x68..0x78]),
                _ => le32(bytes, 0x270),
            },
        }
    }

    /// All groups in order, to `see`.
    pub(super) fn each(&self, see: &mut dyn FnMut(&Group) -> Result<()>) -> Result<()> {
        let count = self.superblock.groups();
        for block in 0..count.div_ceil(self.per_block) {
            let at = self.descriptors(block) * self.superblock.block_size;
            let bytes = read_vec(self.volume, at, self.superblock.block_size)
                .map_err(|error| error.within("group descriptors"))?;
            let numbers = block * self.per_block..((block + 1) * self.per_block).min(count);
            for (number, descriptor) in numbers.zip(bytes.chunks_exact(to_usize(self.descriptor)?)) {
                if !self.is_sealed(number, descriptor)? {
                    let at = at + (number % self.per_block) * self.descriptor;
                    return Err(Error::corrupt(at, format!("the descriptor of group {number} has a wrong checksum")));
                }
                see(&self.parse(number, descriptor))?;
            }
        }
        Ok(())
    }

    fn parse(&self, number: u64, bytes: &[u8]) -> Group {
        let wide = self.superblock.incompat & features::BITS_64 != 0 && bytes.len() >= 64;
        let block = |low, high| u64::from(le32(bytes, low)) | if wide { u64::from(le32(bytes, high)) << 32 } else { 0 };
        let half = |low, high| u32::from(le16(bytes, low)) | if wide { u32::from(le16(bytes, high)) << 16 } else { 0 };
        let start = self.first + number * self.per_group;
        Group {
            number,
            blocks: start..(start + self.per_group).min(self.superblock.blocks),
            block_bitmap: block(0x00, 0x20),
            inode_bitmap: block(0x04, 0x24),
            inode_table: block(0x08, 0x28),
            free: half(0x0C, 0x2C).into(),
            uninit: self.has_flags() && le16(bytes, 0x12) & BLOCK_UNINIT != 0,
            bitmap_checksum: half(0x18, 0x38),
        }
    }

    /// Flags mean something where descriptors have checksums.
    fn has_flags(&self) -> bool {
        self.superblock.ro_compat & (features::GDT_CSUM | features::METADATA_CSUM) != 0
    }

    fn is_sealed(&self, number: u64, bytes: &[u8]) -> Result<bool> {
        let number = u32::try_from(number).map_err(|_| Error::unsupported("more than 2^32 groups"))?.to_le_bytes();
        let found = le16(bytes, 0x1E);
        if self.superblock.has_checksum() {
            let head = crc32c(crc32c(self.seed, &number), &bytes[..0x1E]);
            let whole = crc32c(crc32c(head, &[0; 2]), &bytes[0x20..]);
            return Ok(whole & 0xFFFF == u32::from(found));
        }
        if self.superblock.ro_compat & features::GDT_CSUM != 0 {
            let head = crc16(crc16(crc16(!0, &self.superblock.bytes[0x68..0x78]), &number), &bytes[..0x1E]);
            return Ok(crc16(head, &bytes[0x20..]) == found);
        }
        Ok(true)
    }

    /// The bitmap of the blocks, or clusters, of a group, checked where there is a checksum.
    pub(super) fn bitmap(&self, group: &Group) -> Result<Vec<u8>> {
        let at = group.block_bitmap * self.superblock.block_size;
        let bitmap = read_vec(self.volume, at, self.superblock.block_size)
            .map_err(|error| error.within(format!("the block bitmap of group {}", group.number)))?;
        if self.superblock.has_checksum() {
            let used = bitmap.get(..to_usize(self.clusters_per_group()? / 8)?).unwrap_or(&bitmap);
            let mask = if self.descriptor >= 64 { u32::MAX } else { 0xFFFF };
            if crc32c(self.seed, used) & mask != group.bitmap_checksum {
                let number = group.number;
                return Err(Error::corrupt(at, format!("the block bitmap of group {number} has a wrong checksum")));
            }
        }
        Ok(bitmap)
    }

    /// Blocks that one bit stands for.
    pub(super) fn cluster(&self) -> Result<u64> {
        if self.superblock.ro_compat & features::BIGALLOC == 0 {
            return Ok(1);
        }
        let (cluster, block) = (le32(&self.superblock.bytes, 0x1C), le32(&self.superblock.bytes, 0x18));
        match cluster.checked_sub(block) {
            Some(log @ 0..=20) => Ok(1 << log),
            _ => Err(Error::corrupt(super::superblock::OFFSET, "ext superblock: clusters smaller than blocks")),
        }
    }

    fn clusters_per_group(&self) -> Result<u64> {
        Ok(self.per_group / self.cluster()?)
    }

    /// The block that holds the descriptors number `block * per_block` and on.
    fn descriptors(&self, block: u64) -> u64 {
        if block < self.first_meta {
            return self.superblock.descriptors() / self.superblock.block_size + block;
        }
        let group = block * self.per_block;
        self.first + group * self.per_group + u64::from(self.has_superblock(group))
    }

    /// The blocks at the beginning of a group that hold copies of superblock and descriptors, or room for more of those.
    pub(super) fn copies(&self, group: &Group) -> Range<u64> {
        let number = group.number;
        let start = group.blocks.start;
        let copy = u64::from(self.has_superblock(number));
        let all = self.superblock.groups().div_ceil(self.per_block);
        let descriptors = if number / self.per_block < self.first_meta {
            let reserved = u64::from(le16(&self.superblock.bytes, 0xCE));
            copy * (all.min(self.first_meta) + reserved)
        } else {
            u64::from(matches!(number % self.per_block, 0 | 1) || (number + 1).is_multiple_of(self.per_block))
        };
        start..(start + copy + descriptors).min(group.blocks.end)
    }

    fn has_superblock(&self, group: u64) -> bool {
        let bytes = &self.superblock.bytes;
        if group == 0 {
            true
        } else if self.superblock.compat & features::SPARSE_SUPER2 != 0 {
            [0x24C, 0x250].iter().any(|&at| u64::from(le32(bytes, at)) == group)
        } else {
            self.superblock.ro_compat & features::SPARSE_SUPER == 0
                || group == 1
                || [3, 5, 7].iter().any(|&base| is_power(group, base))
        }
    }
}

fn is_power(mut number: u64, base: u64) -> bool {
    while number.is_multiple_of(base) {
        number /= base;
    }
    number == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_in_groups_that_are_powers() {
        let powers: Vec<u64> = (1..130).filter(|&n| [3, 5, 7].iter().any(|&base| is_power(n, base))).collect();
        assert_eq!(powers, [1, 3, 5, 7, 9, 25, 27, 49, 81, 125]);
    }
}
