//! LZO1X, as far as a decoder goes. Linux `Documentation/staging/lzo.rst`.
//!
//! btrfs does not use the variant with runs of zeros (`lzo-rle`), which is not read.

use storage::{Error, Result};

/// Decodes one stream into at most `limit` bytes, which are added to `out`. Matches do not reach back into what was there
/// before.
pub(super) fn decode(bytes: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    let mut input = Input { bytes, at: 0 };
    let mut output = Output { out, start, end: start.saturating_add(limit) };
    // How many literals came last decides what the short instructions mean: 4 stands for a long run.
    let mut literals = 0;
    if let Some(&first @ 18..) = bytes.first() {
        input.at = 1;
        let count = usize::from(first) - 17;
        output.literals(&mut input, count)?;
        literals = count.min(4);
    }
    loop {
        let instruction = usize::from(input.byte()?);
        if instruction < 16 && literals == 0 {
            let count = input.length(instruction, 15)? + 3;
            output.literals(&mut input, count)?;
            literals = 4;
            continue;
        }
        let (distance, len, tail) = match instruction {
            0..16 => {
                let far = usize::from(input.byte()?) << 2 | instruction >> 2;
                if literals == 4 { (far + 0x801, 3, instruction) } else { (far + 1, 2, instruction) }
            }
            16..32 => {
                let len = input.length(instruction & 7, 7)? + 2;
                let word = input.word()?;
                let distance = (instruction & 8) << 11 | word >> 2;
                if distance == 0 {
                    return Ok(());
                }
                (distance + 0x4000, len, word)
            }
            32..64 => {
                let len = input.length(instruction & 31, 31)? + 2;
                let word = input.word()?;
                ((word >> 2) + 1, len, word)
            }
            _ => {
                let far = usize::from(input.byte()?) << 3 | (instruction >> 2) & 7;
                (far + 1, (instruction >> 5) + 1, instruction)
            }
        };
        output.repeat(distance, len)?;
        literals = tail & 3;
        output.literals(&mut input, literals)?;
    }
}

fn damaged(what: &str) -> Error {
    Error::corrupt(0, format!("LZO: {what}"))
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Input<'_> {
    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| damaged("the data ends within an instruction"))?;
        self.at += 1;
        Ok(byte)
    }

    fn word(&mut self) -> Result<usize> {
        Ok(usize::from(self.byte()?) | usize::from(self.byte()?) << 8)
    }

    /// A length in an instruction; zero means that it is `base` more than what the following bytes say.
    fn length(&mut self, inline: usize, base: usize) -> Result<usize> {
        if inline != 0 {
            return Ok(inline);
        }
        let mut len = base;
        loop {
            match self.byte()? {
                0 => len += 255,
                last => return Ok(len + usize::from(last)),
            }
        }
    }
}

struct Output<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    end: usize,
}

impl Output<'_> {
    fn check(&self, len: usize) -> Result<()> {
        match self.end - self.out.len() >= len {
            true => Ok(()),
            false => Err(damaged("it is longer than it may be")),
        }
    }

    fn literals(&mut self, input: &mut Input<'_>, count: usize) -> Result<()> {
        self.check(count)?;
        let end = input.at.saturating_add(count);
        let bytes = input.bytes.get(input.at..end).ok_or_else(|| damaged("the data ends within literals"))?;
        self.out.extend_from_slice(bytes);
        input.at = end;
        Ok(())
    }

    fn repeat(&mut self, distance: usize, len: usize) -> Result<()> {
        self.check(len)?;
        let from = self.out.len().checked_sub(distance).filter(|&from| from >= self.start);
        let from = from.ok_or_else(|| damaged("a match begins before the data"))?;
        // It may overlap what it makes.
        for at in from..from + len {
            let byte = self.out[at];
            self.out.push(byte);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], limit: usize) -> Result<Vec<u8>> {
        let mut out = b"before".to_vec();
        decode(bytes, limit, &mut out).map(|()| out.split_off(6))
    }

    const END: [u8; 3] = [0x11, 0, 0];

    #[test]
    fn literals_and_matches() {
        // Three literals, a match of four bytes at distance 3 with one literal behind it, the end.
        let mut stream = vec![17 + 3, b'a', b'b', b'c', 0x60 | 2 << 2 | 1, 0, b'x'];
        stream.extend(END);
        assert_eq!(decoded(&stream, 8).unwrap(), b"abcabcax");
        assert!(decoded(&stream, 7).is_err());
        // A long run, and a long match by extended lengths.
        let mut stream = vec![0, 2];
        stream.extend([b'q'; 20]);
        stream.extend([0x20, 0, 1, 0, 0]);
        stream.extend(END);
        assert_eq!(decoded(&stream, 1 << 20).unwrap(), [b'q'; 20 + 31 + 255 + 1 + 2]);
        // Two bytes from one byte before, after one literal: the shortest instruction.
        let mut stream = vec![17 + 1, b'z', 0, 0];
        stream.extend(END);
        assert_eq!(decoded(&stream, 3).unwrap(), b"zzz");
    }

    #[test]
    fn nothing_reaches_outside() {
        for bad in [&b""[..], &[0], &[17 + 3, b'a'], &[17 + 1, b'z', 4, 0, 0x11, 0, 0], &[0x20, 0, 0, 0]] {
            assert!(decoded(bad, 100).is_err(), "{bad:?}");
        }
    }
}
