//! Writing a block in the shortest of the three ways (RFC 1951, section 3.2.3).

use crate::bits::Bits;
use crate::header::Header;
use crate::huffman::{self, LONGEST};
use crate::symbols::{
    Counts, DISTANCE_RANGES, DISTANCES, END_OF_BLOCK, FIRST_LENGTH, LENGTH_RANGES, LITERAL_LENGTHS, Range, Token,
};
use crate::words::Words;

/// Longest code of a distance, so that with its extra bits it fits a word. Deflate allows 15, which 30 symbols hardly
/// ever need.
const LONGEST_DISTANCE: usize = 13;
/// Most bytes of a stored block (RFC 1951, section 3.2.4).
const STORED: usize = 65535;
/// The types of blocks, as bits behind the one that says whether it is the last.
const STORED_TYPE: u64 = 0;
const FIXED_TYPE: u64 = 1;
const DYNAMIC_TYPE: u64 = 2;
/// Bits that begin every block.
const START: u32 = 3;

/// Code lengths of both alphabets.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    pub(crate) literal_lengths: [u8; 288],
    pub(crate) distances: [u8; 32],
}

impl Codes {
    /// Those of fixed blocks (RFC 1951, section 3.2.6).
    fn fixed() -> Self {
        let mut literal_lengths = [8; 288];
        literal_lengths[144..256].fill(9);
        literal_lengths[256..280].fill(7);
        Codes { literal_lengths, distances: [5; 32] }
    }

    /// The best for the symbols of a block.
    fn best(counts: &Counts) -> Self {
        let mut codes = Codes { literal_lengths: [0; 288], distances: [0; 32] };
        huffman::code_lengths(&counts.literal_lengths[..LITERAL_LENGTHS], LONGEST, &mut codes.literal_lengths);
        huffman::code_lengths(&counts.distances[..DISTANCES], LONGEST_DISTANCE, &mut codes.distances);
        codes
    }

    /// Bits that the symbols take, without extra bits.
    fn size(&self, counts: &Counts) -> u32 {
        let sum = |counts: &[u32], lengths: &[u8]| -> u32 {
            counts.iter().zip(lengths).map(|(count, length)| count * u32::from(*length)).sum()
        };
        sum(&counts.literal_lengths, &self.literal_lengths) + sum(&counts.distances, &self.distances)
    }
}

/// Writes a block. `bytes` is what `tokens` stand for, `counts` are theirs.
pub(crate) fn write(tokens: &[Token], counts: &Counts, bytes: &[u8], last: bool, words: &mut Words, bits: &mut Bits) {
    let mut counts = counts.clone();
    counts.literal_lengths[END_OF_BLOCK] = 1;
    let best = Codes::best(&counts);
    let header = Header::new(&best.literal_lengths[..LITERAL_LENGTHS], &best.distances[..DISTANCES]);
    let fixed = Codes::fixed();
    let dynamic_size = best.size(&counts) + header.size();
    let fixed_size = fixed.size(&counts);
    let size = START + dynamic_size.min(fixed_size) + extra_bits(&counts);
    if stored_size(bytes.len(), bits.mark().odd()) <= size as usize {
        store(bytes, last, bits);
    } else if fixed_size <= dynamic_size {
        bits.put(u64::from(last) | FIXED_TYPE << 1, START);
        words.write(&fixed, &counts, tokens, bits);
    } else {
        bits.put(u64::from(last) | DYNAMIC_TYPE << 1, START);
        header.write(bits);
        words.write(&best, &counts, tokens, bits);
    }
}

fn extra_bits(counts: &Counts) -> u32 {
    let sum = |counts: &[u32], ranges: &[Range]| -> u32 {
        counts.iter().zip(ranges).map(|(count, range)| count * u32::from(range.extra)).sum()
    };
    sum(&counts.literal_lengths[FIRST_LENGTH..], &LENGTH_RANGES) + sum(&counts.distances, &DISTANCE_RANGES)
}

/// Bits that bytes take in stored blocks, if `odd` bits are in the last byte before.
pub(crate) fn stored_size(bytes: usize, odd: u32) -> usize {
    let first = (odd + START).next_multiple_of(8) - odd + 32;
    let further = bytes.div_ceil(STORED).saturating_sub(1);
    first as usize + further * 40 + bytes * 8
}

/// Writes bytes as they are.
pub(crate) fn store(bytes: &[u8], last: bool, bits: &mut Bits) {
    let mut rest = bytes;
    loop {
        let (now, later) = rest.split_at(rest.len().min(STORED));
        bits.put(u64::from(last && later.is_empty()) | STORED_TYPE << 1, START);
        bits.align();
        let length = now.len() as u64;
        bits.put(length | (length ^ 0xFFFF) << 16, 32);
        bits.bytes(now);
        rest = later;
        if rest.is_empty() {
            return;
        }
    }
}
