//! Where one block ends and the next begins.
//!
//! Each block has its own codes, which cost some 80 bytes to describe. The pieces of a segment start as blocks of their
//! own, and neighbours are joined as long as that makes the whole smaller.

use crate::symbols::Counts;

/// Bits that it takes to describe the codes of a block, about: for each, and for each symbol that occurs.
const HEADER: f32 = 100.0;
const SYMBOL: f32 = 3.5;

/// A stretch of tokens that share their codes.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Number of tokens.
    pub(crate) tokens: usize,
    /// Bytes they stand for.
    pub(crate) bytes: usize,
    /// Their symbols.
    pub(crate) counts: Counts,
    /// Their size in bits, estimated, without the extra bits, which do not depend on where blocks end.
    estimate: f32,
}

impl Part {
    pub(crate) fn new(tokens: usize, bytes: usize, counts: Counts) -> Self {
        let estimate = estimate(&counts, &Counts::NONE);
        Part { tokens, bytes, counts, estimate }
    }

    fn join(&mut self, next: &Part, estimate: f32) {
        self.tokens += next.tokens;
        self.bytes += next.bytes;
        self.counts.add(&next.counts);
        self.estimate = estimate;
    }
}

/// Joins neighbours as long as that pays: pairs first, then pairs of pairs.
pub(crate) fn join(parts: &mut Vec<Part>) {
    loop {
        let before = parts.len();
        let mut at = 0;
        while at + 1 < parts.len() {
            let together = estimate(&parts[at].counts, &parts[at + 1].counts);
            if together <= parts[at].estimate + parts[at + 1].estimate {
                let next = parts.remove(at + 1);
                parts[at].join(&next, together);
            }
            at += 1;
        }
        if parts.len() == before {
            return;
        }
    }
}

/// Size of a block with the symbols of both.
#[inline(never)]
fn estimate(one: &Counts, other: &Counts) -> f32 {
    HEADER + alphabet(&one.literal_lengths, &other.literal_lengths) + alphabet(&one.distances, &other.distances)
}

/// Bits of the symbols, by their entropy, and of their description.
#[inline(always)]
fn alphabet(one: &[u32], other: &[u32]) -> f32 {
    // Sums by lane: that is what makes this loop fast.
    let (mut totals, mut used, mut saved) = ([0.0; 8], [0.0; 8], [0.0; 8]);
    let (ones, _) = one.as_chunks::<8>();
    let (others, _) = other.as_chunks::<8>();
    for (one, other) in ones.iter().zip(others) {
        for lane in 0..8 {
            let count = one[lane].wrapping_add(other[lane]) as i32 as f32;
            totals[lane] += count;
            used[lane] += count.min(1.0);
            saved[lane] += count * logarithm(count);
        }
    }
    let total: f32 = totals.iter().sum();
    used.iter().sum::<f32>() * SYMBOL + total * logarithm(total) - saved.iter().sum::<f32>()
}

/// Binary logarithm to three digits; of zero some number.
#[inline(always)]
fn logarithm(value: f32) -> f32 {
    let bits = value.to_bits();
    let whole = (bits >> 23) as f32 - 127.0;
    let part = f32::from_bits(bits & 0x7F_FFFF | 0x3F80_0000) - 1.0;
    // A straight line between powers of two, and what is missing, fitted.
    whole + part + part * (1.0 - part) * (0.4209 - 0.1564 * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_three_digits() {
        for value in 1u32..70_000 {
            let value = value as f32;
            assert!((logarithm(value) - value.log2()).abs() < 0.0012, "{value}");
        }
    }

    fn part(literals: std::ops::Range<usize>) -> Part {
        let mut counts = Counts::NONE;
        let times = 4000 / u32::try_from(literals.len()).unwrap();
        counts.literal_lengths[literals].fill(times);
        Part::new(4000, 4000, counts)
    }

    #[test]
    fn the_estimate_is_the_entropy_and_the_header() {
        // 64 symbols of six bits each.
        let bits = 4000.0 / 64.0 * 64.0 * 6.0;
        assert!((part(0..64).estimate - (bits + HEADER + 64.0 * SYMBOL)).abs() < 400.0);
    }

    #[test]
    fn like_is_joined_with_like() {
        let mut parts = [0..64, 0..64, 0..60, 128..250, 128..256, 0..64].map(part).to_vec();
        join(&mut parts);
        assert_eq!(parts.iter().map(|part| part.tokens / 4000).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(parts[1].counts.literal_lengths[128..256].iter().sum::<u32>(), 4000 / 122 * 122 + 4000 / 128 * 128);
    }
}
