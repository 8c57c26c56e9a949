//! The superblock: where it may lie, and what it says of itself.
//!
//! FreeBSD `struct fs`, 1376 bytes, in the order of bytes of the machine that made it. A superblock of UFS1 from before
//! FreeBSD 5 has a few of its fields elsewhere, and no name.

use super::flags::{self, Flags};
use crate::crc::crc32c;
use crate::field::{be32, be64, label, le32, le64, peek};
use crate::tree::Info;
use storage::{ReadAt, Result, to_usize};

/// Where a superblock may begin, in bytes, in the order in which FreeBSD looks.
pub(super) const PLACES: [u64; 4] = [65536, 8192, 0, 262_144];
/// Bytes of a superblock that mean something, and most that its check-hash may cover.
const LEN: u64 = 1376;
const MAX_LEN: u64 = 8192;
/// Where UFS1 has its superblock, at the latest: one found farther on is a spare copy.
const LAST_OF_UFS1: u64 = 8192;
const MAGIC: usize = 1372;
const UFS1: u32 = 0x0001_1954;
const UFS2: u32 = 0x1954_0119;
/// Sizes of blocks that FreeBSD mounts, in bytes.
const BLOCKS: std::ops::RangeInclusive<u32> = 4096..=65536;
const CHECK_HASH: usize = 1304;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Ufs1,
    Ufs2,
}

/// A superblock that FreeBSD would take for one.
#[derive(Debug)]
pub(super) struct Superblock {
    /// Where it begins, in bytes.
    pub(super) at: u64,
    pub(super) version: Version,
    pub(super) big_endian: bool,
    bytes: Vec<u8>,
}

