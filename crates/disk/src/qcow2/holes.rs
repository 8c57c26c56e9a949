//! Holes of the file below: clusters may have a place and never have been written to.

use super::refcounts::Refcounts;
use std::ops::Range;
use std::sync::OnceLock;
use storage::{Extent, Extents, ReadAt, Result, State};

/// Holes that are worth knowing (an image may be preallocated), and how many of them.
const MIN_HOLE: u64 = 64 << 10;
const MAX_HOLES: usize = 1 << 16;

/// Holes, found when they are first asked for.
#[derive(Debug, Default)]
pub(super) struct Holes {
    found: OnceLock<Vec<Range<u64>>>,
    /// Whether so much of the file is holes that its clusters must have been given places only.
    preallocated: OnceLock<bool>,
}

impl Holes {
    /// What is at `range` of the disk, which has a place in `data`, at `at`.
    pub(super) fn extent(&self, data: &dyn ReadAt, range: Range<u64>, at: u64) -> Result<Extent> {
        let len = range.end - range.start;
        let holes = self.known(data)?;
        let next = holes.partition_point(|hole| hole.end <= at);
        let (len, state) = match holes.get(next) {
            Some(hole) if hole.start <= at => (len.min(hole.end - at), State::Zero),
            Some(hole) => (len.min(hole.start - at), State::Data),
            None => (len, State::Data),
        };
        Ok(Extent { range: range.start..range.start + len, state })
    }

    /// One walk: to ask at each run would take a filesystem that looks page by page (tmpfs) through the same pages
    /// again and again.
    fn known(&self, data: &dyn ReadAt) -> Result<&[Range<u64>]> {
        if let Some(holes) = self.found.get() {
            return Ok(holes);
        }
        let mut holes = Vec::new();
        for extent in Extents::new(data) {
            let extent = extent?;
            if !extent.is_data() && extent.size() >= MIN_HOLE {
                holes.push(extent.range);
            }
            if holes.len() == MAX_HOLES {
                break;
            }
        }
        Ok(self.found.get_or_init(|| holes))
    }

    /// Whether the file has a tenth more clusters that are in use than are stored. So qemu decides whether holes are
    /// worth telling; what the filesystem reserved without its being written counts as stored there, and not here.
    pub(super) fn preallocated(&self, file: &dyn ReadAt, refcounts: &Refcounts, cluster_size: u64) -> Result<bool> {
        if let Some(&known) = self.preallocated.get() {
            return Ok(known);
        }
        let mut stored = 0;
        for extent in Extents::new(file) {
            let extent = extent?;
            stored += if extent.is_data() { extent.size() } else { 0 };
        }
        let stored = stored / cluster_size;
        let enough = (stored * 10 / 9).max(stored + 2);
        let end = file.size().div_ceil(cluster_size);
        let mut used = 0;
        for (block, offset) in refcounts.blocks() {
            let first = block.saturating_mul(refcounts.per_block());
            if used >= enough || first >= end {
                break;
            }
            let counts = refcounts.read_block(file, offset)?;
            used += (first..end).zip(counts).filter(|(_, count)| *count > 0).count() as u64;
        }
        Ok(*self.preallocated.get_or_init(|| used >= enough))
    }
}
