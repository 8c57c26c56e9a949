//! Zeros that take room.

use std::ops::Range;
use storage::{Result, WriteAt, to_usize};

/// Zeros are written in pieces of this length.
const PIECE: usize = 1 << 20;

/// Writes zeros, so that the file's filesystem gives them room.
pub(crate) fn write_zeros(file: &dyn WriteAt, range: Range<u64>) -> Result<()> {
    let zeros = vec![0; PIECE];
    let mut at = range.start;
    while at < range.end {
        let n = (range.end - at).min(PIECE as u64);
        file.write_at(&zeros[..to_usize(n)?], at)?;
        at += n;
    }
    Ok(())
}
