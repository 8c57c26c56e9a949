//! What a literal, a length, a distance will cost, judged from counts of those before.

use crate::matches::LONG;
use crate::narrow::low8;
use crate::symbols::{Counts, DISTANCE_RANGES, FIRST_LENGTH, MIN_MATCH};
use crate::text::{POSITIONS, zeroed};

/// Parts of a bit that prices are counted in.
const PARTS: u32 = 8;
/// Longest code (RFC 1951, section 3.2.7).
const LONGEST: u32 = 15;
/// More than any match saves.
const NEVER: u16 = u16::MAX;

/// Prices in eighths of a bit.
#[derive(Debug)]
pub(crate) struct Prices {
    pub(crate) literals: [u8; 256],
    /// Of short matches, by length; none below three.
    pub(crate) lengths: [u16; 256],
    /// Of long matches, whose lengths are not compared.
    pub(crate) long: u32,
    /// By distance.
    pub(crate) distances: Box<[u8; POSITIONS]>,
}

impl Prices {
    pub(crate) fn new() -> Self {
        Prices { literals: [0; 256], lengths: [NEVER; 256], long: LONGEST * PARTS, distances: zeroed() }
    }

    /// Sets all prices to what the best code for `counts` would make of them.
    pub(crate) fn set(&mut self, counts: &Counts, window: usize) {
        let total = logarithm(counts.literal_lengths.iter().sum());
        let (literals, lengths) = counts.literal_lengths.split_at(FIRST_LENGTH);
        for (price, &count) in self.literals.iter_mut().zip(literals) {
            *price = bits(total, count);
        }
        // These lengths have symbols of their own.
        for (price, &count) in self.lengths[MIN_MATCH..LONG].iter_mut().zip(lengths) {
            *price = bits(total, count).into();
        }
        let total = logarithm(counts.distances.iter().sum());
        for (range, &count) in DISTANCE_RANGES.iter().zip(&counts.distances) {
            let (from, to) = (usize::from(range.base) + 1, usize::from(range.base) + (1 << range.extra));
            if to <= window {
                self.distances[from..=to].fill(bits(total, count) + range.extra * low8(PARTS as usize));
            }
        }
    }
}

/// Price of a symbol seen `count` times, given the logarithm of the sum.
#[inline(always)]
fn bits(total: u32, count: u32) -> u8 {
    low8(total.saturating_sub(logarithm(count)).clamp(PARTS, LONGEST * PARTS) as usize)
}

/// Binary logarithm in parts, of zero taken for one. It is that of a floating point number: exponent and mantissa side
/// by side, and between powers of two a straight line, which is at most 0.09 bits too low.
#[inline(always)]
fn logarithm(value: u32) -> u32 {
    (value.max(1) as f32).to_bits() >> (23 - PARTS.ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_often_is_cheap() {
        let mut counts = Counts::NONE;
        counts.literal_lengths[..4].copy_from_slice(&[512, 256, 128, 128]);
        counts.literal_lengths[FIRST_LENGTH] = 1024;
        counts.distances[..2].fill(8);
        let mut prices = Prices::new();
        prices.set(&counts, 4096);
        assert_eq!(prices.literals[..5], [2, 3, 4, 4, 11].map(|bits| bits * 8));
        assert_eq!(prices.lengths[2..5], [NEVER, 8, 11 * 8]);
        assert_eq!(prices.distances[1..3], [8, 8]);
        // Four bits that nothing was seen of, and ten that tell the distance.
        assert_eq!(prices.distances[4096], (4 + 10) * 8);
        assert_eq!(prices.distances[4097], 0, "out of reach and never asked for");
    }
}
