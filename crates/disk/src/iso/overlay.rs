//! Bytes laid over others, and room behind them.

use std::ops::Range;
use storage::{Extent, ReadAt, Result, Source, State, check_range, to_usize};

/// A source of which some ranges are replaced, and which goes on with zeros to its new length.
#[derive(Debug)]
pub(super) struct Overlay {
    below: Source,
    size: u64,
    /// Offsets and bytes, in order and apart.
    patches: Vec<(u64, Vec<u8>)>,
}

impl Overlay {
    /// `size` is no less than that of `below`; `patches` are in order, apart, and within `size`.
    pub(super) fn new(below: Source, size: u64, patches: Vec<(u64, Vec<u8>)>) -> Self {
        debug_assert!(size >= below.size());
        Overlay { below, size, patches }
    }

    fn ranges(&self) -> impl Iterator<Item = (Range<u64>, &[u8])> {
        self.patches.iter().map(|(offset, bytes)| (*offset..offset + bytes.len() as u64, bytes.as_slice()))
    }
}

impl ReadAt for Overlay {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        let end = offset + buf.len() as u64;
        let stored = to_usize(self.below.size().saturating_sub(offset).min(buf.len() as u64))?;
        let (below, behind) = buf.split_at_mut(stored);
        if !below.is_empty() {
            self.below.read_at(below, offset)?;
        }
        behind.fill(0);
        for (range, bytes) in self.ranges() {
            let common = range.start.max(offset)..range.end.min(end);
            if !common.is_empty() {
                let from = to_usize(common.start - range.start)?..to_usize(common.end - range.start)?;
                buf[to_usize(common.start - offset)?..to_usize(common.end - offset)?].copy_from_slice(&bytes[from]);
            }
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size, offset, 1)?;
        if let Some((range, _)) = self.ranges().find(|(range, _)| range.contains(&offset)) {
            return Ok(Extent { range: offset..range.end, state: State::Data });
        }
        let next = self.ranges().map(|(range, _)| range.start).find(|&start| start > offset).unwrap_or(self.size);
        if offset >= self.below.size() {
            return Ok(Extent { range: offset..next, state: State::Unmapped });
        }
        let below = self.below.extent_at(offset)?;
        Ok(Extent { range: offset..below.range.end.min(next), state: below.state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use storage::Extents;

    #[test]
    fn reads_as_if_it_were_written() {
        let below: Source = Arc::new((0u8..100).collect::<Vec<_>>());
        let overlay = Overlay::new(below, 200, vec![(10, vec![0xaa; 5]), (95, vec![0xbb; 10]), (190, vec![0xcc; 10])]);
        let mut wanted: Vec<u8> = (0u8..100).collect();
        wanted.resize(200, 0);
        wanted[10..15].fill(0xaa);
        wanted[95..105].fill(0xbb);
        wanted[190..].fill(0xcc);
        for start in 0..200 {
            for end in start..=200 {
                let mut buf = vec![0xee; end - start];
                overlay.read_at(&mut buf, start as u64).unwrap();
                assert_eq!(buf, wanted[start..end], "{start} {end}");
            }
        }
        assert!(overlay.read_at(&mut [0; 2], 199).is_err());
        let runs: Vec<_> = Extents::new(&overlay).map(|run| run.unwrap()).map(|run| (run.range, run.state)).collect();
        assert_eq!(runs, [(0..105, State::Data), (105..190, State::Unmapped), (190..200, State::Data)]);
    }
}