impl Superblock {
    /// The first one on a volume.
    pub(super) fn find(volume: &dyn ReadAt) -> Result<Option<Self>> {
        for at in PLACES {
            let Some(bytes) = peek(volume, at, LEN)? else { continue };
            let Some((version, big_endian)) = mark(&bytes) else { continue };
            let mut found = Superblock { at, version, big_endian, bytes };
            if found.is_sound() {
                // Its check-hash covers more than what is known of it.
                let len = u64::from(found.word(104)).clamp(LEN, MAX_LEN);
                if let Some(bytes) = peek(volume, at, len)? {
                    found.bytes = bytes;
                }
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// A number of 32 bits.
    pub(super) fn word(&self, at: usize) -> u32 {
        if self.big_endian { be32(&self.bytes, at) } else { le32(&self.bytes, at) }
    }

    /// A number of 64 bits.
    pub(super) fn long(&self, at: usize) -> u64 {
        if self.big_endian { be64(&self.bytes, at) } else { le64(&self.bytes, at) }
    }

    /// What FreeBSD asks of a superblock that it has found: that it is at its place, and sizes that can be.
    fn is_sound(&self) -> bool {
        let placed = match self.version {
            Version::Ufs1 => self.at <= LAST_OF_UFS1,
            Version::Ufs2 => self.long(1000) == self.at,
        };
        let (groups, block, fragment) = (self.word(44), self.word(48), self.word(52));
        placed
            && groups >= 1
            && BLOCKS.contains(&block)
            && block.is_power_of_two()
            && fragment.is_power_of_two()
            && (512..=block).contains(&fragment)
    }

    /// Whether it is as FreeBSD 5 and later write it: one of UFS1 may be older.
    fn is_recent(&self) -> bool {
        // The largest block is a field that older ones lack.
        self.version == Version::Ufs2 || self.word(860) == self.word(48)
    }

    /// Whether its check-hash is right; none if it has none.
    pub(super) fn check_hash(&self) -> Option<bool> {
        let hashed = !self.big_endian && self.flags().hashes_superblock();
        let len = to_usize(self.word(104).into()).ok().filter(|len| *len >= CHECK_HASH + 4)?;
        let covered = self.bytes.get(..len).filter(|_| hashed)?;
        let crc = crc32c(crc32c(crc32c(!0, &covered[..CHECK_HASH]), &[0; 4]), &covered[CHECK_HASH + 4..]);
        Some(crc == self.word(CHECK_HASH))
    }

    pub(super) fn flags(&self) -> Flags {
        let old = self.bytes[211];
        let moved = u32::from(old) & flags::MOVED != 0;
        let bits = if moved || self.version == Version::Ufs2 { self.word(1312) } else { old.into() };
        Flags { bits, hashes: self.word(1308) }
    }

    /// Fragments of the whole filesystem.
    pub(super) fn size(&self) -> u64 {
        if self.is_recent() { self.long(1080) } else { self.word(36).into() }
    }

    /// Free blocks, inodes and fragments.
    fn free(&self) -> [u64; 3] {
        match self.is_recent() {
            true => [1016, 1024, 1032].map(|at| self.long(at)),
            false => [196, 200, 204].map(|at| u64::from(self.word(at))),
        }
    }

    /// What it says, on a volume of `len` bytes.
    pub(super) fn info(&self, len: u64) -> Info {
        let (block, fragment) = (u64::from(self.word(48)), u64::from(self.word(52)));
        let [blocks, inodes, fragments] = self.free();
        let flags = self.flags();
        let id = (self.word(144), self.word(148));
        let size = self.size().saturating_mul(fragment);
        let version = if self.version == Version::Ufs1 { "ufs1" } else { "ufs2" };
        let mut info = Info {
            fs_type: "ufs",
            uuid: (id != (0, 0)).then(|| format!("{:08x}{:08x}", id.0, id.1)),
            label: self.is_recent().then(|| label(&self.bytes[680..712])).flatten(),
            size: Some(size),
            free: Some(blocks.saturating_mul(block).saturating_add(fragments.saturating_mul(fragment))),
            inodes: Some(u64::from(self.word(44)) * u64::from(self.word(184))),
            free_inodes: Some(inodes),
            clean: Some(self.bytes[209] == 1 && !flags.wants_check()),
            errors: Some(flags.needs_fsck()),
            features: vec![version.to_owned()],
            notes: flags.notes(self.bytes[209] == 1),
        };
        info.features.extend(flags.names());
        if self.check_hash() == Some(false) {
            info.notes.push("the check-hash of its superblock is wrong".into());
        }
        if size > len {
            info.notes.push(format!("it is {size} bytes long by its own account, and its volume only {len}"));
        }
        info
    }
}

/// Which of the two it is, and whether the highest byte of a number comes first.
fn mark(bytes: &[u8]) -> Option<(Version, bool)> {
    let of = |magic| match magic {
        UFS1 => Some(Version::Ufs1),
        UFS2 => Some(Version::Ufs2),
        _ => None,
    };
    let little = of(le32(bytes, MAGIC)).map(|version| (version, false));
    little.or_else(|| of(be32(bytes, MAGIC)).map(|version| (version, true)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A superblock of UFS2 at 65536 on a volume of 1 MiB: blocks of 4 KiB, fragments of 512 bytes, two groups.
    pub(in super::super) fn volume() -> Vec<u8> {
        let mut volume = vec![0; 1 << 20];
        for (at, value) in [
            (16, 192u32),
            (44, 2),
            (48, 4096),
            (52, 512),
            (56, 8),
            (104, 1376),
            (116, 512),
            (120, 16),
            (144, 0x0102_0304),
            (148, 0x0a0b_0c0d),
            (184, 32),
            (188, 1024),
            (1000, 65536),
            (1016, 3),
            (1024, 50),
            (1032, 5),
            (1080, 2048),
            (1312, 0x2 | 0x8),
            (1320, 120),
            (1372, UFS2),
        ] {
            put(&mut volume, at, value);
        }
        volume[65536 + 209] = 1;
        volume[65536 + 680..65536 + 684].copy_from_slice(b"root");
        volume
    }

    pub(in super::super) fn put(volume: &mut [u8], at: usize, value: u32) {
        volume[65536 + at..65536 + at + 4].copy_from_slice(&value.to_le_bytes());
    }

    #[test]
    fn it_tells_of_itself() {
        let volume = volume();
        let info = Superblock::find(&volume).unwrap().unwrap().info(volume.len() as u64);
        assert_eq!(info.uuid.as_deref(), Some("010203040a0b0c0d"));
        assert_eq!((info.label.as_deref(), info.size), (Some("root"), Some(1 << 20)));
        assert_eq!((info.free, info.inodes, info.free_inodes), (Some(3 * 4096 + 5 * 512), Some(64), Some(50)));
        assert_eq!((info.clean, info.errors), (Some(true), Some(false)));
        assert_eq!(info.features, ["ufs2", "soft-updates+journal"]);
    }

    #[test]
    fn one_that_is_not_at_its_place_is_none() {
        let sound = volume();
        let mut volume = sound.clone();
        volume.copy_within(65536..65536 + 1376, 8192);
        volume[65536 + 1372] = 0;
        assert!(Superblock::find(&volume).unwrap().is_none());
        volume[8192 + 1000..8192 + 1004].copy_from_slice(&8192u32.to_le_bytes());
        assert_eq!(Superblock::find(&volume).unwrap().unwrap().at, 8192);
        for (at, value) in [(44usize, 0u32), (48, 2048), (48, 6144), (48, 1 << 17), (52, 256), (52, 8192), (52, 768)] {
            let mut other = sound.clone();
            put(&mut other, at, value);
            assert!(Superblock::find(&other).unwrap().is_none(), "{at} {value}");
        }
    }

    #[test]
    fn an_older_one_of_ufs1_has_its_numbers_elsewhere() {
        let mut bytes = vec![0; 64 << 10];
        let mut put = |at: usize, value: u32| {
            bytes[8192 + at..8192 + at + 4].copy_from_slice(&value.to_be_bytes());
        };
        for (at, value) in [(36, 64u32), (44, 1), (48, 8192), (52, 1024), (184, 10), (196, 2), (200, 7), (204, 1)] {
            put(at, value);
        }
        put(1372, UFS1);
        let found = Superblock::find(&bytes).unwrap().unwrap();
        assert!(found.big_endian && found.version == Version::Ufs1);
        let info = found.info(1 << 20);
        assert_eq!((info.size, info.free), (Some(64 << 10), Some(2 * 8192 + 1024)));
        assert_eq!((info.free_inodes, info.clean, info.label), (Some(7), Some(false), None));
        // Where UFS2 has its own, there is at most a copy of it.
        let mut moved = vec![0; 128 << 10];
        moved[65536..65536 + 2048].copy_from_slice(&bytes[8192..8192 + 2048]);
        assert!(Superblock::find(&moved).unwrap().is_none());
    }
}
