//! Sizes and places that the superblock sets, checked against each other and against the volume.

use super::superblock::{Superblock, Version};
use storage::{Error, Result};

/// Longest target of a link that an inode has room for, in bytes: where its block numbers would be.
const UFS1_SHORT_LINK: u64 = 60;
const UFS2_SHORT_LINK: u64 = 120;
/// Format of directories since 4.4BSD: names of one byte's length, and types.
const TYPED_DIRECTORIES: u32 = 2;

/// What is needed to find inodes and blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub(super) version: Version,
    /// Bytes in a block and in a fragment.
    pub(super) block: u64,
    pub(super) fragment: u64,
    /// Fragments of the filesystem: none has this number.
    pub(super) end: u64,
    /// Targets of links shorter than this are in the inode.
    pub(super) short_link: u64,
    /// Whether inodes carry a check-hash.
    pub(super) hashed_inodes: bool,
    groups: u64,
    inodes_per_group: u64,
    fragments_per_group: u64,
    /// First fragment of a group's inodes, counted from the group.
    table: u64,
    /// UFS1: by how many fragments, and in which groups, what a group begins with is moved.
    offset: u64,
    mask: u64,
}

impl Geometry {
    /// What a superblock says, on a volume of `len` bytes.
    pub(super) fn new(from: &Superblock, len: u64) -> Result<Self> {
        if from.big_endian {
            return Err(Error::unsupported("UFS with the highest byte of numbers first is not read here"));
        }
        if from.version == Version::Ufs1 && from.word(1324) != TYPED_DIRECTORIES {
            return Err(Error::unsupported("UFS1 with directories from before 4.4BSD is not read here"));
        }
        let short_link = if from.version == Version::Ufs1 { UFS1_SHORT_LINK } else { UFS2_SHORT_LINK };
        let geometry = Geometry {
            version: from.version,
            block: from.word(48).into(),
            fragment: from.word(52).into(),
            end: from.size(),
            short_link: short_link.min(from.word(1320).into()),
            hashed_inodes: from.version == Version::Ufs2 && from.flags().hashes_inodes(),
            groups: from.word(44).into(),
            inodes_per_group: from.word(184).into(),
            fragments_per_group: from.word(188).into(),
            table: from.word(16).into(),
            offset: from.word(24).into(),
            mask: from.word(28).into(),
        };
        let odd = geometry.contradiction(from).or_else(|| geometry.too_long(len));
        odd.map_or(Ok(geometry), |what| Err(Error::corrupt(from.at, format!("UFS: {what}"))))
    }

    /// What cannot be, in words. Blocks and fragments are powers of two: without that it is no superblock.
    fn contradiction(&self, from: &Superblock) -> Option<String> {
        let (per_block, inodes) = (self.block / self.pointer(), self.block / self.inode());
        let said = [56, 116, 120].map(|at| u64::from(from.word(at)));
        let table = (self.inodes_per_group.div_ceil(inodes)).saturating_mul(self.block / self.fragment);
        let last = (self.groups - 1).saturating_mul(self.fragments_per_group);
        if said != [self.block / self.fragment, per_block, inodes] || self.block / self.fragment > 8 {
            Some("its numbers of fragments, pointers and inodes in a block do not fit the sizes of those".into())
        } else if self.inodes_per_group == 0 || !self.inodes_per_group.is_multiple_of(inodes) {
            Some(format!("{} inodes in a group, which is no whole number of blocks", self.inodes_per_group))
        } else if self.table.saturating_add(table) > self.fragments_per_group {
            Some("the inodes of a group do not fit into it".into())
        } else if last >= self.end {
            Some(format!("{} groups are more than fit into {} fragments", self.groups, self.end))
        } else if self.groups * self.inodes_per_group > u64::from(u32::MAX) {
            Some("there are more inodes than numbers for them".into())
        } else {
            None
        }
    }

    fn too_long(&self, len: u64) -> Option<String> {
        let bytes = self.end.checked_mul(self.fragment);
        match bytes {
            Some(bytes) if bytes <= len => None,
            _ => Some(format!("{} fragments of {} bytes, on a volume of {len}", self.end, self.fragment)),
        }
    }

    /// Bytes in an inode.
    pub(super) fn inode(&self) -> u64 {
        if self.version == Version::Ufs1 { 128 } else { 256 }
    }

    /// Bytes in a block number.
    pub(super) fn pointer(&self) -> u64 {
        if self.version == Version::Ufs1 { 4 } else { 8 }
    }

    /// Where an inode lies, in bytes; none if there is no such inode. Those of numbers 0 and 1 are not used.
    pub(super) fn place(&self, number: u32) -> Option<u64> {
        let (group, index) = (u64::from(number) / self.inodes_per_group, u64::from(number) % self.inodes_per_group);
        if number < 2 || group >= self.groups {
            return None;
        }
        let moved = match self.version {
            Version::Ufs1 => self.offset.checked_mul(group & !self.mask)?,
            Version::Ufs2 => 0,
        };
        let fragment = (group * self.fragments_per_group).checked_add(moved)?.checked_add(self.table)?;
        let at = fragment.checked_mul(self.fragment)?.checked_add(index * self.inode())?;
        (at.checked_add(self.inode())? <= self.end * self.fragment).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::superblock::tests::{put, volume};
    use super::*;

    fn of(volume: &Vec<u8>) -> Result<Geometry> {
        Geometry::new(&Superblock::find(volume).unwrap().unwrap(), volume.len() as u64)
    }

    #[test]
    fn inodes_are_found_in_their_groups() {
        let geometry = of(&volume()).unwrap();
        assert_eq!(geometry.place(2), Some(192 * 512 + 2 * 256));
        assert_eq!(geometry.place(33), Some((1024 + 192) * 512 + 256));
        for number in [0, 1, 64, u32::MAX] {
            assert_eq!(geometry.place(number), None, "{number}");
        }
        // A superblock of UFS1 moves what a group begins with, group after group.
        let old = Geometry { version: Version::Ufs1, offset: 16, mask: u64::from(!3u32), ..geometry };
        assert_eq!(old.place(33), Some((1024 + 16 + 192) * 512 + 128));
        assert_eq!(Geometry { offset: u64::from(u32::MAX), ..old }.place(33), None);
    }

    #[test]
    fn sizes_that_do_not_fit_each_other_are_damage() {
        for (at, value) in [
            (56, 4u32),
            (116, 1024),
            (120, 32),
            (184, 0),
            (184, 33),
            (184, 1 << 20),
            (188, 192),
            (16, 1024),
            (44, 3),
            (44, 1 << 30),
            (1080, 4096),
            (1084, 1 << 31),
        ] {
            let mut volume = volume();
            put(&mut volume, at, value);
            assert_eq!(of(&volume).unwrap_err().kind(), storage::ErrorKind::Corrupt, "{at} {value}");
        }
    }
}
