//! A stream as a target: standard output, a pipe, a socket.

use crate::{Error, Result, Turn, WriteAt, to_usize};
use std::io::Write;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Zeros that fill a gap, in steps of this many bytes.
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// A target that is written from the first byte to the last, in a stream.
///
/// Writes ascend: who writes segments in their turns may use it, and so may who writes alone. What is left out becomes
/// zeros, and going back is an error. A reader that went away is an error of kind Io (`EPIPE`).
#[derive(Debug)]
pub struct Sequential<W> {
    state: Mutex<State<W>>,
    size: u64,
}

#[derive(Debug)]
struct State<W> {
    out: W,
    at: u64,
}

impl<W: Write + Send> Sequential<W> {
    /// Writes to `out`. At the end the stream is filled with zeros to `size` bytes; 0 where its length comes from what
    /// is written.
    pub fn new(out: W, size: u64) -> Self {
        Sequential { state: Mutex::new(State { out, at: 0 }), size }
    }

    /// Fills up to the size, flushes, and gives back what was written to. Bytes that the stream is now long.
    pub fn close(self) -> Result<(W, u64)> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.end(self.size)?;
        Ok((state.out, state.at))
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> State<W> {
    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<()> {
        let Some(mut gap) = offset.checked_sub(self.at) else {
            return Err(Error::unsupported(format!(
                "byte {offset} is to be written after byte {}, which a stream cannot; write to a file",
                self.at
            )));
        };
        while gap > 0 {
            let len = gap.min(ZEROS.len() as u64);
            self.put(&ZEROS[..to_usize(len)?])?;
            gap -= len;
        }
        self.put(bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.out.write_all(bytes);
        written.map_err(|error| Error::io(format!("writing to the stream at byte {}", self.at), error))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn end(&mut self, size: u64) -> Result<()> {
        self.write(&[], size.max(self.at))?;
        self.out.flush().map_err(|error| Error::io("flushing the stream", error))
    }
}

impl<W: Write + Send> WriteAt for Sequential<W> {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.lock().write(buf, offset)
    }

    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        turn.take(&mut || pieces.iter().try_for_each(|&(offset, bytes)| self.write_at(bytes, offset)))
    }

    /// What is ahead becomes zeros when something behind it is written.
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        let at = self.lock().at;
        if range.is_empty() || range.start >= at {
            return Ok(());
        }
        Err(Error::unsupported(format!(
            "bytes {}..{} of a stream cannot be made zeros: {at} are written",
            range.start, range.end
        )))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.close().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn gaps_and_the_end_are_zeros() {
        let target = Sequential::new(Vec::new(), 200_000);
        target.write_at(b"ab", 3).unwrap();
        target.write_segment(&[(5, b"c"), (100_000, b"d")], &()).unwrap();
        target.zero_at(100_001..150_000).unwrap();
        let (bytes, len) = target.close().unwrap();
        let mut expected = vec![0; 200_000];
        expected[3..6].copy_from_slice(b"abc");
        expected[100_000] = b'd';
        assert!(bytes == expected && len == 200_000);
    }

    #[test]
    fn the_length_may_come_from_what_is_written() {
        let target = Sequential::new(Vec::new(), 0);
        target.write_at(b"ab", 3).unwrap();
        assert_eq!(target.close().unwrap(), (b"\0\0\0ab".to_vec(), 5));
        assert_eq!(Sequential::new(Vec::new(), 0).close().unwrap(), (vec![], 0));
    }

    #[test]
    fn there_is_no_way_back() {
        let target = Sequential::new(Vec::new(), 10);
        target.write_at(b"abc", 0).unwrap();
        assert_eq!(target.write_at(b"x", 2).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(target.zero_at(2..3).unwrap_err().kind(), ErrorKind::Unsupported);
        target.write_at(b"d", 3).unwrap();
        assert_eq!(target.close().unwrap().0, b"abcd\0\0\0\0\0\0");
    }

    #[test]
    fn a_reader_that_went_away_is_an_io_error() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let target = Sequential::new(writer, 0);
        let error = target.write_at(&[1], 70_000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::BrokenPipe);
    }
}
