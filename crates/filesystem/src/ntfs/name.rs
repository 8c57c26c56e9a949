//! Names: UTF-16, and which of them are the same but for case.

use super::mft::{Mft, UPCASE};
use super::record::DATA;
use crate::field::le_units;
use storage::{ReadAt, Result};

/// `$UpCase` has a word for each of UTF-16.
const WORDS: usize = 1 << 16;

/// A name in UTF-8. Half of a surrogate pair, which Windows allows, becomes three bytes as if it were a character.
pub(super) fn text(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len());
    for unit in char::decode_utf16(le_units(name)) {
        match unit {
            Ok(unit) => text.extend_from_slice(unit.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(half) => {
                let [high, low] = half.unpaired_surrogate().to_be_bytes();
                text.extend([0xE0 | high >> 4, 0x80 | (high & 0xF) << 2 | low >> 6, 0x80 | low & 0x3F]);
            }
        }
    }
    text
}

/// A name of an attribute as it is on the volume.
pub(super) fn units(name: &str) -> Vec<u8> {
    name.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The volume's own table of capitals.
#[derive(Debug)]
pub(super) struct UpCase(Vec<u16>);

impl UpCase {
    /// None if the table is damaged.
    pub(super) fn read(volume: &dyn ReadAt, mft: &Mft) -> Result<Option<Self>> {
        let record = mft.file(volume, UPCASE)?;
        let Some(stream) = mft.stream(volume, &record, DATA, b"")? else { return Ok(None) };
        if stream.size != 2 * WORDS as u64 {
            return Ok(None);
        }
        let table: Vec<u16> = le_units(&stream.read(volume, 0, stream.size)?).collect();
        let sound = (b'a'..=b'z').all(|letter| table[usize::from(letter)] == u16::from(letter.to_ascii_uppercase()));
        Ok(sound.then_some(UpCase(table)))
    }

    /// As in Unicode, where the volume's own is damaged.
    pub(super) fn of_unicode() -> Self {
        let capital = |word: u16| {
            let mut upper = char::from_u32(word.into())?.to_uppercase();
            let only = upper.next().filter(|_| upper.next().is_none())?;
            u16::try_from(u32::from(only)).ok()
        };
        UpCase((0..=u16::MAX).map(|word| capital(word).unwrap_or(word)).collect())
    }

    /// What names that differ only by case have in common.
    pub(super) fn fold(&self, name: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(name) {
            Ok(name) => name.encode_utf16().flat_map(|unit| self.0[usize::from(unit)].to_le_bytes()).collect(),
            Err(_) => name.to_ascii_uppercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_utf_8() {
        assert_eq!(text(&units("a\u{E9}\u{540D}\u{1F600}")), "a\u{E9}\u{540D}\u{1F600}".as_bytes());
        assert_eq!(text(&[b'a', 0, 0x3D, 0xD8, b'b', 0]), b"a\xED\xA0\xBDb");
        assert_eq!(text(b""), b"");
    }

    #[test]
    fn case_does_not_matter() {
        let upcase = UpCase::of_unicode();
        for (one, other) in [("System32", "SYSTEM32"), ("\u{E9}t\u{E9}", "\u{C9}T\u{C9}"), ("\u{1F600}", "\u{1F600}")] {
            assert_eq!(upcase.fold(one.as_bytes()), upcase.fold(other.as_bytes()));
        }
        // No letter becomes two, nor one of another length.
        assert_ne!(upcase.fold("stra\u{DF}e".as_bytes()), upcase.fold(b"STRASSE"));
        assert_ne!(upcase.fold(b"\xED\xA0\xBDb"), upcase.fold("\u{FFFD}\u{FFFD}\u{FFFD}b".as_bytes()));
        assert_eq!(upcase.fold(b"\xED\xA0\xBDb"), upcase.fold(b"\xED\xA0\xBDB"));
    }
}
