//! Streams of bits as XPRESS and LZX have them: words of 16 bits, the topmost bit first; and the codes in them.

use crate::field::{le16, le32};

/// Longest code of either.
const MAX_CODE: usize = 16;

/// Bits, and whole bytes between them. Bits behind the end are zeros, until [`end`](Self::end) finds it out; bytes are none.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte that is not in `word`.
    at: usize,
    /// The next bits, from the top.
    word: u64,
    left: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0, word: 0, left: 0 }
    }

    /// Has at least `count` bits at hand, up to 16.
    fn fill(&mut self, count: u32) {
        while self.left < count {
            let next = self.bytes.get(self.at..self.at + 2).map_or(0, |pair| le16(pair, 0));
            self.at += 2;
            self.word |= u64::from(next) << (48 - self.left);
            self.left += 16;
        }
    }

    /// The next bits, which stay.
    fn peek(&mut self, count: u32) -> u16 {
        self.fill(count);
        // At most 16 bits are left of the shift.
        u16::try_from(self.word >> 48).unwrap_or(u16::MAX) >> (16 - count)
    }

    fn skip(&mut self, count: u32) {
        self.word <<= count;
        self.left -= count;
    }

    /// The next bits, up to 16.
    pub(super) fn take(&mut self, count: u32) -> usize {
        if count == 0 {
            return 0;
        }
        let bits = self.peek(count);
        self.skip(count);
        bits.into()
    }

    /// As XPRESS has it: refills as soon as fewer than 16 bits are at hand, so that bytes lie behind those.
    pub(super) fn fill_ahead(&mut self) {
        self.fill(16);
    }

    /// The next byte behind the words that were taken.
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.at += 1;
        self.bytes.get(self.at - 1).copied()
    }

    /// Goes to the next whole word; to the one after where it is at the start of one.
    pub(super) fn align(&mut self) {
        self.fill(1);
        let rest = if self.left.is_multiple_of(16) { 16 } else { self.left % 16 };
        self.skip(rest);
        self.at -= 2 * (self.left as usize / 16);
        (self.word, self.left) = (0, 0);
    }

    /// The next four bytes, of a stream that is aligned.
    pub(super) fn number(&mut self) -> Option<u32> {
        let bytes = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        Some(le32(bytes, 0))
    }

    /// None if more was taken than there was.
    pub(super) fn end(&self) -> Option<()> {
        (8 * self.at <= 8 * self.bytes.len() + self.left as usize).then_some(())
    }

    /// The next bytes, of a stream that is aligned.
    pub(super) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(bytes)
    }
}

/// A canonical prefix code: symbols by their codes.
pub(super) struct Code {
    /// How many codes have each length, and the symbols in the order of their codes.
    counts: [u16; MAX_CODE + 1],
    symbols: Vec<u16>,
    /// Symbol and length for the next bits of short codes; a length of zero for the others.
    table: Vec<(u16, u8)>,
}

/// Bits that find a symbol at once.
const SHORT: u32 = 10;

impl Code {
    /// From the length of each symbol's code, zero where it has none; none if there are too many codes.
    pub(super) fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0u16; MAX_CODE + 1];
        for &len in lengths.iter().filter(|&&len| len > 0) {
            *counts.get_mut(usize::from(len))? += 1;
        }
        let mut code = Code { counts, symbols: Vec::new(), table: vec![(0, 0); 1 << SHORT] };
        let mut next = 0usize;
        for len in 1..=MAX_CODE {
            next <<= 1;
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, given)| usize::from(**given) == len) {
                let symbol = u16::try_from(symbol).ok()?;
                code.symbols.push(symbol);
                if next >= 1 << len {
                    return None;
                }
                if len <= SHORT as usize {
                    let shift = SHORT as usize - len;
                    code.table[next << shift..(next + 1) << shift].fill((symbol, u8::try_from(len).ok()?));
                }
                next += 1;
            }
        }
        Some(code)
    }

    /// The next symbol; none if its code is none.
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let ahead = usize::from(bits.peek(16));
        let (symbol, len) = self.table[ahead >> (16 - SHORT)];
        if len > 0 {
            bits.skip(len.into());
            return Some(symbol.into());
        }
        let (mut first, mut index) = (0usize, 0usize);
        for len in 1..=MAX_CODE {
            let count = usize::from(self.counts[len]);
            let value = ahead >> (MAX_CODE - len);
            if value < first + count {
                bits.skip(u32::try_from(len).ok()?);
                return self.symbols.get(index + value.checked_sub(first)?).map(|&symbol| symbol.into());
            }
            (first, index) = ((first + count) << 1, index + count);
        }
        None
    }
}

/// Repeats what was written `back` bytes before, as far as there is room; none if there is no such place.
pub(super) fn repeat(to: &mut [u8], at: usize, back: usize, len: usize) -> Option<usize> {
    let from = at.checked_sub(back).filter(|_| back > 0)?;
    let end = at.checked_add(len).filter(|&end| end <= to.len())?;
    if back >= len {
        to.copy_within(from..from + len, at);
    } else {
        (at..end).for_each(|at| to[at] = to[at - back]);
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_from_the_top_of_words() {
        let mut bits = Bits::new(&[0x34, 0x12, 0x78, 0x56, 1, 0, 0, 0, 9]);
        assert_eq!((bits.take(4), bits.take(8), bits.take(0), bits.take(8)), (1, 0x23, 0, 0x45));
        bits.align();
        assert_eq!((bits.number(), bits.bytes(1), bits.number()), (Some(1), Some(&[9][..]), None));
        // At the start of a word the whole of it is skipped.
        let mut bits = Bits::new(&[1, 0, 2, 0, 3, 0, 0, 0]);
        assert_eq!(bits.take(16), 1);
        bits.align();
        assert_eq!(bits.number(), Some(3));
        assert_eq!(bits.end(), Some(()));
        bits.take(1);
        assert_eq!(bits.end(), None);
    }

    #[test]
    fn codes_are_canonical() {
        let mut lengths = vec![0; 40];
        (lengths[3], lengths[7], lengths[5], lengths[39]) = (1, 2, 12, 12);
        let code = Code::new(&lengths).unwrap();
        // 0, 10, 1100_0000_0000, 1100_0000_0001
        let mut bits = Bits::new(&[0x00, 0x58, 0x01, 0x18, 0xFF, 0xFF]);
        assert_eq!(code.next(&mut bits), Some(3));
        assert_eq!(code.next(&mut bits), Some(7));
        assert_eq!(code.next(&mut bits), Some(5));
        let mut bits = Bits::new(&[0x10, 0xC0]);
        assert_eq!((code.next(&mut bits), code.next(&mut bits)), (Some(39), Some(3)));
        assert_eq!(code.next(&mut Bits::new(&[0xFF, 0xFF])), None);
        assert!(Code::new(&[1, 1, 1]).is_none() && Code::new(&[17]).is_none());
        assert_eq!(Code::new(&[0; 9]).unwrap().next(&mut Bits::new(&[0, 0])), None);
    }

    #[test]
    fn repetitions_may_overlap() {
        let mut to = *b"ab........";
        assert_eq!(repeat(&mut to, 2, 2, 5), Some(7));
        assert_eq!(repeat(&mut to, 7, 7, 3), Some(10));
        assert_eq!(&to, b"abababaaba");
        assert_eq!((repeat(&mut to, 2, 3, 1), repeat(&mut to, 2, 0, 1), repeat(&mut to, 9, 1, 2)), (None, None, None));
    }
}
