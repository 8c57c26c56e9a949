//! XPRESS with Huffman codes.
//!
//! Specification: [MS-XCA] 2.2. The lengths of 512 codes, half a byte each; then symbols, of which the first 256 are bytes
//! and each of the others says how far back, in a power of two, and how long a repetition is.

use super::bits::{Bits, Code, repeat};

const SYMBOLS: usize = 512;
const LITERALS: usize = 256;
/// A length that goes on in bytes.
const LONG: usize = 15;
/// Shortest repetition.
const SHORTEST: usize = 3;

/// Fills `to`, which holds one chunk; none if `from` is damaged.
pub(super) fn unpack(from: &[u8], to: &mut [u8]) -> Option<()> {
    let (lengths, rest) = from.split_at_checked(SYMBOLS / 2)?;
    let lengths: Vec<u8> = lengths.iter().flat_map(|&pair| [pair & 15, pair >> 4]).collect();
    let code = Code::new(&lengths)?;
    let mut bits = Bits::new(rest);
    bits.fill_ahead();
    let mut at = 0;
    while at < to.len() {
        let symbol = code.next(&mut bits)?;
        bits.fill_ahead();
        let Some(symbol) = symbol.checked_sub(LITERALS) else {
            to[at] = u8::try_from(symbol).ok()?;
            at += 1;
            continue;
        };
        let len = match symbol % 16 {
            LONG => long(&mut bits)?,
            len => len,
        };
        let shift = u32::try_from(symbol / 16).ok()?;
        let back = (1 << shift) + bits.take(shift);
        bits.fill_ahead();
        at = repeat(to, at, back, len.checked_add(SHORTEST)?)?;
    }
    bits.end()
}

/// A length in a byte, or in two, or in four more.
fn long(bits: &mut Bits<'_>) -> Option<usize> {
    let byte = usize::from(bits.byte()?);
    if byte < 255 {
        return Some(byte + LONG);
    }
    let word = usize::from(u16::from_le_bytes([bits.byte()?, bits.byte()?]));
    let len = match word {
        0 => usize::try_from(u32::from_le_bytes([bits.byte()?, bits.byte()?, bits.byte()?, bits.byte()?])).ok()?,
        word => word,
    };
    Some(len).filter(|&len| len >= LONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification: an alphabet, and three letters a hundred times.
    #[test]
    fn the_examples_of_the_specification() {
        let mut packed = vec![0; 256];
        packed[48] = 0x50;
        packed[49..59].fill(0x55);
        packed[59..62].copy_from_slice(&[0x45, 0x44, 0x04]);
        packed[128] = 0x04;
        packed.extend([
            0xD8, 0x52, 0x3E, 0xD7, 0x94, 0x11, 0x5B, 0xE9, 0x19, 0x5F, 0xF9, 0xD6, 0x7C, 0xDF, 0x8D, 0x04, 0, 0, 0, 0,
        ]);
        let mut to = [0; 26];
        unpack(&packed, &mut to).unwrap();
        assert_eq!(&to, b"abcdefghijklmnopqrstuvwxyz");

        let mut packed = vec![0; 256];
        (packed[48], packed[49], packed[128], packed[143]) = (0x30, 0x23, 0x02, 0x20);
        packed.extend([0xA8, 0xDC, 0, 0, 0xFF, 0x26, 0x01]);
        let mut to = [0; 300];
        unpack(&packed, &mut to).unwrap();
        assert!(to == *b"abc".repeat(100));
        for len in 0..259 {
            assert_eq!(unpack(&packed[..len], &mut to), None, "{len}");
        }
        packed[48] = 0x11;
        assert_eq!(unpack(&packed, &mut to), None);
    }
}
