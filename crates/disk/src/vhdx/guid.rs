//! Names in 128 bits: of regions, of metadata items, of a log.

use crate::fields::{bytes, le16, le32};
use std::fmt;

/// As on disk: the first three fields little-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Guid([u8; 16]);

impl Guid {
    /// From the fields as they are written in text.
    pub(super) const fn new(first: u32, second: u16, third: u16, rest: [u8; 8]) -> Self {
        let (a, b, c, d) = (first.to_le_bytes(), second.to_le_bytes(), third.to_le_bytes(), rest);
        Guid([a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]])
    }

    pub(super) fn at(block: &[u8], at: usize) -> Self {
        Guid(bytes(block, at))
    }

    pub(super) fn is_zero(self) -> bool {
        self == Guid::default()
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let block = &self.0;
        write!(f, "{:08x}-{:04x}-{:04x}-", le32(block, 0), le16(block, 4), le16(block, 6))?;
        write!(f, "{:02x}{:02x}-", block[8], block[9])?;
        block[10..].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_microsoft_writes_it() {
        let bat = Guid::new(0x2dc2_7766, 0xf623, 0x4200, [0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08]);
        assert_eq!(bat.to_string(), "2dc27766-f623-4200-9d64-115e9bfd4a08");
        assert_eq!(Guid::at(b"\x66\x77\xc2\x2d\x23\xf6\0\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08", 0), bat);
        assert!(!bat.is_zero() && Guid::at(&[0; 16], 0).is_zero());
    }
}
