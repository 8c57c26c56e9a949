//! Bits into bytes, least significant first (RFC 1951, section 3.1.1).

use crate::text::zeroed;

/// Bytes that fit: more than a segment takes, stored.
const ROOM: usize = 1 << 17;

/// Gathers the bits of a segment.
#[derive(Debug)]
pub(crate) struct Bits {
    bytes: Box<[u8; ROOM + 8]>,
    end: End,
}

/// A place between two bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct End {
    at: usize,
    /// Bits that do not make a byte yet.
    held: u64,
    count: u32,
}

impl End {
    /// Bits in the last byte, if it is not full.
    pub(crate) fn odd(self) -> u32 {
        self.count
    }

    /// Adds `count` bits, 56 at most, and moves whole bytes out.
    #[inline(always)]
    fn put(&mut self, bits: u64, count: u32, bytes: &mut [u8; ROOM + 8]) {
        let held = self.held | bits << (self.count & 7);
        let count = (self.count & 7).wrapping_add(count);
        let at = self.at % ROOM;
        bytes[at..at + 8].copy_from_slice(&held.to_le_bytes());
        *self = End { at: self.at.wrapping_add((count >> 3) as usize), held: held >> (count & 0x38), count: count & 7 };
    }
}

impl Bits {
    pub(crate) fn new() -> Self {
        Bits { bytes: zeroed(), end: End::default() }
    }

    /// Adds `count` bits, 56 at most.
    #[inline]
    pub(crate) fn put(&mut self, bits: u64, count: u32) {
        self.end.put(bits, count, &mut self.bytes);
    }

    /// Adds the bits of each item, 56 at most.
    #[inline(always)]
    pub(crate) fn put_all<T: Copy>(&mut self, items: &[T], bits_of: impl Fn(T) -> (u64, u32)) {
        // In registers, not behind a reference: that is what this is for.
        let mut end = self.end;
        for &item in items {
            let (bits, count) = bits_of(item);
            end.put(bits, count, &mut self.bytes);
        }
        self.end = end;
    }

    /// Fills up the last byte with zero bits.
    pub(crate) fn align(&mut self) {
        self.put(0, (8 - self.end.count) & 7);
    }

    /// Whole bytes, at a byte boundary.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes[self.end.at..self.end.at + bytes.len()].copy_from_slice(bytes);
        self.end.at += bytes.len();
    }

    /// Where the bits end, for now.
    pub(crate) fn mark(&self) -> End {
        self.end
    }

    /// Bits written since.
    pub(crate) fn since(&self, mark: End) -> usize {
        (self.end.at - mark.at) * 8 + self.end.count as usize - mark.count as usize
    }

    /// Forgets all bits since.
    pub(crate) fn rewind(&mut self, mark: End) {
        self.end = mark;
    }

    /// Moves the whole bytes out.
    pub(crate) fn drain(&mut self, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.bytes[..self.end.at]);
        self.end.at = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_go_in_from_the_lowest() {
        let mut bits = Bits::new();
        bits.put(0b1, 1);
        bits.put(0b10, 2);
        bits.put_all(&[0b11_0011u64], |item| (item, 6));
        let mut output = vec![9];
        bits.align();
        bits.bytes(&[7]);
        bits.drain(&mut output);
        assert_eq!(output, [9, 0b1001_1101, 0b1, 7]);
    }

    #[test]
    fn what_is_rewound_was_never_there() {
        let mut bits = Bits::new();
        bits.put(0b101, 3);
        let mark = bits.mark();
        bits.put(0xFFFF_FFFF, 32);
        assert_eq!((mark.odd(), bits.since(mark)), (3, 32));
        bits.rewind(mark);
        bits.put(0, 5);
        let mut output = Vec::new();
        bits.drain(&mut output);
        assert_eq!(output, [0b101]);
    }
}
