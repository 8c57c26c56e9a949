//! Choosing among the matches: the cheapest way through a piece.
//!
//! Backwards from the end of a piece, each position takes what is cheaper: its byte as a literal and the best way from
//! the next position, or its match and the best way from behind it. With one match a position this needs no search,
//! and no branch that depends on the data.

use crate::matches::{Found, LONG, Long};
use crate::narrow::{low16, low32};
use crate::prices::Prices;
use crate::symbols::{Tally, Token};
use crate::text::{PIECE, POSITIONS, Piece, zeroed};

/// What a byte behind the end of the piece is taken to cost, in parts of a bit: a match that covers it saves that.
const LATER: u32 = 20;
/// A cost that is never chosen.
const NEVER: u32 = 1 << 30;

/// The way through a piece: for each position the length of the step.
#[derive(Debug)]
pub(crate) struct Way {
    steps: [u16; PIECE + LONG],
}

/// Costs from the next positions to the end, by position modulo eight: no further does a short match reach.
type Costs = [u32; LONG];

impl Way {
    pub(crate) fn new() -> Self {
        Way { steps: [0; PIECE + LONG] }
    }

    /// Chooses the cheapest way through a piece from its position `from` on.
    #[inline(never)]
    pub(crate) fn choose(&mut self, piece: Piece, from: usize, prices: &Prices, found: &Found) {
        let mut end = piece.length;
        let mut costs = [0; LONG];
        for (later, saved) in (0..LONG).zip(0u32..) {
            costs[(end + later) % LONG] = (low32(LONG) - saved) * LATER;
        }
        for long in found.long.iter().rev() {
            self.between((long.at + long.length).min(end), end, piece, prices, found, &mut costs);
            self.across(*long, piece.length, prices, &mut costs);
            end = long.at;
        }
        self.between(from.min(end), end, piece, prices, found, &mut costs);
    }

    /// Takes a long match.
    #[inline(always)]
    fn across(&mut self, long: Long, to: usize, prices: &Prices, costs: &mut Costs) {
        let Long { at, length, distance } = long;
        let behind = (at + length).min(to);
        let price = prices.long + u32::from(prices.distances[distance % POSITIONS]);
        let cost = costs[behind % LONG].wrapping_add(price);
        // About the same for who enters a little later, but with less than three bytes left there is no match to enter.
        *costs = [cost; LONG];
        costs[(at + 6) % LONG] = if length == 8 { NEVER } else { cost };
        costs[(at + 7) % LONG] = if length <= 9 { NEVER } else { cost };
        for (step, inside) in self.steps[at..at + LONG].iter_mut().zip(0..) {
            *step = low16(length).wrapping_sub(inside);
        }
    }

    /// Chooses between literals and short matches.
    #[inline(always)]
    fn between(&mut self, from: usize, to: usize, piece: Piece, prices: &Prices, found: &Found, costs: &mut Costs) {
        let mut best = costs[to % LONG];
        let steps = &mut self.steps[from..to];
        let lengths = &found.lengths[from..to];
        let distances = &found.distances[from..to];
        let bytes = &piece.bytes()[from..to];
        for index in (0..bytes.len()).rev() {
            let at = from.wrapping_add(index);
            let length = lengths[index];
            let literal = best.wrapping_add(prices.literals[usize::from(bytes[index])].into());
            let matched = costs[at.wrapping_add(length.into()) % LONG]
                .wrapping_add(prices.lengths[usize::from(length)].into())
                .wrapping_add(prices.distances[usize::from(distances[index])].into());
            best = literal.min(matched);
            costs[at % LONG] = best;
            steps[index] = if matched < literal { length.into() } else { 1 };
        }
    }

    /// Follows the way from `from` until the end of the piece is reached or passed; returns where that is.
    #[inline(never)]
    pub(crate) fn follow(
        &self,
        piece: Piece,
        from: usize,
        found: &Found,
        tokens: &mut Tokens,
        tally: &mut Tally,
    ) -> usize {
        let Tokens { array, count } = tokens;
        let mut number = *count;
        let mut at = from;
        while at < piece.length {
            let step = self.steps[at];
            let literal = Token::literal(piece.byte(at));
            let matched = Token::matched(step, found.distances[at]);
            let token = std::hint::select_unpredictable(step == 1, literal, matched);
            array[number % POSITIONS] = token;
            tally.add(token);
            number = number.wrapping_add(1);
            at = at.wrapping_add(step.into());
        }
        *count = number;
        at
    }
}

/// The steps of a segment. There are no more of them than bytes.
#[derive(Debug)]
pub(crate) struct Tokens {
    array: Box<[Token; POSITIONS]>,
    count: usize,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Tokens { array: zeroed(), count: 0 }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Token] {
        &self.array[..self.count]
    }
}
