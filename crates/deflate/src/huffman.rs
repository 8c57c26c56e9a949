//! Huffman codes of limited length (RFC 1951, section 3.2.2).

use crate::narrow::{low8, low16};

/// Longest code of literals, lengths and distances.
pub(crate) const LONGEST: usize = 15;
/// Most symbols of an alphabet.
const MOST: usize = 288;

/// Chooses the lengths of the codes for symbols that occur `counts` times, none longer than `longest`.
///
/// At least two symbols get a code even if fewer occur: a code of one symbol is incomplete, and not every reader
/// takes it.
pub(crate) fn code_lengths(counts: &[u32], longest: usize, lengths: &mut [u8]) {
    lengths.fill(0);
    let mut leaves = [0u32; MOST];
    let mut used = 0;
    for (symbol, &count) in (0u32..).zip(counts) {
        leaves[used] = count << 9 | symbol;
        used += usize::from(count > 0);
    }
    if used < 2 {
        let only = if used == 1 { (leaves[0] & 511) as usize } else { 0 };
        lengths[only] = 1;
        lengths[usize::from(only == 0)] = 1;
        return;
    }
    let leaves = &mut leaves[..used];
    leaves.sort_unstable();
    let mut of_length = lengths_of_tree(leaves);
    limit(&mut of_length, longest);
    let mut rest = leaves.iter();
    for length in (1..=longest).rev() {
        for leaf in rest.by_ref().take(of_length[length]) {
            lengths[(leaf & 511) as usize] = low8(length);
        }
    }
}

/// How many leaves a Huffman tree has at each depth. `leaves` are sorted, their counts above nine bits of symbol.
fn lengths_of_tree(leaves: &[u32]) -> [usize; 64] {
    // Two queues: the leaves, and the nodes in the order they are made, which is that of their weights.
    let used = leaves.len();
    let mut weights = [0u32; MOST];
    let mut parents = [0u16; 2 * MOST];
    let (mut leaf, mut node) = (0, 0);
    for made in 0..used - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let take_leaf = leaf < used && (node == made || leaves[leaf] >> 9 <= weights[node]);
            if take_leaf {
                weight += leaves[leaf] >> 9;
                parents[leaf] = low16(made);
                leaf += 1;
            } else {
                weight += weights[node];
                parents[MOST + node] = low16(made);
                node += 1;
            }
        }
        weights[made] = weight;
    }
    let mut depths = [0u8; MOST];
    for node in (0..used - 2).rev() {
        depths[node] = depths[usize::from(parents[MOST + node])] + 1;
    }
    let mut of_length = [0; 64];
    for parent in &parents[..used] {
        of_length[usize::from(depths[usize::from(*parent)] + 1) & 63] += 1;
    }
    of_length
}

/// Shortens codes that are too long and lengthens others until the code is complete again.
fn limit(of_length: &mut [usize; 64], longest: usize) {
    of_length[longest] += of_length[longest + 1..].iter().sum::<usize>();
    of_length[longest + 1..].fill(0);
    // In units of the longest code; a complete code fills the space exactly.
    let mut taken: usize = (1..=longest).map(|length| of_length[length] << (longest - length)).sum();
    while taken > 1 << longest {
        let shorter = (1..longest).rev().find(|&length| of_length[length] > 0).expect("not all codes are the longest");
        of_length[shorter] -= 1;
        of_length[shorter + 1] += 2;
        of_length[longest] -= 1;
        taken -= 1;
    }
}

/// The codes that go with lengths, first bit lowest, as they are written.
pub(crate) fn codes(lengths: &[u8], codes: &mut [u16]) {
    let mut next = [0u32; LONGEST + 2];
    for &length in lengths {
        next[usize::from(length) + 1] += u32::from(length > 0);
    }
    for length in 1..next.len() {
        next[length] = (next[length] + next[length - 1]) << 1;
    }
    for (code, &length) in codes.iter_mut().zip(lengths) {
        let next = &mut next[usize::from(length)];
        *code = reversed(*next) >> (16 - u32::from(length)).min(15);
        *next += 1;
    }
}

/// The lowest 16 bits in reverse, by bytes: bit by bit takes a processor much longer.
fn reversed(code: u32) -> u16 {
    let [low, high, ..] = code.to_le_bytes();
    u16::from_le_bytes([REVERSED[usize::from(high)], REVERSED[usize::from(low)]])
}

static REVERSED: [u8; 256] = {
    let mut reversed = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        reversed[byte] = low8(byte).reverse_bits();
        byte += 1;
    }
    reversed
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of a code for counts; checks that it is complete and that what is rarer is no shorter.
    fn lengths(counts: &[u32], longest: usize) -> Vec<u8> {
        let mut lengths = vec![9; counts.len()];
        code_lengths(counts, longest, &mut lengths);
        let taken: usize =
            lengths.iter().filter(|length| **length > 0).map(|length| 1 << (longest - usize::from(*length))).sum();
        assert_eq!(taken, 1 << longest, "{counts:?}");
        for (count, length) in counts.iter().zip(&lengths) {
            assert!(usize::from(*length) <= longest && (*count == 0 || *length > 0));
            let shorter =
                counts.iter().zip(&lengths).any(|(other, short)| other < count && short < length && *short > 0);
            assert!(!shorter || counts.iter().filter(|count| **count > 0).count() < 2, "{counts:?} {lengths:?}");
        }
        lengths
    }

    #[test]
    fn the_code_is_that_of_huffman() {
        assert_eq!(lengths(&[45, 13, 12, 16, 9, 5], 15), [1, 3, 3, 3, 4, 4]);
        assert_eq!(lengths(&[1, 0, 1, 0, 1, 1], 15), [2, 0, 2, 0, 2, 2]);
    }

    #[test]
    fn there_are_always_two_codes() {
        assert_eq!(lengths(&[0, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths(&[7, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths(&[0, 0, 7], 15), [1, 0, 1]);
    }

    #[test]
    fn codes_that_would_be_too_long_are_shortened() {
        let mut fibonacci = vec![1, 1];
        while fibonacci.len() < 22 {
            fibonacci.push(fibonacci[fibonacci.len() - 1] + fibonacci[fibonacci.len() - 2]);
        }
        assert_eq!(lengths(&fibonacci, 15).iter().max(), Some(&15));
        assert_eq!(lengths(&fibonacci[..19], 7).iter().max(), Some(&7));
        assert_eq!(lengths(&fibonacci[..4], 7), [3, 3, 2, 1]);
    }

    /// The example of RFC 1951, section 3.2.2, with each code reversed.
    #[test]
    fn codes_are_those_of_the_specification() {
        let mut example = [0; 8];
        codes(&[3, 3, 3, 3, 3, 2, 4, 4], &mut example);
        assert_eq!(example, [0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111]);
    }
}
