//! Inodes by number, and the content they lead to.
//!
//! Specification: Linux `Documentation/filesystems/ext4/{group_descr,inodes}.rst`. Not read here: inline data,
//! encrypted content, extended attributes.

use super::blocks::{self, Run};
use super::features;
use super::superblock::Superblock;
use crate::field::zeros;
use crate::field::{array, le16, le32};
use crate::tree::FileKind;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

const FLAG_COMPRESSED: u32 = 0x4;
const FLAG_IMMUTABLE: u32 = 0x10;
const FLAG_APPEND: u32 = 0x20;
const FLAG_ENCRYPTED: u32 = 0x800;
const FLAG_EXTENTS: u32 = 0x8_0000;
const FLAG_INLINE: u32 = 0x1000_0000;

/// One inode: what is needed to read its content.
#[derive(Debug)]
pub(super) struct Inode {
    pub(super) number: u32,
    /// Where it lies, in bytes; for messages.
    pub(super) offset: u64,
    mode: u16,
    flags: u32,
    pub(super) size: u64,
    /// The fifteen words of `i_block`: block numbers, or the root of the tree of extents.
    root: [u8; 60],
}

impl Inode {
    pub(super) fn read(volume: &dyn ReadAt, superblock: &Superblock, number: u32) -> Result<Self> {
        let offset = locate(volume, superblock, number)?;
        let bytes = read_vec(volume, offset, 128).map_err(|error| error.within(format!("inode {number}")))?;
        Ok(Inode {
            number,
            offset,
            mode: le16(&bytes, 0x00),
            flags: le32(&bytes, 0x20),
            size: u64::from(le32(&bytes, 0x6C)) << 32 | u64::from(le32(&bytes, 0x04)),
            root: array(&bytes, 0x28),
        })
    }

    /// What it is; none if its mode is no mode.
    pub(super) fn kind(&self) -> Option<FileKind> {
        match self.mode >> 12 {
            0x8 => Some(FileKind::File),
            0x4 => Some(FileKind::Directory),
            0xA => Some(FileKind::Link),
            0x1 | 0x2 | 0x6 | 0xC => Some(FileKind::Special),
            _ => None,
        }
    }

    /// Immutable or append-only.
    pub(super) fn is_immutable(&self) -> bool {
        self.flags & (FLAG_IMMUTABLE | FLAG_APPEND) != 0
    }

    /// Where the first `len` bytes lie, in order; what no run covers is a hole.
    pub(super) fn runs(&self, volume: &dyn ReadAt, superblock: &Superblock, len: u64) -> Result<Vec<Run>> {
        for (flag, word) in [(FLAG_INLINE, "inline"), (FLAG_ENCRYPTED, "encrypted"), (FLAG_COMPRESSED, "compressed")] {
            if self.flags & flag != 0 {
                return Err(Error::unsupported(format!("inode {}: {word} content is not read", self.number)));
            }
        }
        let blocks = len.div_ceil(superblock.block_size);
        let map = blocks::Map { volume, block_size: superblock.block_size, end: superblock.blocks, wanted: blocks };
        let runs = if self.flags & FLAG_EXTENTS != 0 { map.extents(&self.root) } else { map.pointers(&self.root) };
        runs.map_err(|error| error.within(format!("inode {}", self.number)))
    }

    /// The first `len` bytes, holes as zeros; `len` is at most the size.
    pub(super) fn content(&self, volume: &dyn ReadAt, superblock: &Superblock, len: u64) -> Result<Vec<u8>> {
        debug_assert!(len <= self.size);
        let mut content = zeros(len)?;
        for run in self.runs(volume, superblock, len)? {
            let start = run.logical * superblock.block_size;
            let end = (start + run.count * superblock.block_size).min(len);
            let part = &mut content[to_usize(start)?..to_usize(end)?];
            volume.read_at(part, run.physical * superblock.block_size)?;
        }
        Ok(content)
    }
}

/// The byte at which an inode begins.
fn locate(volume: &dyn ReadAt, superblock: &Superblock, number: u32) -> Result<u64> {
    let index = match number.checked_sub(1) {
        Some(index) if number <= superblock.inodes => index,
        _ => return Err(Error::corrupt(super::superblock::OFFSET, format!("there is no inode {number}"))),
    };
    let group = u64::from(index / superblock.inodes_per_group);
    let size = superblock.descriptor_size();
    let at = superblock.descriptors() + group * u64::from(size);
    let descriptor = read_vec(volume, at, size.into()).map_err(|error| error.within("group descriptor"))?;
    let high = if superblock.incompat & features::BITS_64 != 0 { le32(&descriptor, 0x28) } else { 0 };
    let table = u64::from(high) << 32 | u64::from(le32(&descriptor, 0x08));
    let within = u64::from(index % superblock.inodes_per_group) * u64::from(superblock.inode_size);
    table
        .checked_mul(superblock.block_size)
        .and_then(|start| start.checked_add(within))
        .filter(|&offset| table > 0 && offset < superblock.size())
        .ok_or_else(|| Error::corrupt(at, format!("group {group}: inode table at block {table}, past the end")))
}
