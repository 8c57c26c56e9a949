//! Holes of the file below: clusters and blocks may have a place and never have been written to.

use std::ops::Range;
use std::sync::OnceLock;
use storage::{Extents, ReadAt, Result, State};

/// Holes that are worth knowing, and how many of them.
const MIN_HOLE: u64 = 64 << 10;
const MAX_HOLES: usize = 1 << 16;

/// Holes of a file, found when they are first asked for. One walk: to ask at each run would take a filesystem that
/// looks page by page (tmpfs) through the same pages again and again.
#[derive(Debug, Default)]
pub(crate) struct Holes(OnceLock<Vec<Range<u64>>>);

impl Holes {
    /// How many of `len` bytes at `at` are of one kind, and of which.
    pub(crate) fn run(&self, file: &dyn ReadAt, at: u64, len: u64) -> Result<(u64, State)> {
        let holes = self.all(file)?;
        let next = holes.partition_point(|hole| hole.end <= at);
        Ok(match holes.get(next) {
            Some(hole) if hole.start <= at => (len.min(hole.end - at), State::Zero),
            Some(hole) => (len.min(hole.start - at), State::Data),
            None => (len, State::Data),
        })
    }

    fn all(&self, file: &dyn ReadAt) -> Result<&[Range<u64>]> {
        if let Some(holes) = self.0.get() {
            return Ok(holes);
        }
        let mut holes = Vec::new();
        for extent in Extents::new(file) {
            let extent = extent?;
            if !extent.is_data() && extent.size() >= MIN_HOLE {
                holes.push(extent.range);
            }
            if holes.len() == MAX_HOLES {
                break;
            }
        }
        Ok(self.0.get_or_init(|| holes))
    }
}
