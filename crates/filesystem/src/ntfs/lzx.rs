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

#[cfg(test)]
mod tests {
    use super::*;

    /// Text with two calls, packed by wimlib.
    const PACKED: [u8; 174] = [
        0x22, 0x20, 0x00, 0xC2, 0x00, 0x00, 0x02, 0x00, 0x44, 0x34, 0x34, 0x00, 0x55, 0x09, 0x83, 0x06, 0x06, 0x65,
        0xA5, 0x8C, 0xB3, 0x9B, 0x66, 0xB7, 0xCD, 0x67, 0xA5, 0x51, 0x01, 0x01, 0xFF, 0x9F, 0x99, 0xFD, 0x40, 0xE3,
        0x00, 0x00, 0x00, 0x00, 0x30, 0x34, 0x01, 0x40, 0x1F, 0x40, 0x8F, 0x0E, 0x15, 0x47, 0x47, 0x19, 0x57, 0x07,
        0xA3, 0x57, 0xD1, 0x83, 0xFF, 0xCF, 0x31, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xD0, 0x00, 0x43, 0xCC,
        0xDC, 0xA7, 0xF7, 0x91, 0x7C, 0xDF, 0x73, 0xC8, 0xE7, 0xED, 0xF2, 0x3C, 0xEB, 0xF1, 0x04, 0x8F, 0x41, 0xA6,
        0x39, 0xD2, 0x9A, 0x1E, 0x3B, 0x56, 0xC8, 0x0A, 0x27, 0x5A, 0x45, 0x07, 0x48, 0x0E, 0x96, 0x42, 0x40, 0xB5,
        0xFB, 0x0C, 0x2D, 0x3D, 0x56, 0x9F, 0xB5, 0xA5, 0x36, 0x52, 0x05, 0x9B, 0xCF, 0x1A, 0x2F, 0xBA, 0x00, 0xC1,
        0x46, 0xAA, 0x29, 0x73, 0x13, 0x9B, 0x3C, 0x39, 0xD8, 0xD8, 0xC7, 0xD8, 0x20, 0x5A, 0x29, 0xD2, 0x92, 0x39,
        0x3E, 0x0A, 0xE5, 0x86, 0x19, 0x11, 0x2A, 0xE7, 0x4A, 0xB1, 0x83, 0xAD, 0x40, 0xD9, 0x37, 0x03, 0x6D, 0xF7,
        0x5F, 0x39, 0xDD, 0x75, 0xE5, 0xFA, 0xC6, 0x97, 0x2F, 0x9D, 0xDF, 0xBB,
    ];

    fn text() -> Vec<u8> {
        let mut text = Vec::new();
        (0..40).for_each(|number| text.extend(format!("{} bottles\r\n", number * number).bytes()));
        text.extend(b"\xE8\x10\x27\0\0callcallcall\xE8\x10\x27\0\0");
        text.extend([0; 20]);
        text
    }

    #[test]
    fn a_packed_block_with_calls() {
        let mut to = vec![0; text().len()];
        unpack(&PACKED, &mut to).unwrap();
        assert!(to == text());
        for len in 0..PACKED.len() - 1 {
            assert_eq!(unpack(&PACKED[..len], &mut to), None, "{len}");
        }
        let mut differs = |at: &usize| {
            let mut damaged = PACKED;
            damaged[*at] ^= 0x10;
            unpack(&damaged, &mut to).is_none() || to != text()
        };
        // Some lengths are of codes that nothing uses.
        assert!((0..PACKED.len()).filter(|at| differs(at)).count() > 160);
    }

    #[test]
    fn blocks_as_they_are() {
        let block = |text: &[u8; 5], recent: u8| {
            let recent = [recent, 0, 0, 0].repeat(3);
            [&[0x00, 0x60, 0x00, 0x50][..], &recent, text, &[0]].concat()
        };
        let mut to = [0; 10];
        unpack(&[block(b"hello", 1), block(b"world", 1)].concat(), &mut to).unwrap();
        assert_eq!(&to, b"helloworld");
        assert_eq!(unpack(&block(b"hello", 1), &mut to), None);
        assert_eq!(unpack(&[0x00, 0x60, 0, 0], &mut to), None);
        assert_eq!(unpack(&[0, 0, 0, 0x50], &mut to), None);
    }

    #[test]
    fn calls_become_relative_again() {
        let call = |target: i32| [&[0xE8][..], &target.to_le_bytes()].concat();
        for (written, expected) in [
            (0, -5),
            (100, 95),
            (TRANSLATED - 1, TRANSLATED - 6),
            (TRANSLATED, TRANSLATED),
            (-5, TRANSLATED - 5),
            (-6, -6),
            (i32::MIN, i32::MIN),
        ] {
            let mut bytes = [vec![0; 5], call(written), vec![0; 6]].concat();
            translate(&mut bytes);
            assert_eq!(bytes[5..10], call(expected), "{written}");
            // Too near to the end.
            let mut bytes = [vec![0; 5], call(written), vec![0; 5]].concat();
            translate(&mut bytes);
            assert_eq!(bytes[5..10], call(written), "{written}");
        }
    }
}
