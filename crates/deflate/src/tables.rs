//! Where the same bytes were last: tables of positions by the hash of what is there.
//!
//! Looking up a position also enters it, and no branch in it depends on the data: guessing wrong costs a processor
//! more than the work. Nothing is removed from a table. An entry may be stale, or of other bytes with the same hash;
//! so bytes are always compared, and entries out of reach are told by their distance.

use crate::narrow::low32;
use crate::text::{POSITIONS, Text, zeroed};

/// The best that a table knows for a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Bytes that are equal, 8 at most. Below 3 there is no match.
    pub(crate) length: u32,
    /// How far back; means nothing without a match.
    pub(crate) distance: u32,
}

/// One or more tables.
pub(crate) trait Tables {
    /// The greatest distance; a power of two.
    const WINDOW: usize;
    /// How many further positions are tried for a long match.
    const DEPTH: usize;
    /// A long match that is shorter than this gives way to a longer one that begins a byte later.
    const LAZY: usize;
    /// Of the positions inside a long match every how manyth is entered.
    const STRIDE: usize;

    /// Empty ones.
    fn new() -> Self;

    /// Forgets everything.
    fn clear(&mut self);

    /// Follows a text that dropped its first positions, as many as that.
    fn slide(&mut self, dropped: u16);

    /// Looks a position up, and enters it.
    fn look(&mut self, text: &Text, at: u16) -> Candidate;

    /// Enters a position.
    fn enter(&mut self, text: &Text, at: u16);

    /// The position before one where the same was that makes a long match. Without such, any that is not before.
    fn before(&self, at: u16) -> u16;
}

/// For a small window: by three bytes, which gives short matches near by, and by seven, which gives long ones
/// anywhere in reach. Of the latter all earlier ones are known as well.
#[derive(Debug)]
pub(crate) struct Pair<const WINDOW: usize> {
    short: Table<{ 1 << 13 }, 3>,
    long: Table<{ 1 << 13 }, 7>,
    /// What an entry for a position replaced.
    replaced: Box<[u16; POSITIONS]>,
}

impl<const WINDOW: usize> Tables for Pair<WINDOW> {
    const WINDOW: usize = WINDOW;
    const DEPTH: usize = 4;
    const LAZY: usize = 0;
    const STRIDE: usize = 1;

    fn new() -> Self {
        Pair { short: Table::new(), long: Table::new(), replaced: zeroed() }
    }

    fn clear(&mut self) {
        self.short.clear();
        self.long.clear();
    }

    fn slide(&mut self, dropped: u16) {
        self.short.slide(dropped);
        self.long.slide(dropped);
        self.replaced.copy_within(usize::from(dropped).., 0);
        slide(&mut self.replaced[..WINDOW], dropped);
    }

    #[inline(always)]
    fn look(&mut self, text: &Text, at: u16) -> Candidate {
        let word = text.word(at);
        let near = compare(text, word, at, self.short.replace(word, at), low32(WINDOW));
        let last = self.long.replace(word, at);
        self.replaced[usize::from(at)] = last;
        let far = compare(text, word, at, last, low32(WINDOW));
        if far.length > near.length { far } else { near }
    }

    #[inline(always)]
    fn enter(&mut self, text: &Text, at: u16) {
        let word = text.word(at);
        self.short.replace(word, at);
        self.replaced[usize::from(at)] = self.long.replace(word, at);
    }

    #[inline(always)]
    fn before(&self, at: u16) -> u16 {
        self.replaced[usize::from(at)]
    }
}

/// For a large window, where a match of four bytes is worth more than the time to look for one of three.
#[derive(Debug)]
pub(crate) struct Single<const WINDOW: usize> {
    table: Table<{ 1 << 15 }, 4>,
}

impl<const WINDOW: usize> Tables for Single<WINDOW> {
    const WINDOW: usize = WINDOW;
    const DEPTH: usize = 0;
    const LAZY: usize = 16;
    const STRIDE: usize = 16;

    fn new() -> Self {
        Single { table: Table::new() }
    }

    fn clear(&mut self) {
        self.table.clear();
    }

    fn slide(&mut self, dropped: u16) {
        self.table.slide(dropped);
    }

