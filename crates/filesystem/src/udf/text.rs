//! Text in the character set that UDF calls CS0.
//!
//! Specification: UDF 2.60, sections 2.1.1, 2.1.3 and 4.2.2.1.

use crate::field::be_units;

/// Text whose first byte says whether bytes or units of 16 bits follow; none if it says neither.
pub(super) fn compressed(bytes: &[u8]) -> Option<String> {
    match bytes.split_first()? {
        (8 | 254, rest) => Some(rest.iter().map(|&byte| char::from(byte)).collect()),
        (16 | 255, rest) => Some(String::from_utf16_lossy(&be_units(rest).collect::<Vec<_>>())),
        _ => None,
    }
}

/// Text in a field of fixed length, of which the last byte says how much is used; none if it is empty.
pub(super) fn field(field: &[u8]) -> Option<String> {
    let (&len, rest) = field.split_last()?;
    let text = compressed(rest.get(..usize::from(len))?)?;
    let text = text.split('\0').next().unwrap_or_default().trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The name of a file. What cannot be in a name here becomes `_`.
pub(super) fn name(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(compressed(bytes)?.replace(['/', '\0'], "_").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_units() {
        assert_eq!(compressed(b"\x08a\xFF").unwrap(), "a\u{FF}");
        assert_eq!(compressed(b"\x10\x04\x3D\xD8\x3D\xDE\x00").unwrap(), "\u{43D}\u{1F600}");
        assert_eq!((compressed(b"\x07a"), compressed(b"")), (None, None));
        assert_eq!(name(b"\x08a/b\0").unwrap(), b"a_b_");
    }

    #[test]
    fn fields_are_as_long_as_they_say() {
        assert_eq!(field(b"\x08ab  \0\0\x05").unwrap(), "ab");
        assert_eq!(field(b"\x08abc\0\0\x03").unwrap(), "ab");
        assert_eq!(field(b"\x08abc\0\0\0"), None);
        assert_eq!(field(b"\x08abc\x20"), None);
    }
}
