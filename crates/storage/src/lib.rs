//! Bytes at offsets.
//!
//! Everything in Bootworthy that has bytes is a [`ReadAt`]: a file, a virtual disk inside a qcow2, a partition of that
//! disk, a file of the filesystem in that partition, a `Vec<u8>` in a test. Each layer takes a [`Source`] and gives
//! more of them. What can be written is a [`WriteAt`].
//!
//! All positions and lengths are in bytes. Reads are positioned and take `&self`, so any number of threads may share
//! one source. A read past the end is an error, never zeros.

mod behind;
mod cache;
mod cursor;
mod descriptor;
mod direct;
mod error;
mod existing_file;
mod extent;
mod file;
mod memory;
mod new_file;
mod padded;
mod punched;
mod sequential;
mod slice;
mod spool;
mod truncated;

pub use cache::Cache;
pub use cursor::Cursor;
pub use error::{Error, ErrorKind, Result};
pub use existing_file::ExistingFile;
pub use extent::{Extent, Extents, State};
pub use file::File;
pub use memory::Memory;
pub use new_file::NewFile;
pub use padded::Padded;
pub use punched::Punched;
pub use sequential::Sequential;
pub use slice::Slice;
pub use spool::spool;
pub use truncated::Truncated;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that can be read at any offset, by several threads at once.
pub trait ReadAt: Send + Sync + Debug {
    /// Length in bytes.
    fn size(&self) -> u64;

    /// Fills the whole of `buf` from `offset`.
    ///
    /// A range that reaches past [`size`](Self::size) is an error of kind [`ErrorKind::Corrupt`]; `buf` is then
    /// unspecified.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()>;

    /// The run of like content that begins at `offset`: it starts there, is not empty and does not pass the end.
    ///
    /// `offset` must be less than [`size`](Self::size). Runs need not be maximal: two neighbours may be of the same
    /// state. The default says "data to the end", which is always true enough.
    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        Ok(Extent { range: offset..self.size(), state: State::Data })
    }
}

/// Bytes that can be written at any offset, by several threads at once.
pub trait WriteAt: Send + Sync {
    /// Writes all of `buf` at `offset`. Ranges of concurrent calls must not overlap.
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()>;

    /// Writes all data of one segment of the disk: `pieces`, each with its offset, in order and apart; what lies between
    /// them in the segment is zeros and was never written. Who gives places in the order of writing does that in `turn`,
    /// so that equal disks become equal files whatever the threads do; the default has no use for turns. What lies before
    /// a segment that had its turn may be final: changing it then may be an error.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        let _ = turn;
        pieces.iter().try_for_each(|&(offset, bytes)| self.write_at(bytes, offset))
    }

    /// Says that `range`, which begins at 0, is written at any time until the end. Called before anything is written, by
    /// who makes a format with metadata in front, for who passes on what is written before it is all there. Files need
    /// not know.
    fn reserve(&self, range: Range<u64>) -> Result<()> {
        let _ = range;
        Ok(())
    }

    /// Says what will be written, in the order in which places are given out: of what lies before `end`, `writes` are
    /// written, each once and by who says so; what is `open` may be written too, when that was said; what was said
    /// before and what is [reserved](Self::reserve) remains to be written; the rest changes no more. May wait until
    /// there is room for `writes`. Files need not know.
    fn foretell(&self, writes: &[Range<u64>], open: Range<u64>, end: u64) -> Result<()> {
        let _ = (writes, open, end);
        Ok(())
    }

    /// Makes `range` read as zeros, by a hole where that is possible.
    fn zero_at(&self, range: Range<u64>) -> Result<()>;

    /// Writes the metadata that makes what was written valid, and makes it durable.
    ///
    /// Until this returns, what was written must be taken for rubbish.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// The place of one segment among others that are written at once.
pub trait Turn {
    /// Runs `step` when all earlier segments have had their turns, and then lets the next one have its own. At most once
    /// for a segment; who never calls it gives up the turn when the segment is written. Fails without running `step`
    /// where an earlier segment has failed.
    fn take(&self, step: &mut dyn FnMut() -> Result<()>) -> Result<()>;
}

