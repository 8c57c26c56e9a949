//! The alphabets of deflate (RFC 1951, section 3.2.5), the steps of compressed text, and the counts of their symbols.

use crate::narrow::{low8, low16, low32};

/// Shortest match.
pub(crate) const MIN_MATCH: usize = 3;
/// Longest match.
pub(crate) const MAX_MATCH: usize = 258;
/// The symbol that ends a block.
pub(crate) const END_OF_BLOCK: usize = 256;
/// The symbol of the shortest lengths.
pub(crate) const FIRST_LENGTH: usize = 257;
/// Literal, end and length symbols: 0 to 285.
pub(crate) const LITERAL_LENGTHS: usize = 286;
/// Distance symbols: 0 to 29.
pub(crate) const DISTANCES: usize = 30;
/// In place of a distance symbol: for literals, whose distance is 0.
const NO_DISTANCE: usize = 31;

/// Values that share a symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// The least of them.
    pub(crate) base: u16,
    /// Bits that tell them apart.
    pub(crate) extra: u8,
}

/// Lengths, less [`MIN_MATCH`], by symbol less [`FIRST_LENGTH`].
pub(crate) static LENGTH_RANGES: [Range; 29] = {
    let mut ranges = [Range { base: 0, extra: 0 }; 29];
    let (mut at, mut base) = (0, 0);
    while at < 28 {
        let extra = if at < 8 { 0 } else { at / 4 - 1 };
        ranges[at] = Range { base, extra: low8(extra) };
        base += 1 << extra;
        at += 1;
    }
    // The longest match has a symbol of its own, though it would fit the one before.
    ranges[28] = Range { base: low16(MAX_MATCH - MIN_MATCH), extra: 0 };
    ranges
};

/// Distances, less one, by symbol.
pub(crate) static DISTANCE_RANGES: [Range; DISTANCES] = {
    let mut ranges = [Range { base: 0, extra: 0 }; DISTANCES];
    let (mut at, mut base) = (0, 0);
    while at < DISTANCES {
        let extra = if at < 4 { 0 } else { at / 2 - 1 };
        ranges[at] = Range { base, extra: low8(extra) };
        base += 1 << extra;
        at += 1;
    }
    ranges
};

/// Symbols by distance.
static DISTANCE_SYMBOLS: [u8; 1 << 16] = {
    let mut symbols = [low8(NO_DISTANCE); 1 << 16];
    let mut symbol = 0;
    while symbol < DISTANCES {
        let Range { base, extra } = DISTANCE_RANGES[symbol];
        let mut distance = base as usize + 1;
        while distance <= base as usize + (1 << extra) {
            symbols[distance] = low8(symbol);
            distance += 1;
        }
        symbol += 1;
    }
    symbols
};

/// One step of the compressed text: a literal or a match.
///
/// The upper half is an index: 0 to 255 for a literal, from 256 on a length less [`MIN_MATCH`]. The lower half is the
/// distance, 0 for a literal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Token(u32);

/// The index of the shortest match.
pub(crate) const FIRST_MATCH: usize = 256;
/// How many indices there are.
pub(crate) const INDICES: usize = 512;

impl Token {
    #[inline(always)]
    pub(crate) fn literal(byte: u8) -> Self {
        Token(u32::from(byte) << 16)
    }

    /// Of at least three bytes.
    #[inline(always)]
    pub(crate) fn matched(length: u16, distance: u16) -> Self {
        Token((u32::from(length) + low32(FIRST_MATCH - MIN_MATCH)) << 16 | u32::from(distance))
    }

    /// Below [`INDICES`].
    #[inline(always)]
    pub(crate) fn index(self) -> u16 {
        (self.0 >> 16) as u16
    }

    #[inline(always)]
    pub(crate) fn distance(self) -> u16 {
        (self.0 & 0xFFFF) as u16
    }
}

/// How often each symbol occurs. The arrays are rounded up, so that loops over them come out even.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    pub(crate) literal_lengths: [u32; 288],
    pub(crate) distances: [u32; 32],
}

impl Counts {
    /// All zero.
    pub(crate) const NONE: Counts = Counts { literal_lengths: [0; 288], distances: [0; 32] };

