//! The L1 table, which lies behind the header and is written in passing.

use super::pieces::Pieces;
use super::shape::Shape;
use crate::qcow2::tables::COPIED;
use storage::{Result, to_usize};

/// Entries in memory at a time.
const PAGE: u64 = 8192;

/// What of the table is not written yet. The file is zeros there already, and so where no entry is, nothing is written.
pub(super) struct L1 {
    offset: u64,
    page: u64,
    /// From the start of the page to its last entry that was set.
    entries: Vec<u64>,
}

impl L1 {
    pub(super) fn new(shape: &Shape) -> Self {
        L1 { offset: shape.l1_offset(), page: 0, entries: Vec::new() }
    }

    /// Table number `index` is at `place`. Numbers ascend.
    pub(super) fn set(&mut self, index: u64, place: u64, pieces: &mut Pieces) -> Result<()> {
        if index / PAGE != self.page {
            self.flush(pieces);
            self.page = index / PAGE;
        }
        self.entries.resize(to_usize(index % PAGE)?, 0);
        self.entries.push(COPIED | place);
        Ok(())
    }

    /// Gives away what there is.
    pub(super) fn flush(&mut self, pieces: &mut Pieces) {
        if !self.entries.is_empty() {
            pieces.push_words(self.offset + self.page * PAGE * 8, &self.entries);
            self.entries.clear();
        }
    }
}
