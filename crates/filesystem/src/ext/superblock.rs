//! The superblock of ext2, ext3 and ext4.
//!
//! Specification: Linux `Documentation/filesystems/ext4/super.rst`. Only the first copy is read.

use super::features;
use crate::crc::crc32c;
use crate::field::{label, le16, le32, peek, uuid};
use crate::tree::Info;
use storage::{Error, ReadAt, Result};

/// Where it begins.
pub(super) const OFFSET: u64 = 1024;
/// Its length.
pub(super) const LEN: usize = 1024;
/// `s_magic`, at 0x38.
const MAGIC: u16 = 0xEF53;
/// `s_checksum`: the last four bytes, over all before them.
const CHECKSUM: usize = 0x3FC;
/// `s_state`: unmounted cleanly.
const STATE_VALID: u16 = 1;
/// `s_state`: errors were found.
const STATE_ERRORS: u16 = 2;
/// mke2fs makes no smaller groups; bounds the number of groups by the volume's length.
const MIN_GROUP: u32 = 256;
/// Most groups read: 128 TiB with the usual 4 KiB blocks. The descriptors of all of them are held in memory.
const MAX_GROUPS: u64 = 1 << 20;

/// The bytes, with the fields that are used more than once.
#[derive(Clone, Debug)]
pub(super) struct Superblock {
    pub(super) bytes: Vec<u8>,
    pub(super) compat: u32,
    pub(super) incompat: u32,
    pub(super) ro_compat: u32,
    /// Bytes in a block: 1 KiB to 64 KiB.
    pub(super) block_size: u64,
    pub(super) blocks: u64,
    pub(super) inodes: u32,
    pub(super) inodes_per_group: u32,
    pub(super) inode_size: u16,
}

impl Superblock {
    /// None if the magic number is not there or the block size makes no sense.
    pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Self>> {
        let Some(bytes) = peek(volume, OFFSET, LEN as u64)? else { return Ok(None) };
        let log_block_size = le32(&bytes, 0x18);
        if le16(&bytes, 0x38) != MAGIC || log_block_size > 6 {
            return Ok(None);
        }
        let dynamic = le32(&bytes, 0x4C) > 0;
        let feature = |at| if dynamic { le32(&bytes, at) } else { 0 };
        let (compat, incompat, ro_compat) = (feature(0x5C), feature(0x60), feature(0x64));
        let high = if incompat & features::BITS_64 != 0 { u64::from(le32(&bytes, 0x150)) << 32 } else { 0 };
        Ok(Some(Superblock {
            compat,
            incompat,
            ro_compat,
            block_size: 1024 << log_block_size,
            blocks: high | u64::from(le32(&bytes, 0x04)),
            inodes: le32(&bytes, 0x00),
            inodes_per_group: le32(&bytes, 0x28),
            inode_size: if dynamic { le16(&bytes, 0x58) } else { 128 },
            bytes,
        }))
    }

    /// Length of the filesystem in bytes, by its own account.
    pub(super) fn size(&self) -> u64 {
        self.blocks.saturating_mul(self.block_size)
    }

    /// The block after the one with the superblock: there the group descriptors begin.
    pub(super) fn descriptors(&self) -> u64 {
        if self.block_size == 1024 { 2 * 1024 } else { self.block_size }
    }

    /// Bytes in a group descriptor.
    pub(super) fn descriptor_size(&self) -> u16 {
        if self.incompat & features::BITS_64 != 0 { le16(&self.bytes, 0xFE) } else { 32 }
    }

    /// Groups of blocks; only for a superblock that passed [`check`](Self::check).
    pub(super) fn groups(&self) -> u64 {
        let first = u64::from(le32(&self.bytes, 0x14));
        self.blocks.saturating_sub(first).div_ceil(u64::from(le32(&self.bytes, 0x20).max(1)))
    }

    /// Free blocks, by its own account.
    pub(super) fn free_blocks(&self) -> u64 {
        let high = if self.incompat & features::BITS_64 != 0 { u64::from(le32(&self.bytes, 0x158)) << 32 } else { 0 };
        high | u64::from(le32(&self.bytes, 0x0C))
    }

    pub(super) fn needs_recovery(&self) -> bool {
        self.incompat & features::NEEDS_RECOVERY != 0
    }

    pub(super) fn has_checksum(&self) -> bool {
        self.ro_compat & features::METADATA_CSUM != 0
    }

