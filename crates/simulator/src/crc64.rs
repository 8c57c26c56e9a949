//! CRC-64/XZ (ECMA-182, reflected, initial value and final XOR all ones), which OSS sends as `x-oss-hash-crc64ecma`.
//!
//! The checksum of parts one after another follows from theirs: appending `n` zero bytes is a linear map over GF(2).

use crc::{CRC_64_XZ, Crc, Digest, Table};

static CRC: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);
/// The polynomial of ECMA-182, bits reversed.
const REVERSED: u64 = 0xC96C_5795_D787_0F42;

/// A checksum in the making.
pub(crate) fn digest() -> Digest<'static, u64, Table<16>> {
    CRC.digest()
}

/// A linear map of the 64 bits of a checksum: the images of its bits.
type Map = [u64; 64];

/// The checksum of `first` followed by a second run of `length` bytes.
pub(crate) fn combine(first: u64, second: u64, length: u64) -> u64 {
    let mut zeros = eight_bits();
    let mut sum = first;
    let mut left = length;
    while left > 0 {
        if left & 1 == 1 {
            sum = apply(&zeros, sum);
        }
        zeros = square(&zeros);
        left >>= 1;
    }
    sum ^ second
}

/// What one zero byte does.
fn eight_bits() -> Map {
    let mut one: Map = std::array::from_fn(|bit| if bit == 0 { REVERSED } else { 1 << (bit - 1) });
    for _ in 0..3 {
        one = square(&one);
    }
    one
}

fn apply(map: &Map, bits: u64) -> u64 {
    map.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).fold(0, |sum, (_, image)| sum ^ image)
}

fn square(map: &Map) -> Map {
    std::array::from_fn(|bit| apply(map, map[bit]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(bytes: &[u8]) -> u64 {
        let mut digest = digest();
        digest.update(bytes);
        digest.finalize()
    }

    #[test]
    fn the_check_value_holds() {
        assert_eq!(sum(b"123456789"), 0x995D_C9BB_DF19_39FA);
    }

    #[test]
    fn parts_combine() {
        let whole: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        for cut in [0, 1, 7, 4096, 65_537, whole.len() - 1, whole.len()] {
            let (first, second) = whole.split_at(cut);
            assert_eq!(combine(sum(first), sum(second), second.len() as u64), sum(&whole), "cut at {cut}");
        }
    }
}