    #[inline(always)]
    fn look(&mut self, text: &Text, at: u16) -> Candidate {
        let word = text.word(at);
        compare(text, word, at, self.table.replace(word, at), low32(WINDOW))
    }

    #[inline(always)]
    fn enter(&mut self, text: &Text, at: u16) {
        self.table.replace(text.word(at), at);
    }

    #[inline(always)]
    fn before(&self, at: u16) -> u16 {
        at
    }
}

/// The last positions by the hash of their first `BYTES` bytes.
#[derive(Debug)]
struct Table<const SLOTS: usize, const BYTES: u32> {
    positions: Box<[u16; SLOTS]>,
}

/// An entry that every position takes for one behind it.
const NOWHERE: u16 = u16::MAX;
/// The golden ratio in 64 bits: spreads what it is multiplied with over the upper bits.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

impl<const SLOTS: usize, const BYTES: u32> Table<SLOTS, BYTES> {
    fn new() -> Self {
        Table { positions: zeroed() }
    }

    fn clear(&mut self) {
        self.positions.fill(NOWHERE);
    }

    fn slide(&mut self, dropped: u16) {
        slide(&mut self.positions[..], dropped);
    }

    /// Enters a position with what is there, and returns the one before it.
    #[inline(always)]
    fn replace(&mut self, word: u64, at: u16) -> u16 {
        let hash = (word << (64 - 8 * BYTES)).wrapping_mul(MULTIPLIER) >> (64 - SLOTS.ilog2());
        std::mem::replace(&mut self.positions[(hash & 0xFFFF) as usize % SLOTS], at)
    }
}

/// Moves entries with their positions. Those for dropped ones become 0, which does no harm: the bytes there are compared
/// as anywhere.
fn slide(entries: &mut [u16], dropped: u16) {
    entries.iter_mut().for_each(|at| *at = at.saturating_sub(dropped));
}

/// What an entry is worth for the position where `word` is read.
#[inline(always)]
fn compare(text: &Text, word: u64, at: u16, entry: u16, window: u32) -> Candidate {
    // An empty entry, behind all positions, wraps around to a great distance.
    let distance = u32::from(at).wrapping_sub(entry.into());
    let length = common(word, text.word(entry));
    Candidate { length: if distance <= window { length } else { 0 }, distance }
}

/// Bytes that two words have in common, counted from the first.
#[inline(always)]
pub(crate) fn common(one: u64, other: u64) -> u32 {
    (one ^ other).trailing_zeros() / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Text {
        let mut text = Text::new();
        assert!(text.fill(bytes).is_empty());
        text
    }

    fn look<T: Tables>(tables: &mut T, text: &Text, at: u16) -> (u32, u32) {
        let Candidate { length, distance } = tables.look(text, at);
        (length, if length == 0 { 0 } else { distance })
    }

    #[test]
    fn a_pair_knows_what_is_near_and_what_is_long() {
        let text = text(b"abcdefgh..abcx..abcdefgh........");
        let mut tables = Pair::<4096>::new();
        tables.clear();
        (0..16).for_each(|at| tables.enter(&text, at));
        assert_eq!(look(&mut tables, &text, 16), (8, 16));
        assert_eq!(tables.before(16), 0);
        assert_eq!(look(&mut tables, &text, 17), (8, 16));
    }

    #[test]
    fn a_single_knows_the_last() {
        let text = text(b"abcdefgh..abcd..abcdefgh........");
        let mut tables = Single::<32768>::new();
        tables.clear();
        assert_eq!(look(&mut tables, &text, 0), (0, 0));
        (1..16).for_each(|at| tables.enter(&text, at));
        assert_eq!(look(&mut tables, &text, 16), (4, 6));
    }

    #[test]
    fn nothing_is_found_beyond_the_window() {
        let bytes: Vec<u8> = b"abcdefgh".iter().chain(&[0; 4089]).chain(b"abcdefgh").copied().collect();
        let text = text(&bytes);
        let mut tables = Pair::<4096>::new();
        tables.clear();
        tables.enter(&text, 0);
        assert_eq!(look(&mut tables, &text, 4097), (0, 0));
    }
}