    /// Whether it carries a checksum and that is right.
    pub(super) fn is_proven(&self) -> bool {
        self.has_checksum() && crc32c(!0, &self.bytes[..CHECKSUM]) == le32(&self.bytes, CHECKSUM)
    }

    /// The bytes with other incompatible features, and a checksum to match.
    pub(super) fn with_incompat(&self, incompat: u32) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[0x60..0x64].copy_from_slice(&incompat.to_le_bytes());
        if self.has_checksum() {
            let checksum = crc32c(!0, &bytes[..CHECKSUM]);
            bytes[CHECKSUM..].copy_from_slice(&checksum.to_le_bytes());
        }
        bytes
    }

    /// Whether sizes and counts fit each other and a volume of `len` bytes. Readers trust them when they allocate.
    pub(super) fn check(&self, len: u64) -> Result<()> {
        if self.has_checksum() && !self.is_proven() {
            return wrong("its checksum is wrong");
        }
        if self.size() > len {
            let (blocks, size) = (self.blocks, self.block_size);
            return wrong(format!(
                "{blocks} blocks of {size} bytes do not fit in the volume's {len} bytes; the image may be cut short"
            ));
        }
        self.check_groups()?;
        self.check_inodes()
    }

    fn check_groups(&self) -> Result<()> {
        let (first, per_group) = (le32(&self.bytes, 0x14), le32(&self.bytes, 0x20));
        let log_blocks_per_cluster = match self.ro_compat & features::BIGALLOC {
            0 => 0,
            _ => le32(&self.bytes, 0x1C).saturating_sub(le32(&self.bytes, 0x18)).min(31),
        };
        // A bitmap of one block has a bit for each cluster of the group.
        if per_group < MIN_GROUP || u64::from(per_group) > (self.block_size * 8) << log_blocks_per_cluster {
            return wrong(format!("{per_group} blocks in a group"));
        }
        if first > 1 || u64::from(first) >= self.blocks {
            return wrong(format!("first data block {first} of {}", self.blocks));
        }
        if self.groups() > MAX_GROUPS {
            return wrong(format!("{} groups are more than the {MAX_GROUPS} that are read", self.groups()));
        }
        let descriptor = self.descriptor_size();
        if descriptor < 32 || !descriptor.is_power_of_two() || u64::from(descriptor) > self.block_size {
            return wrong(format!("group descriptors of {descriptor} bytes"));
        }
        if self.descriptors() + self.groups() * u64::from(descriptor) > self.size() {
            return wrong("its group descriptors reach past its end");
        }
        Ok(())
    }

    fn check_inodes(&self) -> Result<()> {
        if self.inodes_per_group == 0 || u64::from(self.inodes_per_group) > self.block_size * 8 {
            return wrong(format!("{} inodes in a group", self.inodes_per_group));
        }
        if u64::from(self.inodes) > self.groups() * u64::from(self.inodes_per_group) {
            return wrong(format!("{} inodes are more than its groups hold", self.inodes));
        }
        if self.inode_size < 128 || !self.inode_size.is_power_of_two() || u64::from(self.inode_size) > self.block_size {
            return wrong(format!("inodes of {} bytes", self.inode_size));
        }
        Ok(())
    }

    fn fs_type(&self) -> &'static str {
        if self.incompat & !features::EXT3_INCOMPAT != 0 || self.ro_compat & !features::EXT3_RO_COMPAT != 0 {
            "ext4"
        } else if self.compat & features::HAS_JOURNAL != 0 {
            "ext3"
        } else {
            "ext2"
        }
    }

    /// What it says of itself, on a volume of `len` bytes.
    pub(super) fn info(&self, len: u64) -> Info {
        let state = le16(&self.bytes, 0x3A);
        let valid = state & STATE_VALID != 0;
        let errors = state & STATE_ERRORS != 0 || le32(&self.bytes, 0x194) > 0;
        let mut info = Info {
            fs_type: self.fs_type(),
            uuid: uuid(&self.bytes[0x68..0x78]),
            label: label(&self.bytes[0x78..0x88]),
            size: Some(self.size()),
            free: Some(self.free_blocks().saturating_mul(self.block_size)),
            inodes: Some(self.inodes.into()),
            free_inodes: Some(le32(&self.bytes, 0x10).into()),
            clean: Some(valid && !self.needs_recovery()),
            errors: Some(errors),
            features: features::names(self.compat, self.incompat, self.ro_compat),
            notes: Vec::new(),
        };
        if self.needs_recovery() {
            info.notes.push("it was not unmounted: its journal holds changes that are not yet in place".into());
        } else if !valid {
            info.notes.push("it was not unmounted cleanly".into());
        }
        match le32(&self.bytes, 0x194) {
            0 if errors => info.notes.push("its own record says that errors were found".into()),
            0 => {}
            count => info.notes.push(format!("its own record says that {count} errors were found")),
        }
        if self.size() > len {
            info.notes.push(format!(
                "it is {} bytes long by its own account, and its volume only {len}: Linux refuses to mount it",
                self.size()
            ));
        }
        if le32(&self.bytes, 0xE8) != 0 {
            info.notes.push("deleted files still wait to be cleaned up at the next mount".into());
        }
        info
    }
}

