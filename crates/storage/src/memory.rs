//! Sparse bytes in memory: the model that tests compare with, and the target of conversions in tests.

use crate::{Extent, ReadAt, Result, State, WriteAt, check_range, to_usize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PAGE: u64 = 4096;

type Page = [u8; 4096];

/// Sparse bytes, shared by its clones. Reads as zeros where nothing was written.
#[derive(Clone, Debug)]
pub struct Memory {
    size: u64,
    pages: Arc<Mutex<BTreeMap<u64, Box<Page>>>>,
}

impl Memory {
    /// `size` bytes of zeros; takes no memory for them.
    pub fn new(size: u64) -> Self {
        Memory { size, pages: Arc::default() }
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<u64, Box<Page>>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `f` with each page number and the ranges within the page and within the request.
    fn split(offset: u64, len: usize, mut f: impl FnMut(u64, Range<usize>, Range<usize>)) {
        let mut done = 0;
        while done < len {
            let at = offset + done as u64;
            let start = usize::try_from(at % PAGE).expect("a page is small");
            let n = (size_of::<Page>() - start).min(len - done);
            f(at / PAGE, start..start + n, done..done + n);
            done += n;
        }
    }
}

impl ReadAt for Memory {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        let pages = self.pages();
        Self::split(offset, buf.len(), |page, within, part| match pages.get(&page) {
            Some(bytes) => buf[part].copy_from_slice(&bytes[within]),
            None => buf[part].fill(0),
        });
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size, offset, 1)?;
        let (page, pages) = (offset / PAGE, self.pages());
        let (end, state) = if pages.contains_key(&page) {
            ((page + 1) * PAGE, State::Data)
        } else {
            (pages.range(page..).next().map_or(self.size, |(next, _)| next * PAGE), State::Unmapped)
        };
        Ok(Extent { range: offset..end.min(self.size), state })
    }
}

impl WriteAt for Memory {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        let mut pages = self.pages();
        Self::split(offset, buf.len(), |page, within, part| {
            pages.entry(page).or_insert_with(|| Box::new([0; 4096]))[within].copy_from_slice(&buf[part]);
        });
        Ok(())
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.size, range.start, range.end.saturating_sub(range.start))?;
        let mut pages = self.pages();
        let touched: Vec<u64> =
            pages.range(range.start / PAGE..range.end.div_ceil(PAGE)).map(|(&page, _)| page).collect();
        for page in touched {
            let start = range.start.saturating_sub(page * PAGE);
            let end = (range.end - page * PAGE).min(PAGE);
            if (start, end) == (0, PAGE) {
                pages.remove(&page);
            } else if let Some(bytes) = pages.get_mut(&page) {
                bytes[to_usize(start)?..to_usize(end)?].fill(0);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Extents;

    #[test]
    fn behaves_like_a_sparse_file() {
        let memory = Memory::new(1 << 50);
        memory.write_at(&[7; 10_000], 5_000).unwrap();
        memory.zero_at(6_000..12_288).unwrap();
        let mut buf = [1; 4];
        memory.read_at(&mut buf, 4_998).unwrap();
        assert_eq!(buf, [0, 0, 7, 7]);
        memory.read_at(&mut buf, 5_998).unwrap();
        assert_eq!(buf, [7, 7, 0, 0]);
        memory.read_at(&mut buf, 14_998).unwrap();
        assert_eq!(buf, [7, 7, 0, 0]);
        let runs: Vec<_> = Extents::new(&memory).map(|run| run.unwrap()).map(|run| (run.range, run.state)).collect();
        assert_eq!(
            runs,
            [
                (0..4096, State::Unmapped),
                (4096..8192, State::Data),
                (8192..12288, State::Unmapped),
                (12288..16384, State::Data),
                (16384..1 << 50, State::Unmapped)
            ]
        );
        assert!(memory.write_at(&[1], 1 << 50).is_err());
    }
}
