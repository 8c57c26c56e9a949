//! Checksums of superblocks, tree blocks and data: CRC-32C, XXH64, SHA-256 or BLAKE2b-256.
//!
//! Linux `fs/btrfs/fs.c` (`btrfs_csums`); a checksum field is 32 bytes, of which the first ones are used.

use crate::field::array;
use sha2::{Digest as _, Sha256};

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
            Checksum::Xxh64 => sum.starts_with(&xxh64(bytes).to_le_bytes()),
            Checksum::Sha256 => sum.starts_with(&Sha256::digest(bytes)),
            Checksum::Blake2b => sum.starts_with(&super::blake2b::digest(bytes)),
        }
    }

    /// Whether a superblock or tree block begins with its checksum.
    pub(super) fn proves(self, block: &[u8]) -> bool {
        block.len() > FIELD && self.agrees(&block[FIELD..], &block[..FIELD])
    }
}

const PRIMES: [u64; 5] =
    [0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5];

fn round(lane: u64, input: u64) -> u64 {
    lane.wrapping_add(input.wrapping_mul(PRIMES[1])).rotate_left(31).wrapping_mul(PRIMES[0])
}

/// XXH64 with seed 0. Specification: xxHash, doc/xxhash_spec.md.
fn xxh64(bytes: &[u8]) -> u64 {
    let mut stripes = bytes.chunks_exact(32);
    let mut hash = PRIMES[4];
    if bytes.len() >= 32 {
        let mut lanes = [PRIMES[0].wrapping_add(PRIMES[1]), PRIMES[1], 0, 0u64.wrapping_sub(PRIMES[0])];
        for stripe in stripes.by_ref() {
            for (lane, word) in lanes.iter_mut().zip(stripe.chunks_exact(8)) {
                *lane = round(*lane, u64::from_le_bytes(array(word, 0)));
            }
        }
        hash = [1, 7, 12, 18]
            .into_iter()
            .zip(lanes)
            .fold(0, |hash: u64, (turn, lane)| hash.wrapping_add(lane.rotate_left(turn)));
        for lane in lanes {
            hash = (hash ^ round(0, lane)).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
        }
    }
    hash = hash.wrapping_add(bytes.len() as u64);
    let mut words = stripes.remainder().chunks_exact(8);
    for word in words.by_ref() {
        hash ^= round(0, u64::from_le_bytes(array(word, 0)));
        hash = hash.rotate_left(27).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
    }
    let mut rest = words.remainder();
    if rest.len() >= 4 {
        hash ^= u64::from(u32::from_le_bytes(array(rest, 0))).wrapping_mul(PRIMES[0]);
        hash = hash.rotate_left(23).wrapping_mul(PRIMES[1]).wrapping_add(PRIMES[2]);
        rest = &rest[4..];
    }
    for &byte in rest {
        hash ^= u64::from(byte).wrapping_mul(PRIMES[4]);
        hash = hash.rotate_left(11).wrapping_mul(PRIMES[0]);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(PRIMES[1]);
    hash = (hash ^ (hash >> 29)).wrapping_mul(PRIMES[2]);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(xxh64(b""), 0xEF46_DB37_51D8_E999);
        assert_eq!(xxh64(b"abc"), 0x44BC_2CF5_AD77_0999);
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
