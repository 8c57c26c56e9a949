//! The tag that begins every descriptor, with a checksum of its own and one of what follows.
//!
//! Specification: ECMA-167 3/7.2 and 4/7.2.

use crate::field::{le16, le32};
use storage::{Error, ReadAt, Result, read_vec};

/// Bytes in a tag.
pub(super) const LEN: usize = 16;

pub(super) const PRIMARY_VOLUME: u16 = 1;
pub(super) const ANCHOR: u16 = 2;
pub(super) const VOLUME_POINTER: u16 = 3;
pub(super) const PARTITION: u16 = 5;
pub(super) const LOGICAL_VOLUME: u16 = 6;
pub(super) const TERMINATOR: u16 = 8;
pub(super) const INTEGRITY: u16 = 9;
pub(super) const FILE_SET: u16 = 256;
pub(super) const FILE_IDENTIFIER: u16 = 257;
pub(super) const ALLOCATION_EXTENT: u16 = 258;
pub(super) const FILE_ENTRY: u16 = 261;
pub(super) const EXTENDED_FILE_ENTRY: u16 = 266;

/// The block of `len` bytes at byte `at`, which must be one of the `wanted` descriptors and say that it lies at
/// `location`.
pub(super) fn read(volume: &dyn ReadAt, at: u64, len: u64, location: u64, wanted: &[u16]) -> Result<Vec<u8>> {
    let bytes = read_vec(volume, at, len).map_err(|error| error.within("UDF"))?;
    match check(&bytes) {
        Some(kind) if !wanted.contains(&kind) => {
            Err(Error::corrupt(at, format!("UDF: a descriptor of kind {kind} where one of {wanted:?} must be")))
        }
        Some(_) if u64::from(le32(&bytes, 12)) == location => Ok(bytes),
        Some(_) => Err(Error::corrupt(at, format!("UDF: a descriptor says that it lies at {}", le32(&bytes, 12)))),
        None => Err(Error::corrupt(at, "UDF: there is no descriptor, or one with a wrong checksum")),
    }
}

/// The kind of a descriptor whose checksums are right.
pub(super) fn check(bytes: &[u8]) -> Option<u16> {
    let head = bytes.get(..LEN)?;
    let sum = head.iter().enumerate().filter(|(at, _)| *at != 4).fold(0u8, |sum, (_, byte)| sum.wrapping_add(*byte));
    let body = bytes.get(LEN..LEN + usize::from(le16(head, 10)))?;
    (le16(head, 0) != 0 && sum == head[4] && crc(body) == le16(head, 8)).then(|| le16(head, 0))
}

/// CRC of the polynomial 0x1021 from zero on, most significant bit first.
pub(super) fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        assert_eq!(crc(&[0x70, 0x6A, 0x77]), 0x3299);
    }
}
