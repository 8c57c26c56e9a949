//! A source followed by zeros.

use crate::{Error, Extent, ReadAt, Result, Source, State, check_range, to_usize};

/// A source that is longer than what it is made from; the rest is zeros, nothing of it stored.
#[derive(Clone, Debug)]
pub struct Padded {
    source: Source,
    size: u64,
}

impl Padded {
    /// `size` bytes; refuses to be shorter than the source.
    pub fn new(source: Source, size: u64) -> Result<Self> {
        if size < source.size() {
            let there = source.size();
            return Err(Error::refused(format!("{size} bytes are less than the {there} that are there")));
        }
        Ok(Padded { source, size })
    }
}

impl ReadAt for Padded {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        let there = self.source.size().saturating_sub(offset).min(buf.len() as u64);
        let (before, after) = buf.split_at_mut(to_usize(there)?);
        after.fill(0);
        if before.is_empty() { Ok(()) } else { self.source.read_at(before, offset) }
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size, offset, 1)?;
        if offset < self.source.size() {
            return self.source.extent_at(offset);
        }
        Ok(Extent { range: offset..self.size, state: State::Unmapped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn zeros_follow() {
        let source: Source = Arc::new(vec![1u8, 2, 3]);
        let padded = Padded::new(source.clone(), 8).unwrap();
        for start in 0..8usize {
            for end in start..=8 {
                let mut buf = vec![9; end - start];
                padded.read_at(&mut buf, start as u64).unwrap();
                assert_eq!(buf, [1, 2, 3, 0, 0, 0, 0, 0][start..end]);
            }
        }
        assert!(padded.read_at(&mut [0; 2], 7).is_err());
        assert_eq!(padded.extent_at(1).unwrap(), Extent { range: 1..3, state: State::Data });
        assert_eq!(padded.extent_at(3).unwrap(), Extent { range: 3..8, state: State::Unmapped });
        assert!(padded.extent_at(8).is_err());
        assert!(Padded::new(source.clone(), 2).is_err());
        assert_eq!(Padded::new(source, 3).unwrap().extent_at(0).unwrap().range, 0..3);
    }
}