    /// A guess before anything is known: matches are short and come from anywhere.
    pub(crate) fn typical() -> Counts {
        let mut counts = Counts::NONE;
        counts.literal_lengths[..256].fill(32);
        for (count, symbol) in counts.literal_lengths[FIRST_LENGTH..LITERAL_LENGTHS].iter_mut().zip(2..) {
            *count = 1200 / symbol;
        }
        for (count, symbol) in counts.distances[..DISTANCES].iter_mut().zip(2..) {
            *count = 10 * symbol;
        }
        counts
    }

    /// Adds another's.
    pub(crate) fn add(&mut self, other: &Counts) {
        self.literal_lengths.iter_mut().zip(&other.literal_lengths).for_each(|(sum, count)| *sum += count);
        self.distances.iter_mut().zip(&other.distances).for_each(|(sum, count)| *sum += count);
    }

    /// Adds twice another's, and halves what was there.
    pub(crate) fn learn(&mut self, newest: &Counts) {
        let mix = |old: &mut u32, new: &u32| *old = *old / 2 + *new * 2;
        self.literal_lengths.iter_mut().zip(&newest.literal_lengths).for_each(|(old, new)| mix(old, new));
        self.distances.iter_mut().zip(&newest.distances).for_each(|(old, new)| mix(old, new));
    }
}

/// Counts as they are made: lengths by themselves, and gathered by symbol in the end.
#[derive(Debug)]
pub(crate) struct Tally {
    indices: [u32; INDICES],
    distances: [u32; 256],
}

impl Tally {
    pub(crate) fn new() -> Self {
        Tally { indices: [0; INDICES], distances: [0; 256] }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, token: Token) {
        let index = &mut self.indices[usize::from(token.index()) % INDICES];
        *index = index.wrapping_add(1);
        let symbol = DISTANCE_SYMBOLS[usize::from(token.distance())];
        let distance = &mut self.distances[usize::from(symbol)];
        *distance = distance.wrapping_add(1);
    }

    /// The counts by symbol.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::NONE;
        let (literals, lengths) = self.indices.split_at(FIRST_MATCH);
        counts.literal_lengths[..256].copy_from_slice(literals);
        for (count, range) in counts.literal_lengths[FIRST_LENGTH..].iter_mut().zip(&LENGTH_RANGES) {
            let from = usize::from(range.base);
            *count = lengths[from..from + (1 << range.extra)].iter().sum();
        }
        // The longest match was counted in the range before as well.
        counts.literal_lengths[284] -= counts.literal_lengths[285];
        counts.distances.copy_from_slice(&self.distances[..32]);
        counts.distances[NO_DISTANCE] = 0;
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_specification() {
        let lengths: Vec<_> =
            [0, 7, 8, 12, 27, 28].map(|at: usize| (LENGTH_RANGES[at].base, LENGTH_RANGES[at].extra)).into();
        assert_eq!(lengths, [(0, 0), (7, 0), (8, 1), (16, 2), (224, 5), (255, 0)]);
        let distances: Vec<_> =
            [0, 3, 4, 23, 29].map(|at: usize| (DISTANCE_RANGES[at].base, DISTANCE_RANGES[at].extra)).into();
        assert_eq!(distances, [(0, 0), (3, 0), (4, 1), (3072, 10), (24576, 13)]);
    }

    #[test]
    fn every_distance_has_the_symbol_of_its_range() {
        for distance in 1..=1usize << 15 {
            let range = DISTANCE_RANGES[usize::from(DISTANCE_SYMBOLS[distance])];
            let base = usize::from(range.base);
            assert!((base + 1..=base + (1 << range.extra)).contains(&distance), "{distance}");
        }
    }

    #[test]
    fn a_tally_counts_by_symbol() {
        let mut tally = Tally::new();
        for token in [
            Token::literal(7),
            Token::literal(7),
            Token::matched(3, 1),
            Token::matched(12, 4096),
            Token::matched(255, 32768),
        ] {
            tally.add(token);
        }
        let counts = tally.counts();
        assert_eq!(counts.literal_lengths[7], 2);
        assert_eq!([257, 265, 284].map(|symbol: usize| counts.literal_lengths[symbol]), [1, 1, 1]);
        assert_eq!([0, 23, 29].map(|symbol: usize| counts.distances[symbol]), [1, 1, 1]);
        assert_eq!(counts.literal_lengths.iter().sum::<u32>(), 5);
        assert_eq!(counts.distances.iter().sum::<u32>(), 3);
    }
}
