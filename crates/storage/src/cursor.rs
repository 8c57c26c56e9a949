//! A source as `std::io::Read + Seek`, for crates that know nothing better.

use crate::{ReadAt, Source};
use std::io::{self, Read, Seek, SeekFrom, Write};

/// A position in a source.
///
/// Writes always fail with [`io::ErrorKind::Unsupported`]: `gpt` and `fatfs` demand `Write` even to read.
#[derive(Clone, Debug)]
pub struct Cursor {
    source: Source,
    position: u64,
}

impl Cursor {
    /// At the first byte.
    pub fn new(source: Source) -> Self {
        Cursor { source, position: 0 }
    }
}

impl Read for Cursor {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.source.size().saturating_sub(self.position);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        if len == 0 {
            return Ok(0);
        }
        self.source.read_at(&mut buf[..len], self.position)?;
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(delta) => self.source.size().checked_add_signed(delta),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl Write for Cursor {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "images are only read"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn reads_to_the_end_and_never_writes() {
        let mut cursor = Cursor::new(Arc::new(vec![1u8, 2, 3, 4, 5]));
        cursor.seek(SeekFrom::End(-2)).unwrap();
        let mut rest = Vec::new();
        cursor.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [4, 5]);
        assert!(cursor.write_all(b"x").is_err());
        assert!(cursor.seek(SeekFrom::Current(-6)).is_err());
        cursor.seek(SeekFrom::Start(u64::MAX)).unwrap();
        assert_eq!(cursor.read(&mut [0; 4]).unwrap(), 0);
    }
}
