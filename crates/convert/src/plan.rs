//! What is to be done in which order: the disk cut into segments, and what is known to be zeros passed over.

use crate::digest::SEGMENT;
use std::ops::Range;
use storage::{Error, Extent, ReadAt, Result};

/// Steps over runs of zeros in one call of [`Plan::take`], so that a stop is noticed on a disk of many small ones.
const MOST_RUNS: usize = 4096;

/// Either one segment with data in it, or whole segments without.
#[derive(Debug)]
pub(crate) struct Task {
    /// Begins at a multiple of [`SEGMENT`]; ends at one or at the end of the disk.
    pub(crate) range: Range<u64>,
    /// What of it must be read, in order and apart; the rest is zeros.
    pub(crate) data: Vec<Range<u64>>,
    /// How many tasks with data came before this one.
    pub(crate) number: u64,
    /// How many tasks came before this one.
    pub(crate) turn: u64,
}

/// Hands out the disk, first byte to last.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    walks: Vec<Walk<'a>>,
    size: u64,
    at: u64,
    longest_hole: u64,
    number: u64,
    turn: u64,
}

impl<'a> Plan<'a> {
    /// Of the longest of `sources`; the others are followed by zeros. What is data in one is data. Tasks without data
    /// are at most `longest_hole` long, a multiple of [`SEGMENT`].
    pub(crate) fn new(sources: &[&'a dyn ReadAt], longest_hole: u64) -> Self {
        let walks: Vec<_> = sources.iter().map(|&source| Walk { source, run: None }).collect();
        let size = sources.iter().map(|source| source.size()).max().unwrap_or(0);
        Plan { walks, size, at: 0, longest_hole, number: 0, turn: 0 }
    }

    /// Length of the disk.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Where the next task begins.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// The next task.
    pub(crate) fn take(&mut self) -> Result<Option<Task>> {
        let start = self.at;
        if start >= self.size {
            return Ok(None);
        }
        let hole = self.hole_to(start)?;
        let (end, data) = if hole > start { (hole, Vec::new()) } else { self.segment(start)? };
        let task = Task { range: start..end, data, number: self.number, turn: self.turn };
        self.turn += 1;
        self.number += u64::from(!task.data.is_empty());
        self.at = end;
        Ok(Some(task))
    }

    /// Where the whole segments of zeros from `start` end; `start` where there are none.
    fn hole_to(&mut self, start: u64) -> Result<u64> {
        let limit = start.saturating_add(self.longest_hole).min(self.size);
        let mut end = start;
        for _ in 0..MOST_RUNS {
            let (run_end, is_data) = self.run_at(end)?;
            if is_data {
                break;
            }
            end = run_end;
            if end >= limit {
                return Ok(limit);
            }
        }
        Ok(end - end % SEGMENT)
    }

    /// End and data of the segment at `start`.
    fn segment(&mut self, start: u64) -> Result<(u64, Vec<Range<u64>>)> {
        let end = start.saturating_add(SEGMENT).min(self.size);
        let mut data: Vec<Range<u64>> = Vec::new();
        let mut at = start;
        while at < end {
            let (run_end, is_data) = self.run_at(at)?;
            let run = at..run_end.min(end);
            at = run.end;
            match data.last_mut() {
                _ if !is_data => {}
                Some(last) if last.end == run.start => last.end = run.end,
                _ => data.push(run),
            }
        }
        Ok((end, data))
    }

    /// End of the run at `offset`, and whether it is data in any of the sources.
    fn run_at(&mut self, offset: u64) -> Result<(u64, bool)> {
        let mut all = (self.size, false);
        for walk in &mut self.walks {
            let (end, is_data) = walk.run_at(offset)?;
            all = (all.0.min(end), all.1 | is_data);
        }
        Ok(all)
    }
}

/// The runs of one source. Unlike [`storage::Extents`] it does not join neighbours, which on a large disk would be to
/// read all of its tables before the first byte is copied.
#[derive(Debug)]
struct Walk<'a> {
    source: &'a dyn ReadAt,
    run: Option<Extent>,
}

impl Walk<'_> {
    fn run_at(&mut self, offset: u64) -> Result<(u64, bool)> {
        if let Some(run) = self.run.as_ref().filter(|run| run.range.contains(&offset)) {
            return Ok((run.range.end, run.is_data()));
        }
        let size = self.source.size();
        if offset >= size {
            return Ok((u64::MAX, false));
        }
        let run = self.source.extent_at(offset)?;
        if run.range.start != offset || run.range.end <= offset || run.range.end > size {
            return Err(Error::corrupt(offset, format!("the map of the disk says {:?} here", run.range)));
        }
        let found = (run.range.end, run.is_data());
        self.run = Some(run);
        Ok(found)
    }
}
