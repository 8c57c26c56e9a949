//! The bytes at hand: what may still be copied from, and what is to be compressed.
//!
//! Positions are `u16` and the array is a little longer than a `u16` can reach, so that eight bytes can be read at
//! any position without a test; that is where the search spends its time. A longer input comes in segments, each
//! behind the last window of the one before.

use crate::narrow::low16;

/// Positions there are: the most bytes at hand.
pub(crate) const POSITIONS: usize = 1 << 16;
/// Bytes behind the last position, so that a word can be read there. Matches are cut at the end of the
/// text.
const PAD: usize = 8;

/// A piece of the input together with the history before it.
#[derive(Debug)]
pub(crate) struct Text {
    bytes: Box<[u8; POSITIONS + PAD]>,
    end: usize,
}

impl Text {
    pub(crate) fn new() -> Self {
        Text { bytes: zeroed(), end: 0 }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.end = 0;
    }

    /// Where the bytes end.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Takes as much of `input` as there is room for, and returns the rest.
    pub(crate) fn fill<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let (now, later) = input.split_at(input.len().min(POSITIONS - self.end));
        self.bytes[self.end..self.end + now.len()].copy_from_slice(now);
        self.end += now.len();
        // What is hashed behind the end must not depend on an earlier input.
        self.bytes[self.end..self.end + PAD].fill(0);
        later
    }

    /// Drops all but the last `keep` bytes, which begin at position 0 afterwards.
    pub(crate) fn slide(&mut self, keep: usize) {
        self.bytes.copy_within(self.end - keep..self.end, 0);
        self.end = keep;
    }

    /// The byte at a position.
    #[inline(always)]
    pub(crate) fn byte(&self, at: u16) -> u8 {
        self.bytes[usize::from(at)]
    }

    /// The eight bytes from a position on; the first is the lowest.
    #[inline(always)]
    pub(crate) fn word(&self, at: u16) -> u64 {
        let at = usize::from(at);
        u64::from_le_bytes(self.bytes[at..at + 8].try_into().expect("eight bytes were sliced"))
    }

    /// A stretch of the bytes.
    pub(crate) fn range(&self, from: usize, to: usize) -> &[u8] {
        &self.bytes[from..to]
    }
}

/// Most positions that are searched and parsed together.
pub(crate) const PIECE: usize = 8192;

/// A part of the text that is searched and parsed together. Positions in it count from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a Text,
    /// Where in the text it starts.
    pub(crate) start: usize,
    /// Its length, [`PIECE`] at most.
    pub(crate) length: usize,
}

impl<'a> Piece<'a> {
    /// The position in the text of one in the piece.
    #[inline(always)]
    pub(crate) fn position(&self, at: usize) -> u16 {
        low16(self.start.wrapping_add(at))
    }

    /// The byte at a position.
    #[inline(always)]
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.text.byte(self.position(at))
    }

    /// All its bytes.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.text.range(self.start, self.start + self.length)
    }

    /// How many bytes there are from a position to the end of the text.
    #[inline(always)]
    pub(crate) fn left(&self, at: usize) -> usize {
        self.text.end() - (self.start + at)
    }
}

/// An array too big for the stack. Of numbers, pages that are never used are never there.
pub(crate) fn zeroed<T: Clone + Default, const COUNT: usize>() -> Box<[T; COUNT]> {
    vec![T::default(); COUNT].try_into().unwrap_or_else(|_| unreachable!("as many were made"))
}
