//! Names of keys and values, and the text in values.

/// A name: one byte a character, or UTF-16.
pub(crate) fn decode(bytes: &[u8], narrow: bool) -> String {
    if narrow { bytes.iter().copied().map(char::from).collect() } else { utf16(bytes) }
}

/// UTF-16 text; halves of pairs are replaced.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Whether two names are the same to Windows, which compares capitals one by one.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.chars().map(capital).eq(b.chars().map(capital))
}

/// The capital letter, where that is one letter.
fn capital(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_tell_names_apart() {
        assert!(same("ControlSet001", "CONTROLSET001"));
        assert!(same("größe", "GRÖßE") && !same("größe", "GRÖSSE"));
        assert!(!same("a", "ab"));
    }

    #[test]
    fn two_encodings() {
        assert_eq!(decode(&[0x41, 0xe9], true), "Aé");
        assert_eq!(decode(&[0x41, 0, 0x2d, 0x4e, 7], false), "A中");
        assert_eq!(decode(&[0, 0xd8], false), "\u{fffd}");
    }
}
