//! Bytes that stand in place of a volume's own.

use storage::{Result, to_usize};

/// Copies the part of `from` that lies in `buf`; `from` begins at `start`, `buf` at `offset`.
pub(crate) fn overlay(buf: &mut [u8], offset: u64, from: &[u8], start: u64) -> Result<()> {
    let end = (offset + buf.len() as u64).min(start + from.len() as u64);
    let begin = offset.max(start);
    if begin < end {
        let part = &from[to_usize(begin - start)?..to_usize(end - start)?];
        buf[to_usize(begin - offset)?..to_usize(end - offset)?].copy_from_slice(part);
    }
    Ok(())
}
