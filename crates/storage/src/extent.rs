//! Runs of like content.

use crate::{ReadAt, Result};
use std::ops::Range;

/// What a run of bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Must be read; may turn out to be zeros.
    Data,
    /// Known to read as zeros, and stored as such (a zero cluster, an all-zero block).
    Zero,
    /// Nothing is stored; reads as zeros.
    Unmapped,
}

/// A run of like content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Where it is, in bytes; never empty.
    pub range: Range<u64>,
    /// What it is.
    pub state: State,
}

impl Extent {
    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Whether the run must be read to know its content.
    pub fn is_data(&self) -> bool {
        self.state == State::Data
    }
}

/// Walks the extents of a source in order, neighbours of one state joined; covers every byte once.
#[derive(Debug)]
pub struct Extents<'a> {
    source: &'a dyn ReadAt,
    next: Option<Extent>,
    offset: u64,
    failed: bool,
}

impl<'a> Extents<'a> {
    /// From the first byte to the last.
    pub fn new(source: &'a dyn ReadAt) -> Self {
        Extents { source, next: None, offset: 0, failed: false }
    }

    fn fetch(&mut self) -> Option<Result<Extent>> {
        if self.failed || self.offset >= self.source.size() {
            return None;
        }
        let extent = self.source.extent_at(self.offset);
        match &extent {
            Ok(extent) => {
                debug_assert!(extent.range.start == self.offset && extent.range.end > self.offset);
                self.offset = extent.range.end;
            }
            Err(_) => self.failed = true,
        }
        Some(extent)
    }
}

impl Iterator for Extents<'_> {
    type Item = Result<Extent>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut run = match self.next.take() {
            Some(extent) => extent,
            None => match self.fetch()? {
                Ok(extent) => extent,
                Err(error) => return Some(Err(error)),
            },
        };
        loop {
            match self.fetch() {
                Some(Ok(more)) if more.state == run.state => run.range.end = more.range.end,
                Some(Ok(other)) => {
                    self.next = Some(other);
                    return Some(Ok(run));
                }
                Some(Err(error)) => return Some(Err(error)),
                None => return Some(Ok(run)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Memory, check_range};

    #[derive(Debug)]
    struct Striped;
    impl ReadAt for Striped {
        fn size(&self) -> u64 {
            100
        }
        fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
            check_range(100, offset, buf.len() as u64)
        }
        fn extent_at(&self, offset: u64) -> Result<Extent> {
            let state = if (offset / 10) % 4 < 2 { State::Data } else { State::Unmapped };
            Ok(Extent { range: offset..(offset / 10 + 1) * 10, state })
        }
    }

    #[test]
    fn neighbours_are_joined_and_all_is_covered() {
        let runs: Vec<_> = Extents::new(&Striped).map(|extent| extent.unwrap().range).collect();
        assert_eq!(runs, [0..20, 20..40, 40..60, 60..80, 80..100]);
        assert_eq!(Extents::new(&Memory::new(0)).count(), 0);
    }
}
