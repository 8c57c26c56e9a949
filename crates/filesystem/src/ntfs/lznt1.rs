//! LZNT1: how NTFS compresses.
//!
//! Specification: [MS-XCA] 2.5. Chunks of up to 4 KiB, each with a header of two bytes: length less one in the lower 12
//! bits, the topmost one says whether it is compressed. In a compressed chunk a byte of flags precedes eight tokens, each
//! a byte as it is or a word with how far back and how long; how many bits of it mean what depends on the place.

use crate::field::le16;

/// Bytes that a chunk unpacks to; the last one may have fewer.
const CHUNK: usize = 4096;
const COMPRESSED: u16 = 0x8000;

/// Fills `to`, with zeros where `from` ends before; none if `from` is damaged.
pub(super) fn unpack(mut from: &[u8], to: &mut [u8]) -> Option<()> {
    for chunk in to.chunks_mut(CHUNK) {
        let mut len = 0;
        if from.len() >= 2 && le16(from, 0) != 0 {
            let head = le16(from, 0);
            let end = 2 + usize::from(head & 0xFFF) + 1;
            let packed = from.get(2..end)?;
            from = &from[end..];
            len = match head & COMPRESSED {
                0 => copy(packed, chunk)?,
                _ => tokens(packed, chunk)?,
            };
        } else {
            from = &[];
        }
        chunk[len..].fill(0);
    }
    Some(())
}

fn copy(from: &[u8], to: &mut [u8]) -> Option<usize> {
    // What lies past the end of a file is cut off.
    let len = from.len().min(to.len());
    to[..len].copy_from_slice(&from[..len]);
    Some(len)
}

/// Unpacks one chunk; gives how many bytes it was.
fn tokens(mut from: &[u8], to: &mut [u8]) -> Option<usize> {
    let mut at = 0;
    while let [flags, rest @ ..] = from {
        from = rest;
        for bit in 0..8 {
            if from.is_empty() || at == to.len() {
                return Some(at);
            }
            if flags >> bit & 1 == 0 {
                to[at] = from[0];
                from = &from[1..];
                at += 1;
                continue;
            }
            let word = le16(from.get(..2)?, 0);
            from = &from[2..];
            // Back to the start of the chunk at most: no more bits than that takes, at least four.
            let bits = (usize::BITS - at.checked_sub(1)?.leading_zeros()).max(4);
            let back = usize::from(word >> (16 - bits)) + 1;
            let len = usize::from(word & (0xFFFF >> bits)) + 3;
            let end = (at + len).min(to.len());
            for at in at..end {
                to[at] = to[at.checked_sub(back)?];
            }
            at = end;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(from: &[u8], len: usize) -> Option<Vec<u8>> {
        let mut to = vec![0xEE; len];
        unpack(from, &mut to).map(|()| to)
    }

    #[test]
    fn the_example_of_the_specification() {
        let packed = [
            0x38, 0xB0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xA2, 0x47, 0x01, 0xA0, 0x45,
            0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xC0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xB4,
            0x02, 0x4A, 0x44, 0xEF, 0x03, 0x58, 0x02, 0x8C, 0x09, 0x16, 0x01, 0x48, 0x45, 0x00, 0xBE, 0x00, 0x9E, 0x00,
            0x04, 0x01, 0x18, 0x90, 0x00,
        ];
        let text = b"F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# \
                     G F# E D E A F# F# G A A G F# E D D E F# E D D\0";
        assert_eq!(unpacked(&packed, text.len()).unwrap(), text);
        let longer = unpacked(&packed, text.len() + 5000).unwrap();
        assert!(longer.starts_with(text) && storage::is_zero(&longer[text.len()..]));
    }

    #[test]
    fn chunks_as_they_are_and_runs_of_one_byte() {
        let mut packed = vec![0xFF, 0x3F];
        packed.extend((0..16).flat_map(|_| 0..=255u8));
        // A chunk of one byte and its repetition, over all of it.
        packed.extend([0x03, 0xB0, 0x02, b'x', 0xFC, 0x0F]);
        let found = unpacked(&packed, 8192).unwrap();
        assert!(found[..4096] == packed[2..4098]);
        assert!(found[4096..].iter().all(|&byte| byte == b'x'));
        assert_eq!(unpacked(&[], 10).unwrap(), [0; 10]);
    }

    #[test]
    fn damage_is_none() {
        for packed in [
            &[0x05, 0xB0, 0, 1][..],
            // Back before the start of the chunk.
            &[0x02, 0xB0, 1, 0, 0],
            &[0x03, 0xB0, 2, b'x', 0x00, 0x10],
            // Half a word.
            &[0x02, 0xB0, 2, b'x', 0],
        ] {
            assert_eq!(unpacked(packed, 4096), None, "{packed:x?}");
        }
    }
}