fn wrong(what: impl std::fmt::Display) -> Result<()> {
    Err(Error::corrupt(OFFSET, format!("ext superblock: {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 8 MiB, 1 KiB blocks, one group.
    fn sound() -> Vec<u8> {
        let mut volume = vec![0; 8 << 20];
        let mut put = |at: usize, value: u32| volume[1024 + at..1024 + at + 4].copy_from_slice(&value.to_le_bytes());
        put(0x00, 1024);
        put(0x04, 8192);
        put(0x0C, 100);
        put(0x10, 1000);
        put(0x14, 1);
        put(0x20, 8192);
        put(0x28, 1024);
        put(0x38, 0x0001_EF53);
        put(0x4C, 1);
        put(0x58, 128);
        volume
    }

    fn read(volume: &[u8]) -> Superblock {
        Superblock::read(&volume.to_vec()).unwrap().unwrap()
    }

    #[test]
    fn says_what_it_holds() {
        let volume = sound();
        let superblock = read(&volume);
        superblock.check(8 << 20).unwrap();
        let info = superblock.info(8 << 20);
        assert_eq!((info.fs_type, info.size, info.free), ("ext2", Some(8 << 20), Some(100 << 10)));
        assert_eq!((info.inodes, info.free_inodes, info.clean), (Some(1024), Some(1000), Some(true)));
        assert!(info.notes.is_empty() && info.uuid.is_none());
    }

    #[test]
    fn lies_about_sizes_are_refused_before_anything_is_allocated() {
        for (at, value) in [
            (0x04usize, 8193u32),
            (0x04, u32::MAX),
            (0x14, 8192),
            (0x20, 0),
            (0x20, 1),
            (0x20, u32::MAX),
            (0x28, 0),
            (0x28, u32::MAX),
            (0x00, u32::MAX),
            (0x58, 0),
            (0x58, 100),
            (0x58, 2048),
        ] {
            let mut volume = sound();
            volume[1024 + at..1024 + at + 4].copy_from_slice(&value.to_le_bytes());
            let error = read(&volume).check(8 << 20).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (storage::ErrorKind::Corrupt, Some(1024)), "{at:#x} {value}");
        }
    }

    #[test]
    fn a_volume_cut_short_is_told() {
        let superblock = read(&sound());
        assert!(superblock.check(4 << 20).unwrap_err().what().contains("cut short"));
        assert!(superblock.info(4 << 20).notes[0].contains("Linux refuses"));
    }

    #[test]
    fn checksums_are_made_and_seen() {
        let mut volume = sound();
        volume[1024 + 0x64..1024 + 0x68].copy_from_slice(&features::METADATA_CSUM.to_le_bytes());
        let superblock = read(&volume);
        assert!(!superblock.is_proven() && superblock.check(8 << 20).is_err());
        volume[1024..2048].copy_from_slice(&superblock.with_incompat(0x2));
        let sealed = read(&volume);
        assert!(sealed.is_proven() && sealed.incompat == 2);
        sealed.check(8 << 20).unwrap();
    }

    #[test]
    fn other_bytes_are_no_superblock() {
        assert!(Superblock::read(&vec![0u8; 4096]).unwrap().is_none());
        assert!(Superblock::read(&vec![0u8; 1500]).unwrap().is_none());
        let mut volume = sound();
        volume[1024 + 0x18] = 7;
        assert!(Superblock::read(&volume).unwrap().is_none());
    }
}
