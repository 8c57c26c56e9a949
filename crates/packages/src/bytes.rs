//! Numbers in bytes, with an error where they end.

use storage::{Error, Result};

/// `len` bytes at `at`.
pub(crate) fn slice(bytes: &[u8], at: usize, len: usize) -> Result<&[u8]> {
    let found = at.checked_add(len).and_then(|end| bytes.get(at..end));
    found.ok_or_else(|| Error::corrupt(at as u64, format!("{len} bytes are past the end of the package database")))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let mut out = [0; N];
    out.copy_from_slice(slice(bytes, at, N)?);
    Ok(out)
}

pub(crate) fn be16(bytes: &[u8], at: usize) -> Result<usize> {
    array(bytes, at).map(|bytes| u16::from_be_bytes(bytes).into())
}

pub(crate) fn be32(bytes: &[u8], at: usize) -> Result<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

pub(crate) fn le32(bytes: &[u8], at: usize) -> Result<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// A number that counts or addresses bytes in memory.
pub(crate) fn index(number: u32) -> usize {
    // Pointers of 16 bits are not supported anywhere here; what does not fit is past every end.
    usize::try_from(number).unwrap_or(usize::MAX)
}
