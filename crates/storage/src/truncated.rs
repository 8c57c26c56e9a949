//! A source whose end is missing.

use crate::{Error, Extent, ReadAt, Result, Source, check_range};

/// What is left of a source that should be longer: reading what is missing is an error, not zeros.
#[derive(Clone, Debug)]
pub struct Truncated {
    left: Source,
    size: u64,
}

impl Truncated {
    /// `size` bytes of which those of `left` are there.
    pub fn new(left: Source, size: u64) -> Self {
        Truncated { size: size.max(left.size()), left }
    }

    fn there(&self, offset: u64, len: u64) -> Result<()> {
        check_range(self.size, offset, len)?;
        let there = self.left.size();
        if offset.saturating_add(len) <= there {
            return Ok(());
        }
        let size = self.size;
        let what = format!("only {there} of {size} bytes are there: the image is cut short");
        Err(Error::corrupt(offset.max(there), what))
    }
}

impl ReadAt for Truncated {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.there(offset, buf.len() as u64)?;
        self.left.read_at(buf, offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.there(offset, 1)?;
        self.left.extent_at(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, State};
    use std::sync::Arc;

    #[test]
    fn what_is_missing_is_no_zeros() {
        let left: Source = Arc::new(vec![1_u8, 2, 3]);
        let truncated = Truncated::new(left, 8);
        let mut buf = [0; 3];
        truncated.read_at(&mut buf, 0).unwrap();
        assert_eq!((buf, truncated.size()), ([1, 2, 3], 8));
        for (offset, len) in [(1, 3), (3, 1), (7, 1)] {
            let error = truncated.read_at(&mut vec![0; len], offset).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (ErrorKind::Corrupt, Some(offset.max(3))));
        }
        assert!(truncated.read_at(&mut [0], 8).is_err());
        assert_eq!(truncated.extent_at(1).unwrap(), Extent { range: 1..3, state: State::Data });
        assert!(truncated.extent_at(3).is_err());
    }
}
