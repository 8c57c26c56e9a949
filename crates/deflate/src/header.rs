//! The description of a block's codes (RFC 1951, section 3.2.7).

use crate::bits::Bits;
use crate::huffman;
use crate::narrow::{low16, low32};
use crate::symbols::{DISTANCES, LITERAL_LENGTHS};

/// The order in which the lengths of the code lengths' codes are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Extra bits of the symbols that repeat.
const EXTRA: [u32; 19] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 7];

/// Code lengths, run-length coded, with the code for that.
#[derive(Debug)]
pub(crate) struct Header {
    literal_lengths: usize,
    distances: usize,
    /// Symbols, with the value of their extra bits above.
    runs: [u16; LITERAL_LENGTHS + DISTANCES],
    count: usize,
    lengths: [u8; 19],
    written: usize,
    size: u32,
}

impl Header {
    /// For the lengths of both codes.
    pub(crate) fn new(literal_lengths: &[u8], distances: &[u8]) -> Self {
        let literal_lengths = without_tail(literal_lengths, 257);
        let distances = without_tail(distances, 1);
        let mut header = Header {
            literal_lengths: literal_lengths.len(),
            distances: distances.len(),
            runs: [0; LITERAL_LENGTHS + DISTANCES],
            count: 0,
            lengths: [0; 19],
            written: 0,
            size: 0,
        };
        let mut all = [0; LITERAL_LENGTHS + DISTANCES];
        let total = literal_lengths.len() + distances.len();
        all[..literal_lengths.len()].copy_from_slice(literal_lengths);
        all[literal_lengths.len()..total].copy_from_slice(distances);
        for run in all[..total].chunk_by(|one, next| one == next) {
            header.run(run[0], run.len());
        }
        header.choose();
        header
    }

    /// Its size in bits.
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    fn run(&mut self, length: u8, mut times: usize) {
        if length == 0 {
            while times >= 11 {
                let now = times.min(138);
                self.push(18, now - 11);
                times -= now;
            }
            if times >= 3 {
                self.push(17, times - 3);
                times = 0;
            }
        } else {
            self.push(length.into(), 0);
            times -= 1;
            while times >= 3 {
                let now = times.min(6);
                self.push(16, now - 3);
                times -= now;
            }
        }
        for _ in 0..times {
            self.push(length.into(), 0);
        }
    }

    fn push(&mut self, symbol: u16, extra: usize) {
        self.runs[self.count] = symbol | low16(extra) << 8;
        self.count += 1;
    }

    fn choose(&mut self) {
        let mut counts = [0; 19];
        for run in &self.runs[..self.count] {
            counts[usize::from(run & 31)] += 1;
        }
        huffman::code_lengths(&counts, 7, &mut self.lengths);
        self.written = ORDER.iter().rposition(|&symbol| self.lengths[symbol] > 0).map_or(4, |last| (last + 1).max(4));
        let coded: u32 = (0..19).map(|symbol| counts[symbol] * (u32::from(self.lengths[symbol]) + EXTRA[symbol])).sum();
        self.size = 14 + 3 * low32(self.written) + coded;
    }

    /// Writes it, behind the three bits that begin a block.
    pub(crate) fn write(&self, bits: &mut Bits) {
        bits.put(self.literal_lengths as u64 - 257, 5);
        bits.put(self.distances as u64 - 1, 5);
        bits.put(self.written as u64 - 4, 4);
        for &symbol in &ORDER[..self.written] {
            bits.put(self.lengths[symbol].into(), 3);
        }
        let mut codes = [0; 19];
        huffman::codes(&self.lengths, &mut codes);
        for run in &self.runs[..self.count] {
            let symbol = usize::from(run & 31);
            bits.put(codes[symbol].into(), self.lengths[symbol].into());
            bits.put(u64::from(run >> 8), EXTRA[symbol]);
        }
    }
}

/// Lengths without the zeros at the end, but `least` of them.
fn without_tail(lengths: &[u8], least: usize) -> &[u8] {
    &lengths[..lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1).max(least)]
}
