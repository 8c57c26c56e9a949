//! CRC-64/XZ: the polynomial of ECMA-182, reflected, initial value and final XOR all ones.
//!
//! OSS sends it as `x-oss-hash-crc64ecma`, of parts and of whole objects, so that the sum of an object can be held
//! against the sums of its parts. The sums are computed by `crc64fast`, by the processor's carry-less multiplication where
//! it has one; that of two runs follows from their sums and the length of the second by a power of x modulo the
//! polynomial.

use crc64fast::Digest;

/// The polynomial, bits reversed: the highest bit is the coefficient of x⁰.
const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;
/// x⁰.
const ONE: u64 = 1 << 63;
/// x⁸: what one more byte multiplies by.
const BYTE: u64 = 1 << 55;

/// Times x.
const fn step(sum: u64) -> u64 {
    if sum & 1 == 1 { (sum >> 1) ^ POLYNOMIAL } else { sum >> 1 }
}

/// A checksum in the making.
#[derive(Clone)]
pub(crate) struct Crc64(Digest);

impl Crc64 {
    pub(crate) fn new() -> Self {
        Crc64(Digest::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(crate) fn finish(&self) -> u64 {
        self.0.sum64()
    }
}

/// The sum of a run with the sum `first`, followed by `length` bytes with the sum `second`.
pub(crate) fn combine(first: u64, second: u64, length: u64) -> u64 {
    let (mut factor, mut square, mut left) = (ONE, BYTE, length);
    while left > 0 {
        if left & 1 == 1 {
            factor = product(factor, square);
        }
        square = product(square, square);
        left >>= 1;
    }
    product(factor, first) ^ second
}

/// The product of two polynomials modulo ours.
fn product(a: u64, mut b: u64) -> u64 {
    let mut sum = 0;
    for bit in (0..64).rev() {
        if a >> bit & 1 == 1 {
            sum ^= b;
        }
        b = step(b);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(bytes: &[u8]) -> u64 {
        let mut crc = Crc64::new();
        crc.update(bytes);
        crc.finish()
    }

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(sum(b"123456789"), 0x995D_C9BB_DF19_39FA);
        assert_eq!(sum(b""), 0);
    }

    #[test]
    fn sums_of_parts_make_the_sum_of_the_whole() {
        let whole: Vec<u8> = (0..20_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_le_bytes()).collect();
        for cut in [0, 1, 7, 8, 9, 4096, 65_537, whole.len() - 1, whole.len()] {
            let (first, second) = whole.split_at(cut);
            assert_eq!(combine(sum(first), sum(second), second.len() as u64), sum(&whole), "{cut}");
        }
    }

    #[test]
    fn pieces_of_any_length_give_the_same() {
        let whole: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for size in [1, 3, 8, 13, 999] {
            let mut crc = Crc64::new();
            whole.chunks(size).for_each(|piece| crc.update(piece));
            assert_eq!(crc.finish(), sum(&whole), "{size}");
        }
    }
}
