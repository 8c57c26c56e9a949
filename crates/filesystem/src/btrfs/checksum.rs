//! Checksums of superblocks, tree blocks and data: CRC-32C, XXH64, SHA-256 or BLAKE2b-256.
//!
//! Linux `fs/btrfs/fs.c` (`btrfs_csums`); a checksum field is 32 bytes, of which the first ones are used.

use blake2::Blake2b256;
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash64;

/// Bytes of the field in front of what it is the checksum of.
pub(super) const FIELD: usize = 32;

/// Which checksum a filesystem uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    Crc32c,
    Xxh64,
    Sha256,
    Blake2b,
}

impl Checksum {
    /// By its number in the superblock.
    pub(super) fn of(number: u16) -> Option<Self> {
        Some(match number {
            0 => Checksum::Crc32c,
            1 => Checksum::Xxh64,
            2 => Checksum::Sha256,
            3 => Checksum::Blake2b,
            _ => return None,
        })
    }

    /// Its name for `mkfs.btrfs --csum`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Checksum::Crc32c => "crc32c",
            Checksum::Xxh64 => "xxhash64",
            Checksum::Sha256 => "sha256",
            Checksum::Blake2b => "blake2b",
        }
    }

    /// Bytes of one.
    pub(super) fn len(self) -> usize {
        match self {
            Checksum::Crc32c => 4,
            Checksum::Xxh64 => 8,
            Checksum::Sha256 | Checksum::Blake2b => 32,
        }
    }

    /// Whether `sum` begins with the checksum of `bytes`.
    pub(super) fn agrees(self, bytes: &[u8], sum: &[u8]) -> bool {
        match self {
            Checksum::Crc32c => sum.starts_with(&crc32c::crc32c(bytes).to_le_bytes()),
            Checksum::Xxh64 => sum.starts_with(&XxHash64::oneshot(0, bytes).to_le_bytes()),
            Checksum::Sha256 => sum.starts_with(&Sha256::digest(bytes)),
            Checksum::Blake2b => sum.starts_with(&Blake2b256::digest(bytes)),
        }
    }

    /// Whether a superblock or tree block begins with its checksum.
    pub(super) fn proves(self, block: &[u8]) -> bool {
        block.len() > FIELD && self.agrees(&block[FIELD..], &block[..FIELD])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert!(Checksum::Xxh64.agrees(b"abc", &0x44BC_2CF5_AD77_0999u64.to_le_bytes()));
        // As `b2sum -l 256` and `sha256sum` print them.
        let hex = |text: &str| -> Vec<u8> {
            (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let blake2b = hex("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
        assert!(Checksum::Blake2b.agrees(b"abc", &blake2b) && !Checksum::Sha256.agrees(b"abc", &blake2b));
        let sha256 = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(Checksum::Sha256.agrees(b"abc", &sha256));
        assert!(Checksum::Crc32c.agrees(b"123456789", &0xE306_9283u32.to_le_bytes()));
        assert!(!Checksum::Crc32c.agrees(b"123456789", &[0; 32]));
    }

    #[test]
    fn a_block_without_content_is_never_proven() {
        for number in 0..4 {
            let checksum = Checksum::of(number).unwrap();
            assert!(!checksum.proves(&[0; FIELD]) && !checksum.proves(&[]), "{}", checksum.name());
        }
        assert_eq!(Checksum::of(4), None);
    }
}
