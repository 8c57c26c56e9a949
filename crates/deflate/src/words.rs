//! Codes as they are written: with their extra bits, and with their number of bits.

use crate::bits::Bits;
use crate::block::Codes;
use crate::huffman;
use crate::symbols::{Counts, DISTANCE_RANGES, END_OF_BLOCK, FIRST_LENGTH, FIRST_MATCH, LENGTH_RANGES, Range, Token};
use crate::text::{POSITIONS, zeroed};

/// Bits of a word that hold a number of bits; the code is above, and its extra bits above that.
const NUMBER_BITS: u32 = 6;
const NUMBER: u32 = (1 << NUMBER_BITS) - 1;

/// A word for everything that a token can have in it.
#[derive(Debug)]
pub(crate) struct Words {
    /// By the index of a token. Most are never used, but then none needs to be checked.
    indices: Box<[u32; POSITIONS]>,
    /// By distance. The first is for literals: no bits at all.
    distances: Box<[u32; POSITIONS]>,
}

impl Words {
    pub(crate) fn new() -> Self {
        Words { indices: zeroed(), distances: zeroed() }
    }

    /// Writes tokens and the end of the block. All their symbols are counted in `counts`.
    pub(crate) fn write(&mut self, lengths: &Codes, counts: &Counts, tokens: &[Token], bits: &mut Bits) {
        let (end, count) = self.set(lengths, counts);
        self.write_all(tokens, bits);
        bits.put(end, count);
    }

    /// Sets the words, and returns the code that ends the block.
    fn set(&mut self, lengths: &Codes, counts: &Counts) -> (u64, u32) {
        let mut codes = [0; 32];
        huffman::codes(&lengths.distances, &mut codes);
        set_ranges(&mut self.distances[1..], &codes, &lengths.distances, &counts.distances, &DISTANCE_RANGES);
        let mut codes = [0; 288];
        let lengths = &lengths.literal_lengths;
        huffman::codes(lengths, &mut codes);
        for (word, (&code, &length)) in self.indices[..FIRST_MATCH].iter_mut().zip(codes.iter().zip(lengths)) {
            *word = u32::from(code) << NUMBER_BITS | u32::from(length);
        }
        let counts = &counts.literal_lengths[FIRST_LENGTH..];
        let words = &mut self.indices[FIRST_MATCH..];
        set_ranges(words, &codes[FIRST_LENGTH..], &lengths[FIRST_LENGTH..], counts, &LENGTH_RANGES);
        (codes[END_OF_BLOCK].into(), lengths[END_OF_BLOCK].into())
    }

    #[inline(never)]
    fn write_all(&self, tokens: &[Token], bits: &mut Bits) {
        bits.put_all(tokens, |token| {
            let index = self.indices[usize::from(token.index())];
            let distance = self.distances[usize::from(token.distance())];
            let both = u64::from(index >> NUMBER_BITS) | u64::from(distance >> NUMBER_BITS) << (index & NUMBER);
            (both, index.wrapping_add(distance) & NUMBER)
        });
    }
}

/// Sets the words of all values whose symbols occur.
fn set_ranges(words: &mut [u32], codes: &[u16], lengths: &[u8], counts: &[u32], ranges: &[Range]) {
    for (((&code, &length), &count), range) in codes.iter().zip(lengths).zip(counts).zip(ranges) {
        if count > 0 {
            let first = u32::from(code) << NUMBER_BITS | u32::from(length + range.extra);
            let from = usize::from(range.base);
            for (word, extra) in words[from..from + (1 << range.extra)].iter_mut().zip(0u32..) {
                *word = first | extra << (u32::from(length) + NUMBER_BITS);
            }
        }
    }
}
