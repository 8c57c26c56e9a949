//! A source with holes punched into it.

use crate::{Error, Extent, ReadAt, Result, Source, State, check_range, to_usize};
use std::ops::Range;

/// A source of which a list of ranges reads as zeros, whatever the source holds there: blocks that a filesystem marks
/// free.
#[derive(Clone, Debug)]
pub struct Punched {
    source: Source,
    /// Ascending, not empty, and apart.
    holes: Vec<Range<u64>>,
}

impl Punched {
    /// `holes` ascend and do not overlap; neighbours are joined. Ranges that are out of order or reach past the end of
    /// the source are an error.
    pub fn new(source: Source, holes: impl IntoIterator<Item = Range<u64>>) -> Result<Self> {
        let mut joined: Vec<Range<u64>> = Vec::new();
        for hole in holes {
            if hole.is_empty() {
                continue;
            }
            check_range(source.size(), hole.start, hole.end - hole.start)?;
            match joined.last_mut() {
                Some(last) if hole.start < last.end => {
                    let (a, b) = (last.start, last.end);
                    return Err(Error::corrupt(
                        hole.start,
                        format!("a hole begins here, before the one at {a}..{b} ends"),
                    ));
                }
                Some(last) if hole.start == last.end => last.end = hole.end,
                _ => joined.push(hole),
            }
        }
        joined.shrink_to_fit();
        Ok(Punched { source, holes: joined })
    }

    /// Bytes in holes that the source holds as data: what need not be copied.
    pub fn dropped(&self) -> Result<u64> {
        let mut dropped = 0;
        for hole in &self.holes {
            let mut at = hole.start;
            while at < hole.end {
                let extent = self.source.extent_at(at)?;
                let end = extent.range.end.min(hole.end);
                if extent.is_data() {
                    dropped += end - at;
                }
                // A map that does not go forward is found by who copies; it may not stop this walk.
                at = end.max(at + 1);
            }
        }
        Ok(dropped)
    }

    /// The hole that `offset` lies in, or the first one behind it.
    fn hole_from(&self, offset: u64) -> Option<&Range<u64>> {
        self.holes.get(self.holes.partition_point(|hole| hole.end <= offset))
    }
}

impl ReadAt for Punched {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        let end = offset + buf.len() as u64;
        let (mut at, mut rest) = (offset, buf);
        while at < end {
            let (to, is_hole) = match self.hole_from(at) {
                Some(hole) if hole.start <= at => (hole.end, true),
                Some(hole) => (hole.start, false),
                None => (end, false),
            };
            let to = to.min(end);
            let (part, after) = rest.split_at_mut(to_usize(to - at)?);
            if is_hole {
                part.fill(0);
            } else {
                self.source.read_at(part, at)?;
            }
            (at, rest) = (to, after);
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        match self.hole_from(offset) {
            Some(hole) if hole.start <= offset => Ok(Extent { range: offset..hole.end, state: State::Unmapped }),
            next => {
                let mut extent = self.source.extent_at(offset)?;
                extent.range.end = extent.range.end.min(next.map_or(u64::MAX, |hole| hole.start));
                Ok(extent)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Extents, Memory, WriteAt};
    use std::sync::Arc;

    fn source(size: usize) -> Source {
        Arc::new(vec![7u8; size])
    }

    #[test]
    fn holes_read_as_zeros_and_the_rest_as_it_was() {
        let holes = [0..3, 10..10, 10..20, 20..25, 99..100];
        let punched = Punched::new(source(100), holes.clone()).unwrap();
        let expected: Vec<u8> =
            (0..100).map(|at| if holes.iter().any(|hole| hole.contains(&at)) { 0 } else { 7 }).collect();
        for start in 0..100usize {
            for end in start..=100 {
                let mut buf = vec![1; end - start];
                punched.read_at(&mut buf, start as u64).unwrap();
                assert_eq!(buf, expected[start..end], "{start}..{end}");
            }
        }
        let runs: Vec<_> =
            Extents::new(&punched).map(|run| run.unwrap()).map(|run| (run.is_data(), run.range)).collect();
        assert_eq!(runs, [(false, 0..3), (true, 3..10), (false, 10..25), (true, 25..99), (false, 99..100)]);
        assert!(punched.read_at(&mut [0; 2], 99).is_err());
        assert_eq!(punched.dropped().unwrap(), 3 + 15 + 1);
    }

    #[test]
    fn what_was_no_data_is_not_counted_as_dropped() {
        let memory = Memory::new(1 << 20);
        memory.write_at(&[1; 8192], 4096).unwrap();
        let punched = Punched::new(Arc::new(memory), [0..8192, 65_536..1 << 20]).unwrap();
        assert_eq!(punched.dropped().unwrap(), 4096);
    }

    #[test]
    fn lists_that_make_no_sense_are_refused() {
        assert!(Punched::new(source(100), [10..20, 5..8]).is_err());
        assert!(Punched::new(source(100), [10..20, 19..30]).is_err());
        assert!(Punched::new(source(100), Some(10..101)).is_err());
        assert!(Punched::new(source(0), []).is_ok());
    }

    #[test]
    fn a_hundred_thousand_holes_are_walked_at_once() {
        let count = 100_000u64;
        let punched = Punched::new(Arc::new(Memory::new(count * 8192)), (0..count).map(|i| i * 8192..i * 8192 + 4096));
        let memory = Memory::new(count * 8192);
        memory.write_at(&[1], count * 8192 - 1).unwrap();
        assert_eq!(Extents::new(&punched.unwrap()).count(), 1);
        let data: Source = Arc::new(Data(count * 8192));
        let punched = Punched::new(data, (0..count).map(|i| i * 8192..i * 8192 + 4096)).unwrap();
        assert_eq!(Extents::new(&punched).count() as u64, 2 * count);
    }

    #[derive(Debug)]
    struct Data(u64);
    impl ReadAt for Data {
        fn size(&self) -> u64 {
            self.0
        }
        fn read_at(&self, buf: &mut [u8], _: u64) -> Result<()> {
            buf.fill(1);
            Ok(())
        }
    }
}
