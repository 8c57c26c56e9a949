//! The superblock of XFS, and the addresses that rest upon it.
//!
//! Specification: XFS Algorithms & Data Structures, "Superblocks". Numbers are big-endian, checksums little-endian. Only
//! the first copy is read, which is the one that Linux reads.

use super::features::{self, Features};
use crate::crc::crc32c;
use crate::field::{array, be16, be32, be64, label, le32, peek, uuid};
use crate::tree::Info;
use storage::{Error, ReadAt, Result};

const MAGIC: &[u8] = b"XFSB";
/// Of the fields that are read here.
const LEN: u64 = 512;
/// Bits of `sb_versionnum`.
const VERSION: u16 = 0xF;
const DIRECTORIES_V2: u16 = 0x2000;
const ASCII_CI: u16 = 0x4000;
const MORE_BITS: u16 = 0x8000;
/// Where the checksum of version 5 stands.
pub(super) const CHECKSUM: usize = 224;
/// Fewest blocks of an allocation group that Linux takes.
const MIN_GROUP: u64 = 64;
/// Largest block of a directory, in bytes.
const MAX_DIRECTORY_BLOCK: u64 = 65536;

/// The bytes of its sector, with the fields that are used more than once.
#[derive(Clone, Debug)]
pub(super) struct Superblock {
    pub(super) bytes: Vec<u8>,
    pub(super) features: Features,
    /// Bytes in a block.
    pub(super) block_size: u64,
    /// Blocks in all groups together.
    pub(super) blocks: u64,
    /// Blocks in a group; the last one may have fewer.
    pub(super) group_blocks: u64,
    pub(super) groups: u64,
    /// Bits of a block's number within its group.
    pub(super) group_bits: u32,
    pub(super) inode_size: u64,
    /// Bits of an inode's number within its block.
    inode_bits: u32,
    pub(super) sector: u64,
    /// Bytes in a block of a directory.
    pub(super) directory_block: u64,
}

impl Superblock {
    /// None if the marks are not there, a size makes no sense, or mkfs did not come to its end.
    pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Self>> {
        let Some(head) = peek(volume, 0, LEN)? else { return Ok(None) };
        let sector = u64::from(be16(&head, 102));
        let block_size = u64::from(be32(&head, 4));
        let sound = head.starts_with(MAGIC)
            && block_size.is_power_of_two()
            && (512..=65536).contains(&block_size)
            && sector.is_power_of_two()
            && (512..=32768).contains(&sector)
            && be32(&head, 88) > 0
            && matches!(be16(&head, 100) & VERSION, 4 | 5)
            && head[126] == 0;
        if !sound {
            return Ok(None);
        }
        Ok(peek(volume, 0, sector)?.map(Self::parse))
    }

    fn parse(bytes: Vec<u8>) -> Self {
        let block_size = u64::from(be32(&bytes, 4));
        Superblock {
            features: features(&bytes),
            block_size,
            blocks: be64(&bytes, 8),
            group_blocks: be32(&bytes, 84).into(),
            groups: be32(&bytes, 88).into(),
            group_bits: bytes[124].into(),
            inode_size: be16(&bytes, 104).into(),
            inode_bits: bytes[123].into(),
            sector: be16(&bytes, 102).into(),
            directory_block: block_size.checked_shl(bytes[192].into()).unwrap_or(u64::MAX),
            bytes,
        }
    }

    /// Length of the filesystem in bytes, by its own account.
    pub(super) fn size(&self) -> u64 {
        self.blocks.saturating_mul(self.block_size)
    }

    /// Version 5 has a checksum over the sector; whether it is right.
    pub(super) fn is_proven(&self) -> bool {
        self.features.v5 && checksum(&self.bytes, CHECKSUM) == le32(&self.bytes, CHECKSUM)
    }

    /// The UUID that structures of version 5 carry.
    pub(super) fn meta_uuid(&self) -> [u8; 16] {
        array(&self.bytes, if self.features.has(features::META_UUID) { 248 } else { 32 })
    }

    /// The UUID that records of the log carry.
    pub(super) fn log_uuid(&self) -> [u8; 16] {
        array(&self.bytes, 32)
    }

    /// Whether sizes and counts fit each other and a volume of `len` bytes.
    pub(super) fn check(&self, len: u64) -> Result<()> {
        if self.features.v5 && !self.is_proven() {
            return wrong("its checksum is wrong");
        }
        let logs = [(self.block_size, 120), (self.sector, 121), (self.inode_size, 122)];
        for (size, log) in logs {
            if 1u64.checked_shl(self.bytes[log].into()) != Some(size) {
                return wrong(format!("{size} is not 2 to the power of {}", self.bytes[log]));
            }
        }
        let per_block = self.block_size / self.inode_size.max(1);
        if !(256..=2048).contains(&self.inode_size) || 1u64.checked_shl(self.inode_bits) != Some(per_block) {
            return wrong(format!("inodes of {} bytes", self.inode_size));
        }
        if self.directory_block > MAX_DIRECTORY_BLOCK {
            return wrong(format!("blocks of directories of {} bytes", self.directory_block));
        }
        if !self.features.v5 && be16(&self.bytes, 100) & DIRECTORIES_V2 == 0 {
            return Err(Error::unsupported("XFS with directories of version 1 is not read"));
        }
        self.check_groups()?;
        match self.size() > len {
            true => wrong(format!(
                "{} blocks of {} bytes do not fit in the volume's {len} bytes; the image may be cut short",
                self.blocks, self.block_size
            )),
            false => Ok(()),
        }
    }

