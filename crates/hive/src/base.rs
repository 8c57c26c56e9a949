//! The base block: 4096 bytes at the start of a hive, 512 of which stand at the start of its logs too.

use crate::bytes::{le32, le64};
use storage::{Error, Result};

/// Length of the base block; hive bins begin after it, and offsets of cells count from there.
pub(crate) const BASE_BLOCK: usize = 4096;

/// The part of it that the checksum covers, and that logs hold.
pub(crate) const HEAD: usize = 512;

/// What a base block says.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// Raised before a hive is written, and after it.
    pub(crate) sequences: (u32, u32),
    /// Time of the last write, in units of 100 ns since 1601.
    pub(crate) written: u64,
    /// 0 for a hive, 1 or 2 for a log of the old format, 6 for one of the new format.
    pub(crate) file_type: u32,
    /// The cell of the root key.
    pub(crate) root: u32,
    /// Length of all hive bins.
    pub(crate) bins: u32,
    /// Units of 512 bytes in which old logs are written.
    pub(crate) clustering: u32,
    /// The checksum is right.
    pub(crate) sound: bool,
}

impl Base {
    /// The base block at the start of a hive or a log.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let head = bytes.get(..HEAD).ok_or_else(|| Error::corrupt(0, "the base block of the hive is cut off"))?;
        if !head.starts_with(b"regf") {
            return Err(Error::corrupt(0, "the base block of the hive does not begin with \"regf\""));
        }
        let field = |offset| le32(head, offset).unwrap_or(0);
        let version = (field(20), field(24));
        if version.0 != 1 || version.1 < 3 {
            return Err(Error::unsupported(format!("a hive of version {}.{}", version.0, version.1)));
        }
        Ok(Base {
            sequences: (field(4), field(8)),
            written: le64(head, 12).unwrap_or(0),
            file_type: field(28),
            root: field(36),
            bins: field(40),
            clustering: field(44),
            sound: checksum(head) == field(508),
        })
    }

    /// Nothing was left half written.
    pub(crate) fn is_clean(&self) -> bool {
        self.sound && self.sequences.0 == self.sequences.1
    }
}

/// XOR of the 127 words before it; two values are kept for other uses.
fn checksum(head: &[u8]) -> u32 {
    let words = head.chunks_exact(4).take(127);
    match words.fold(0, |sum, word| sum ^ le32(word, 0).unwrap_or(0)) {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_that_are_kept() {
        assert_eq!(checksum(&[0; 512]), 1);
        let mut ones = [0; 512];
        ones[..4].fill(0xff);
        assert_eq!(checksum(&ones), u32::MAX - 1);
    }

    #[test]
    fn what_is_no_hive() {
        assert_eq!(Base::read(b"regf").unwrap_err().kind(), storage::ErrorKind::Corrupt);
        assert_eq!(Base::read(&[0; 512]).unwrap_err().kind(), storage::ErrorKind::Corrupt);
        let mut old = [0; 512];
        old[..4].copy_from_slice(b"regf");
        old[20] = 1;
        old[24] = 1;
        assert_eq!(Base::read(&old).unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }
}
