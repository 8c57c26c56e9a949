//! The unpacked bytes of one segment, counted and bounded.

use std::io::{self, BufRead, ErrorKind};

/// A reader that knows its position and gives no more than `limit` bytes.
pub(crate) struct Bytes<'a> {
    input: &'a mut dyn BufRead,
    position: u64,
    limit: u64,
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(input: &'a mut dyn BufRead, limit: u64) -> Self {
        Bytes { input, position: 0, limit }
    }

    /// Bytes taken so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// What is at hand, at most `most` bytes; empty only at the end.
    fn peek(&mut self, most: u64) -> io::Result<&[u8]> {
        let left = self.limit - self.position;
        let there = self.input.fill_buf()?;
        if left == 0 && !there.is_empty() {
            let what = format!("the limit of unpacked bytes ends at byte {} of this segment", self.position);
            return Err(io::Error::new(ErrorKind::QuotaExceeded, what));
        }
        let len = usize::try_from(most.min(left)).unwrap_or(usize::MAX).min(there.len());
        Ok(&there[..len])
    }

    fn take(&mut self, len: usize) {
        self.input.consume(len);
        self.position += len as u64;
    }

    /// Steps over zeros; `None` at the end, else the byte that comes next.
    pub(crate) fn after_zeros(&mut self) -> io::Result<Option<u8>> {
        loop {
            let there = self.peek(u64::MAX)?;
            match there.iter().position(|&byte| byte != 0) {
                Some(zeros) => {
                    let next = there[zeros];
                    self.take(zeros);
                    return Ok(Some(next));
                }
                None if there.is_empty() => return Ok(None),
                None => {
                    let zeros = there.len();
                    self.take(zeros);
                }
            }
        }
    }

    /// Shows the next `len` bytes piece by piece, without copying.
    pub(crate) fn each(&mut self, len: u64, mut see: impl FnMut(&[u8])) -> io::Result<()> {
        let mut left = len;
        while left > 0 {
            let piece = self.peek(left)?;
            if piece.is_empty() {
                let what = format!("it ends at unpacked byte {}, where {left} more are due", self.position);
                return Err(io::Error::new(ErrorKind::UnexpectedEof, what));
            }
            see(piece);
            let taken = piece.len();
            self.take(taken);
            left -= taken as u64;
        }
        Ok(())
    }
}