/// It is always the turn of who writes alone.
impl Turn for () {
    fn take(&self, step: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        step()
    }
}

/// Shared bytes: what a layer takes and gives.
pub type Source = Arc<dyn ReadAt>;

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn size(&self) -> u64 {
        (**self).size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        (**self).read_at(buf, offset)
    }
    fn extent_at(&self, offset: u64) -> Result<Extent> {
        (**self).extent_at(offset)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for Arc<T> {
    fn size(&self) -> u64 {
        (**self).size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        (**self).read_at(buf, offset)
    }
    fn extent_at(&self, offset: u64) -> Result<Extent> {
        (**self).extent_at(offset)
    }
}

/// A target that is shared with who will make it durable: to finish it here does nothing.
impl<T: WriteAt + ?Sized> WriteAt for Arc<T> {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        (**self).write_at(buf, offset)
    }
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        (**self).write_segment(pieces, turn)
    }
    fn reserve(&self, range: Range<u64>) -> Result<()> {
        (**self).reserve(range)
    }
    fn foretell(&self, writes: &[Range<u64>], open: Range<u64>, end: u64) -> Result<()> {
        (**self).foretell(writes, open, end)
    }
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        (**self).zero_at(range)
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        let start = to_usize(offset)?;
        buf.copy_from_slice(&self[start..start + buf.len()]);
        Ok(())
    }
}

/// Reads `N` bytes at `offset`, for headers of a fixed size.
pub fn read_array<const N: usize>(source: &dyn ReadAt, offset: u64) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_at(&mut bytes, offset)?;
    Ok(bytes)
}

/// Reads `len` bytes at `offset`; refuses lengths that the source cannot hold before allocating.
pub fn read_vec(source: &dyn ReadAt, offset: u64, len: u64) -> Result<Vec<u8>> {
    check_range(source.size(), offset, len)?;
    let len = to_usize(len)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| Error::out_of_memory(len as u64))?;
    bytes.resize(len, 0);
    source.read_at(&mut bytes, offset)?;
    Ok(bytes)
}

/// Whether `offset..offset + len` lies within `size`; the error names the range.
pub fn check_range(size: u64, offset: u64, len: u64) -> Result<()> {
    match offset.checked_add(len) {
        Some(end) if end <= size => Ok(()),
        _ => Err(Error::corrupt(offset, format!("{len} bytes are wanted here, but the data ends at byte {size}"))),
    }
}

/// A length from an image as an index on this machine.
pub fn to_usize(n: u64) -> Result<usize> {
    usize::try_from(n).map_err(|_| Error::out_of_memory(n))
}

/// Whether all bytes are zero. Compilers turn this into vector code.
pub fn is_zero(bytes: &[u8]) -> bool {
    let mut chunks = bytes.chunks_exact(64);
    chunks.all(|chunk| chunk.iter().fold(0, |seen, byte| seen | byte) == 0)
        && bytes.chunks_exact(64).remainder().iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_past_the_end_is_an_error_not_zeros() {
        let bytes = vec![1u8, 2, 3, 4];
        let mut buf = [0; 3];
        bytes.read_at(&mut buf, 1).unwrap();
        assert_eq!(buf, [2, 3, 4]);
        assert_eq!(bytes.read_at(&mut buf, 2).unwrap_err().kind(), ErrorKind::Corrupt);
        assert!(bytes.read_at(&mut buf, u64::MAX).is_err());
    }

    #[test]
    fn lengths_are_checked_before_memory_is_taken() {
        let bytes = vec![0u8; 16];
        assert!(read_vec(&bytes, 0, u64::MAX).is_err());
        assert!(read_vec(&bytes, 8, 9).is_err());
        assert_eq!(read_vec(&bytes, 8, 8).unwrap().len(), 8);
    }

    #[test]
    fn zero_scan_sees_every_position() {
        for len in [0, 1, 63, 64, 65, 200] {
            let mut bytes = vec![0u8; len];
            assert!(is_zero(&bytes), "{len}");
            for i in 0..len {
                bytes[i] = 1;
                assert!(!is_zero(&bytes), "{len} {i}");
                bytes[i] = 0;
            }
        }
    }
}
