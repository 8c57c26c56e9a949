//! Test data that is the same on every machine.

use crate::Result;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const SEED: u64 = 0x626f_6f74_776f_7274;

/// Writes `size` bytes that nothing compresses and that hold no run of zeros (splitmix64 from a fixed seed).
pub(crate) fn incompressible(path: &Path, size: u64) -> Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state = SEED;
    for _ in 0..size / 8 {
        file.write_all(&next(&mut state).to_le_bytes())?;
    }
    Ok(file.flush()?)
}

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `4G`, `512M`, `1T` or plain bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        Some(b'T' | b't') => (&text[..text.len() - 1], 40),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no size"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("{text:?} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("4G"), Ok(4 << 30));
        assert_eq!(parse_size("512"), Ok(512));
        assert!(parse_size("G").is_err() && parse_size("99999999T").is_err());
    }

    #[test]
    fn data_is_the_same_everywhere() {
        let file = tempfile::NamedTempFile::new().unwrap();
        incompressible(file.path(), 4096).unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        assert_eq!(bytes.len(), 4096);
        assert_eq!(bytes[..8], next(&mut SEED.clone()).to_le_bytes());
    }
}
