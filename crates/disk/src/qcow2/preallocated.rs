//! Whether clusters were given places without being written to.

use super::refcounts::Refcounts;
use std::sync::OnceLock;
use storage::{Extents, ReadAt, Result};

/// Whether so much of the file is holes that its clusters must have been given places only; found when it is first
/// asked for.
#[derive(Debug, Default)]
pub(super) struct Preallocated(OnceLock<bool>);

impl Preallocated {
    /// Whether the file has a tenth more clusters that are in use than are stored. So qemu decides whether holes are
    /// worth telling; what the filesystem reserved without its being written counts as stored there, and not here.
    pub(super) fn known(&self, file: &dyn ReadAt, refcounts: &Refcounts, cluster_size: u64) -> Result<bool> {
        if let Some(&known) = self.0.get() {
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
        Ok(*self.0.get_or_init(|| used >= enough))
    }
}