    fn check_groups(&self) -> Result<()> {
        let (groups, each) = (self.groups, self.group_blocks);
        let bits = 64 - each.saturating_sub(1).leading_zeros();
        if each < MIN_GROUP || self.group_bits != bits {
            return wrong(format!("groups of {each} blocks, numbered in {} bits", self.group_bits));
        }
        // Both are 32 bits wide.
        match self.blocks <= groups * each && self.blocks > (groups - 1) * each {
            true => Ok(()),
            false => wrong(format!("{} blocks in {groups} groups of {each}", self.blocks)),
        }
    }

    /// Blocks of a group; zero if there is none of that number.
    pub(super) fn group_len(&self, group: u64) -> u64 {
        self.blocks.saturating_sub(group.saturating_mul(self.group_blocks)).min(self.group_blocks)
    }

    /// The byte at which `count` blocks of a group begin, if they lie within it.
    pub(super) fn group_block(&self, group: u64, block: u64, count: u64) -> Option<u64> {
        let inside = block.checked_add(count)? <= self.group_len(group);
        inside.then_some((group * self.group_blocks + block) * self.block_size)
    }

    /// The same for a block's number as extents have it: that of its group above that within the group.
    pub(super) fn block(&self, number: u64, count: u64) -> Option<u64> {
        self.group_block(number >> self.group_bits, number & ((1 << self.group_bits) - 1), count)
    }

    /// The byte at which an inode begins.
    pub(super) fn inode(&self, number: u64) -> Option<u64> {
        let slot = number & ((1 << self.inode_bits) - 1);
        Some(self.block(number >> self.inode_bits, 1)? + slot * self.inode_size)
    }

    /// The number of the first inode in a block of a group.
    pub(super) fn inode_number(&self, group: u64, block: u64) -> u64 {
        (group << self.group_bits | block) << self.inode_bits
    }

    pub(super) fn root(&self) -> u64 {
        be64(&self.bytes, 56)
    }

    /// Free blocks, by its own account.
    pub(super) fn free_blocks(&self) -> u64 {
        be64(&self.bytes, 144)
    }

    /// Where the log begins and how long it is, in bytes; none if it is on another device.
    pub(super) fn log(&self) -> Result<Option<(u64, u64)>> {
        let (start, blocks) = (be64(&self.bytes, 48), u64::from(be32(&self.bytes, 96)));
        if start == 0 {
            return Ok(None);
        }
        match self.block(start, blocks) {
            Some(at) if blocks > 0 => Ok(Some((at, blocks * self.block_size))),
            _ => Err(Error::corrupt(0, format!("XFS superblock: a log of {blocks} blocks at block {start}"))),
        }
    }

    /// What it says of itself, on a volume of `len` bytes; nothing of the log.
    pub(super) fn info(&self, len: u64) -> Info {
        let free = self.free_blocks();
        let errors = self.features.v5.then_some(self.features.has(features::NEEDS_REPAIR));
        let mut info = Info {
            fs_type: "xfs",
            uuid: uuid(&self.bytes[32..48]),
            label: label(&self.bytes[108..120]),
            size: Some(self.size()),
            errors,
            features: self.features.names(),
            ..Info::default()
        };
        self.count(&mut info, free, be64(&self.bytes, 128), be64(&self.bytes, 136));
        if errors == Some(true) {
            info.notes.push("it is marked as in need of xfs_repair: Linux refuses to mount it".into());
        }
        if self.size() > len {
            info.notes.push(format!(
                "it is {} bytes long by its own account, and its volume only {len}: Linux refuses to mount it",
                self.size()
            ));
        }
        if be64(&self.bytes, 16) > 0 {
            info.notes.push("it has a realtime section, whose files are not read".into());
        }
        info
    }

    /// Free blocks and inodes as `statfs` counts them: inodes are made as they are needed, from free blocks.
    pub(super) fn count(&self, info: &mut Info, free: u64, inodes: u64, free_inodes: u64) {
        let possible = free.saturating_mul(be16(&self.bytes, 106).into());
        let percent = u64::from(self.bytes[127]);
        let most = match percent {
            1..=100 => (self.blocks.saturating_mul(percent) / 100).saturating_mul(be16(&self.bytes, 106).into()),
            _ => u64::MAX,
        };
        let used = inodes.saturating_sub(free_inodes);
        let all = inodes.saturating_add(possible).min(most.max(inodes));
        info.free = Some(free.saturating_mul(self.block_size));
        info.inodes = Some(all);
        info.free_inodes = Some(all.saturating_sub(used));
    }
}

fn features(bytes: &[u8]) -> Features {
    let version = be16(bytes, 100);
    // Some kernels wrote the word eight bytes aligned; Linux takes the bits of both places.
    let features2 = if version & MORE_BITS != 0 { be32(bytes, 200) | be32(bytes, 204) } else { 0 };
    let ascii_ci = version & ASCII_CI != 0;
    match version & VERSION {
        5 => Features {
            v5: true,
            ascii_ci,
            features2: 0,
            compat: be32(bytes, 208),
            ro_compat: be32(bytes, 212),
            incompat: be32(bytes, 216),
            log_incompat: be32(bytes, 220),
        },
        _ => Features { ascii_ci, features2, ..Features::default() },
    }
}

/// CRC-32C over a structure, with its own four bytes at `at` taken for zeros.
pub(super) fn checksum(bytes: &[u8], at: usize) -> u32 {
    !crc32c(crc32c(crc32c(!0, &bytes[..at]), &[0; 4]), &bytes[at + 4..])
}

fn wrong(what: impl std::fmt::Display) -> Result<()> {
    Err(Error::corrupt(0, format!("XFS superblock: {what}")))
}
