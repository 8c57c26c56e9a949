//! From bytes to blocks: segment by segment, and in them piece by piece.

use crate::bits::Bits;
use crate::block;
use crate::matches::{self, Found};
use crate::narrow::low16;
use crate::parse::{Tokens, Way};
use crate::prices::Prices;
use crate::split::{self, Part};
use crate::symbols::{Counts, Tally};
use crate::tables::Tables;
use crate::text::{PIECE, POSITIONS, Piece, Text};
use crate::words::Words;

/// What is kept from input to input: memory, nothing that was learnt.
#[derive(Debug)]
pub(crate) struct Encoder<T> {
    text: Text,
    tables: T,
    found: Box<Found>,
    prices: Prices,
    way: Box<Way>,
    tokens: Tokens,
    parts: Vec<Part>,
    words: Words,
    bits: Bits,
}

impl<T: Tables> Encoder<T> {
    pub(crate) fn new() -> Self {
        Encoder {
            text: Text::new(),
            tables: T::new(),
            found: Box::new(Found::new()),
            prices: Prices::new(),
            way: Box::new(Way::new()),
            tokens: Tokens::new(),
            parts: Vec::with_capacity(POSITIONS / PIECE),
            words: Words::new(),
            bits: Bits::new(),
        }
    }

    /// Appends the stream of all of `input`.
    pub(crate) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.text.clear();
        self.tables.clear();
        let mut recent = Counts::typical();
        let mut rest = self.text.fill(input);
        let mut from = 0;
        while !rest.is_empty() {
            self.segment(from, false, &mut recent);
            self.bits.drain(output);
            self.text.slide(T::WINDOW);
            self.tables.slide(low16(POSITIONS - T::WINDOW));
            from = T::WINDOW;
            rest = self.text.fill(rest);
        }
        self.segment(from, true, &mut recent);
        self.bits.align();
        self.bits.drain(output);
    }

    /// Compresses the text from `from` on.
    fn segment(&mut self, from: usize, last: bool, recent: &mut Counts) {
        self.tokens.clear();
        self.parts.clear();
        let end = self.text.end();
        // A match may run into the next piece: there is where that begins.
        let (mut start, mut at) = (from, 0);
        while start < end {
            let length = PIECE.min(end - start);
            let piece = Piece { text: &self.text, start, length };
            matches::find(&mut self.tables, piece, at.min(length), &mut self.found);
            at = self.parse(start, length, at, recent).saturating_sub(length);
            start += length;
        }
        split::join(&mut self.parts);
        self.blocks(from, last);
    }

    /// Turns a piece into tokens, from its position `from` on, and into a part of its own. Returns where it ends.
    fn parse(&mut self, start: usize, length: usize, from: usize, recent: &mut Counts) -> usize {
        let piece = Piece { text: &self.text, start, length };
        self.prices.set(recent, T::WINDOW);
        self.way.choose(piece, from, &self.prices, &self.found);
        let mut tally = Tally::new();
        let before = self.tokens.all().len();
        let end = self.way.follow(piece, from, &self.found, &mut self.tokens, &mut tally);
        let counts = tally.counts();
        recent.learn(&counts);
        self.parts.push(Part::new(self.tokens.all().len() - before, end.saturating_sub(from), counts));
        end
    }

    /// Writes the parts as blocks, or all as it is if that is shorter.
    fn blocks(&mut self, from: usize, last: bool) {
        let before = self.bits.mark();
        let (mut tokens, mut at) = (self.tokens.all(), from);
        for (number, part) in (1..).zip(&self.parts) {
            let (now, later) = tokens.split_at(part.tokens);
            let bytes = self.text.range(at, at + part.bytes);
            let last = last && number == self.parts.len();
            block::write(now, &part.counts, bytes, last, &mut self.words, &mut self.bits);
            (tokens, at) = (later, at + part.bytes);
        }
        let bytes = self.text.range(from, self.text.end());
        if bytes.is_empty() {
            block::write(&[], &Counts::NONE, bytes, last, &mut self.words, &mut self.bits);
        } else if self.bits.since(before) > block::stored_size(bytes.len(), before.odd()) {
            self.bits.rewind(before);
            block::store(bytes, last, &mut self.bits);
        }
    }
}
