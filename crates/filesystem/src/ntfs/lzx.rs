//! LZX as images of Windows and compressed system files have it: chunks of 32 KiB, each by itself.
//!
//! Specification: [MS-PATCH] for blocks and codes; what differs in chunks of 32 KiB is that a block's size is one bit, or
//! 16 more if it is not the whole chunk, and that calls of x86 programs are always translated. Lengths of codes go on from
//! block to block.

use super::bits::{Bits, Code, repeat};

/// Bytes in a chunk.
pub(super) const CHUNK: usize = 32768;
const LITERALS: usize = 256;
/// Places that a chunk's repetitions may be from: ranges that double, every other one.
const SLOTS: usize = 30;
/// Lengths that the symbol itself has, beside the one that says that the length goes on.
const SHORT_LENGTHS: usize = 8;
const LENGTHS: usize = 249;
const SHORTEST: usize = 2;
/// Lengths of codes are differences modulo this.
const LENGTH_MODULUS: u8 = 17;
/// The size of a file that calls are translated for, whatever the real one.
const TRANSLATED: i32 = 12_000_000;

/// What goes on from block to block.
struct State {
    main: [u8; LITERALS + SHORT_LENGTHS * SLOTS],
    lengths: [u8; LENGTHS],
    recent: [usize; 3],
}

/// The codes of one block.
struct Codes {
    main: Code,
    length: Code,
    /// For the lowest three bits of places.
    aligned: Option<Code>,
}

/// Fills `to`, which holds one chunk; none if `from` is damaged.
pub(super) fn unpack(from: &[u8], to: &mut [u8]) -> Option<()> {
    let mut state = State { main: [0; LITERALS + SHORT_LENGTHS * SLOTS], lengths: [0; LENGTHS], recent: [1; 3] };
    let mut bits = Bits::new(from);
    let mut at = 0;
    while at < to.len() {
        let kind = bits.take(3);
        let size = if bits.take(1) == 1 { CHUNK } else { bits.take(16) };
        let end = at.checked_add(size).filter(|&end| size > 0 && end <= to.len())?;
        at = match kind {
            1 | 2 => {
                let codes = state.codes(&mut bits, kind == 2)?;
                state.block(&codes, &mut bits, &mut to[..end], at)?
            }
            3 => state.copy(&mut bits, &mut to[at..end]).map(|()| end)?,
            _ => return None,
        };
    }
    translate(to);
    bits.end()
}

impl State {
    /// The codes at the start of a block.
    fn codes(&mut self, bits: &mut Bits<'_>, is_aligned: bool) -> Option<Codes> {
        let aligned = match is_aligned {
            true => {
                let lengths: Vec<u8> = (0..8).map(|_| low(bits.take(3))).collect();
                Some(Code::new(&lengths)?)
            }
            false => None,
        };
        let (literals, repetitions) = self.main.split_at_mut(LITERALS);
        lengths(bits, literals)?;
        lengths(bits, repetitions)?;
        lengths(bits, &mut self.lengths)?;
        Some(Codes { main: Code::new(&self.main)?, length: Code::new(&self.lengths)?, aligned })
    }

    /// A compressed block, from `at` to the end of `to`; gives where it ends.
    fn block(&mut self, codes: &Codes, bits: &mut Bits<'_>, to: &mut [u8], mut at: usize) -> Option<usize> {
        while at < to.len() {
            let symbol = codes.main.next(bits)?;
            let Some(symbol) = symbol.checked_sub(LITERALS) else {
                to[at] = u8::try_from(symbol).ok()?;
                at += 1;
                continue;
            };
            let len = match symbol % SHORT_LENGTHS {
                long @ 7 => long + codes.length.next(bits)?,
                len => len,
            };
            let back = self.back(symbol / SHORT_LENGTHS, codes, bits)?;
            at = repeat(to, at, back, len + SHORTEST)?;
        }
        Some(at)
    }

    /// How far back a repetition is from; the last three places are remembered.
    fn back(&mut self, slot: usize, codes: &Codes, bits: &mut Bits<'_>) -> Option<usize> {
        if let Some(&back) = self.recent.get(slot) {
            self.recent.swap(0, slot);
            return Some(back);
        }
        let extra = u32::try_from((slot / 2).saturating_sub(1)).ok()?;
        let base = if slot < 4 { slot } else { (2 + slot % 2) << extra };
        let rest = match &codes.aligned {
            Some(aligned) if extra >= 3 => (bits.take(extra - 3) << 3) + aligned.next(bits)?,
            _ => bits.take(extra),
        };
        let back = base + rest - 2;
        self.recent = [back, self.recent[0], self.recent[1]];
        Some(back)
    }

    /// A block as it is.
    fn copy(&mut self, bits: &mut Bits<'_>, to: &mut [u8]) -> Option<()> {
        bits.align();
        for recent in &mut self.recent {
            *recent = usize::try_from(bits.number()?).ok()?;
        }
        to.copy_from_slice(bits.bytes(to.len())?);
        if to.len() % 2 == 1 {
            // The next block begins with a whole word.
            bits.byte();
        }
        Some(())
    }
}

/// Lengths of codes, as differences from those of the block before, in a code of their own.
fn lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Option<()> {
    let own: Vec<u8> = (0..20).map(|_| low(bits.take(4))).collect();
    let code = Code::new(&own)?;
    let mut at = 0;
    while at < lengths.len() {
        let (run, fixed) = match code.next(bits)? {
            17 => (4 + bits.take(4), Some(0)),
            18 => (20 + bits.take(5), Some(0)),
            19 => {
                let run = 4 + bits.take(1);
                (run, Some(less(lengths[at], code.next(bits)?)?))
            }
            difference => (1, Some(less(lengths[at], difference)?)),
        };
        let end = (at + run).min(lengths.len());
        lengths[at..end].fill(fixed?);
        at = end;
    }
    Some(())
}

fn less(length: u8, difference: usize) -> Option<u8> {
    let difference = u8::try_from(difference).ok().filter(|&difference| difference < LENGTH_MODULUS)?;
    Some((length + LENGTH_MODULUS - difference) % LENGTH_MODULUS)
}

/// A few bits as a byte.
fn low(bits: usize) -> u8 {
    u8::try_from(bits).unwrap_or(0)
}

/// Calls had their targets made absolute, so that equal targets look equal: back to how far away they are.
fn translate(to: &mut [u8]) {
    let mut at = 0;
    while at + 10 < to.len() {
        if to[at] != 0xE8 {
            at += 1;
            continue;
        }
        let Some(target) = to[at + 1..].first_chunk_mut::<4>() else { return };
        // A chunk is shorter than 32 KiB.
        let (place, absolute) = (i32::try_from(at).unwrap_or(0), i32::from_le_bytes(*target));
        if (-place..TRANSLATED).contains(&absolute) {
            let relative = if absolute >= 0 { absolute - place } else { absolute + TRANSLATED };
            *target = relative.to_le_bytes();
        }
        at += 5;
    }
}
