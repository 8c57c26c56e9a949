//! A range of a source: a volume, a file inside an archive.

use crate::{Extent, ReadAt, Result, Source, check_range};

/// `len` bytes of a source from `start`, as a source of its own.
#[derive(Clone, Debug)]
pub struct Slice {
    source: Source,
    start: u64,
    len: u64,
}

impl Slice {
    /// Refuses ranges that the source does not hold.
    pub fn new(source: Source, start: u64, len: u64) -> Result<Self> {
        check_range(source.size(), start, len)?;
        Ok(Slice { source, start, len })
    }
}

impl ReadAt for Slice {
    fn size(&self) -> u64 {
        self.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.len, offset, buf.len() as u64)?;
        self.source.read_at(buf, self.start + offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.len, offset, 1)?;
        let below = self.source.extent_at(self.start + offset)?;
        let end = (below.range.end - self.start).min(self.len);
        Ok(Extent { range: offset..end, state: below.state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn sees_its_range_only() {
        let source: Source = Arc::new((0u8..100).collect::<Vec<_>>());
        let slice = Slice::new(source.clone(), 10, 20).unwrap();
        let mut buf = [0; 5];
        slice.read_at(&mut buf, 15).unwrap();
        assert_eq!(buf, [25, 26, 27, 28, 29]);
        assert!(slice.read_at(&mut buf, 16).is_err());
        assert_eq!(slice.extent_at(3).unwrap().range, 3..20);
        assert!(Slice::new(source, 90, 11).is_err());
    }
}
