//! Inflate (RFC 1951) that takes nothing but what every reader takes: complete codes, distances within the window and
//! within what is there, no bits too many.

use std::fmt::Debug;

const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The bytes of a raw deflate stream, which must fill `stream` and reach back no more than `window`.
pub(crate) fn inflate(stream: &[u8], window: usize) -> Result<Vec<u8>, String> {
    let mut bits = Bits { stream, at: 0 };
    let mut output = Vec::new();
    loop {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut output)?,
            1 => {
                let mut lengths = [8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                coded(&mut bits, &Code::new(&lengths)?, &Code::new(&[5; 32])?, window, &mut output)?;
            }
            2 => {
                let (literals, distances) = header(&mut bits)?;
                coded(&mut bits, &literals, &distances, window, &mut output)?;
            }
            other => return Err(format!("block type {other}")),
        }
        if last {
            break;
        }
    }
    let padding = bits.at.next_multiple_of(8) - bits.at;
    check(bits.take(padding)? == 0, || "bits after the end are set")?;
    check(bits.at == stream.len() * 8, || "bytes after the end")?;
    Ok(output)
}

struct Bits<'a> {
    stream: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Result<usize, String> {
        let mut value = 0;
        for bit in 0..count {
            let byte = self.stream.get(self.at / 8).ok_or("the stream ends early")?;
            value |= usize::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Ok(value)
    }
}

/// Symbols in the order of their codes, and how many codes there are of each length.
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lengths: &[usize]) -> Result<Self, String> {
        let mut counts = [0; 16];
        lengths.iter().filter(|length| **length > 0).for_each(|length| counts[*length] += 1);
        let taken: usize = (1..16).map(|length| counts[length] << (15 - length)).sum();
        check(taken == 1 << 15, || format!("a code fills {taken} of 32768"))?;
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|symbol| lengths[*symbol] > 0).collect();
        symbols.sort_by_key(|symbol| lengths[*symbol]);
        Ok(Code { counts, symbols })
    }

    fn read(&self, bits: &mut Bits) -> Result<usize, String> {
        let (mut code, mut first, mut passed) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.take(1)?;
            if code < first + count {
                return Ok(self.symbols[passed + code - first]);
            }
            passed += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err("no such code".into())
    }
}

fn stored(bits: &mut Bits, output: &mut Vec<u8>) -> Result<(), String> {
    bits.at = bits.at.next_multiple_of(8);
    let (length, inverse) = (bits.take(16)?, bits.take(16)?);
    check(length == inverse ^ 0xFFFF, || "a stored length and its inverse differ")?;
    for _ in 0..length {
        output.push(bits.take(8)? as u8);
    }
    Ok(())
}

fn header(bits: &mut Bits) -> Result<(Code, Code), String> {
    let (literals, distances, count) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    check(literals <= 286 && distances <= 30, || "too many codes")?;
    let mut lengths = [0; 19];
    for symbol in &ORDER[..count] {
        lengths[*symbol] = bits.take(3)?;
    }
    let code = Code::new(&lengths)?;
    let mut all = Vec::new();
    while all.len() < literals + distances {
        let (length, times) = match code.read(bits)? {
            16 => (*all.last().ok_or("nothing to repeat")?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length, 1),
        };
        all.extend(std::iter::repeat_n(length, times));
    }
    check(all.len() == literals + distances, || "a repetition beyond the end")?;
    Ok((Code::new(&all[..literals])?, Code::new(&all[literals..])?))
}

fn coded(
    bits: &mut Bits,
    literals: &Code,
    distances: &Code,
    window: usize,
    output: &mut Vec<u8>,
) -> Result<(), String> {
    loop {
        let length = match literals.read(bits)? {
            literal @ 0..256 => {
                output.push(literal as u8);
                continue;
            }
            256 => return Ok(()),
            285 => 258,
            symbol @ 257..265 => symbol - 254,
            symbol @ 265..285 => {
                let extra = (symbol - 261) / 4;
                3 + ((4 + (symbol - 261) % 4) << extra) + bits.take(extra)?
            }
            symbol => return Err(format!("symbol {symbol}")),
        };
        let distance = match distances.read(bits)? {
            symbol @ 0..4 => symbol + 1,
            symbol @ 4..30 => {
                let extra = symbol / 2 - 1;
                1 + ((2 + symbol % 2) << extra) + bits.take(extra)?
            }
            symbol => return Err(format!("distance symbol {symbol}")),
        };
        check(distance <= window, || format!("distance {distance} at {}", output.len()))?;
        let from = output.len().checked_sub(distance).ok_or("a distance before the start")?;
        for at in from..from + length {
            output.push(output[at]);
        }
    }
}

fn check<T: ToString + Debug>(holds: bool, otherwise: impl Fn() -> T) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise().to_string()) }
}

#[test]
fn the_reader_refuses_what_it_should() {
    // Fixed block: "a", then a match of 4 at distance 1, end.
    let good = [0x4B, 0x04, 0x01, 0x00];
    assert_eq!(inflate(&good, 1).unwrap(), b"aaaaa");
    assert!(inflate(&good, 0).unwrap_err().contains("distance 1"));
    assert!(inflate(&[&good[..], &[0]].concat(), 1).unwrap_err().contains("after the end"));
    assert!(inflate(&good[..3], 1).unwrap_err().contains("ends early"));
    assert!(inflate(&[0x07], 1).unwrap_err().contains("block type"));
    // Stored, with a wrong inverse.
    assert!(inflate(&[0x01, 1, 0, 0xFE, 0xFE, 7], 1).unwrap_err().contains("inverse"));
}
