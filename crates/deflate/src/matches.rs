//! Finding repetitions: one match for every position, or none.
//!
//! Which of the short ones are used is decided later (`parse`), by price. A long one is always used, and nothing is
//! looked up inside it.

use crate::narrow::{low8, low16};
use crate::symbols::MAX_MATCH;
use crate::tables::{Tables, common};
use crate::text::{PIECE, Piece, Text};

/// From this length on a match is long: as much as is compared at once.
pub(crate) const LONG: usize = 8;
/// From this length on, no longer match is looked for.
const ENOUGH: usize = 32;

/// What was found in a piece.
#[derive(Debug)]
pub(crate) struct Found {
    /// Length of the short match at a position; below 3 there is none.
    pub(crate) lengths: [u8; PIECE],
    /// Its distance, which means nothing where there is none.
    pub(crate) distances: [u16; PIECE + LONG],
    /// Long matches in order. They do not overlap; the last may end behind the piece.
    pub(crate) long: Vec<Long>,
}

/// A long match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Long {
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) distance: usize,
}

impl Found {
    pub(crate) fn new() -> Self {
        Found { lengths: [0; PIECE], distances: [0; PIECE + LONG], long: Vec::with_capacity(PIECE / LONG) }
    }

    /// Notes a long match. A short one may end inside it, so its first positions have its distance as well.
    #[inline(always)]
    fn push(&mut self, long: Long) {
        self.distances[long.at..long.at + LONG].fill(low16(long.distance));
        self.long.push(long);
    }
}

/// Finds the matches of a piece from its position `from` on. They may run beyond its end, not beyond that of the text.
#[inline(never)]
pub(crate) fn find<T: Tables>(tables: &mut T, piece: Piece, from: usize, found: &mut Found) {
    found.long.clear();
    for at in 0..from {
        tables.enter(piece.text, piece.position(at));
    }
    // Where all eight bytes of a word are text.
    let whole = piece.length.min(piece.left(0).saturating_sub(LONG - 1));
    let mut at = from;
    while at < whole {
        let lengths = &mut found.lengths[at..whole];
        let distances = &mut found.distances[at..whole];
        let (passed, distance) = pass(tables, piece.text, piece.position(at), lengths, distances);
        at += passed;
        if let Some(distance) = distance {
            let long = deepen(tables, piece, at, distance);
            let (long, entered) = defer(tables, piece, whole, long, found);
            found.push(long);
            at = (long.at + long.length).min(piece.length);
            for inside in (entered..at).step_by(T::STRIDE) {
                tables.enter(piece.text, piece.position(inside));
            }
        }
    }
    for at in at..piece.length {
        let candidate = tables.look(piece.text, piece.position(at));
        found.lengths[at] = low8((candidate.length as usize).min(piece.left(at)));
        found.distances[at] = low16(candidate.distance as usize);
    }
}

/// Notes short matches from a position on, up to a long one. Returns how many, and the distance of the long one.
#[inline(never)]
fn pass<T: Tables>(
    tables: &mut T,
    text: &Text,
    from: u16,
    lengths: &mut [u8],
    distances: &mut [u16],
) -> (usize, Option<usize>) {
    let mut at = from;
    for (length, distance) in lengths.iter_mut().zip(distances) {
        let candidate = tables.look(text, at);
        *length = low8(candidate.length as usize);
        *distance = low16(candidate.distance as usize);
        if candidate.length as usize >= LONG {
            return (at.wrapping_sub(from).into(), Some(candidate.distance as usize));
        }
        at = at.wrapping_add(1);
    }
    (lengths.len(), None)
}

/// The long match at `at`, or a longer one from there.
#[inline(always)]
fn deepen<T: Tables>(tables: &T, piece: Piece, at: usize, distance: usize) -> Long {
    let here = piece.position(at);
    let mut best = Long { at, length: measure(piece, at, distance), distance };
    let (mut there, mut last) = (here.wrapping_sub(low16(distance)), distance);
    for _ in 0..T::DEPTH {
        there = tables.before(there);
        let distance = usize::from(here).wrapping_sub(there.into());
        if best.length >= ENOUGH || distance > T::WINDOW || distance <= last {
            break;
        }
        last = distance;
        // A longer one has these eight bytes, the last of which the best so far has not, and the first eight.
        let ahead = low16(best.length - (LONG - 1));
        let text = piece.text;
        let longer = text.word(here.wrapping_add(ahead)) == text.word(there.wrapping_add(ahead));
        if longer && text.word(here) == text.word(there) {
            let length = measure(piece, at, distance);
            if length > best.length {
                best = Long { at, length, distance };
            }
        }
    }
    best
}

/// The long match, or longer ones that begin a byte later. Returns also where nothing is entered yet.
#[inline(always)]
fn defer<T: Tables>(tables: &mut T, piece: Piece, whole: usize, first: Long, found: &mut Found) -> (Long, usize) {
    let mut long = first;
    let mut entered = long.at + 1;
    while long.length < T::LAZY && entered < whole {
        let at = entered;
        let next = tables.look(piece.text, piece.position(at));
        entered += 1;
        if (next.length as usize) < LONG || next.distance as usize == long.distance {
            break;
        }
        let length = measure(piece, at, next.distance as usize);
        if length <= long.length {
            break;
        }
        // What gives way is still there as a short match.
        found.lengths[long.at] = low8(LONG) - 1;
        found.distances[long.at] = low16(long.distance);
        long = Long { at, length, distance: next.distance as usize };
    }
    (long, entered)
}

/// The length of the match at `at`, whose first eight bytes are known to be equal.
#[inline(always)]
fn measure(piece: Piece, at: usize, distance: usize) -> usize {
    let most = piece.left(at).min(MAX_MATCH);
    let mut length = LONG;
    while length < most {
        let here = piece.position(at + length);
        let equal = common(piece.text.word(here), piece.text.word(here.wrapping_sub(low16(distance))));
        length += equal as usize;
        if equal < 8 {
            break;
        }
    }
    length.min(most)
}
