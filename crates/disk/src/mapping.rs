//! Where the runs of a disk are stored.

use crate::Disk;
use storage::{Extent, Result, State};

/// Where a run of the disk is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The run, and what it is.
    pub extent: Extent,
    /// 0: by the image itself; 1: by its backing file; and so on.
    pub depth: u32,
    /// Some file of the chain says what is there, if only that it is zeros.
    pub present: bool,
    /// Stored compressed.
    pub compressed: bool,
    /// Where it begins in the file that stores it, if it is stored there byte for byte.
    pub offset: Option<u64>,
}

impl Mapping {
    /// As much as the extent says.
    pub fn of(extent: Extent) -> Self {
        let present = extent.state != State::Unmapped;
        Mapping { extent, depth: 0, present, compressed: false, offset: None }
    }

    /// Whether the run reads as zeros, as far as is known without reading it.
    pub fn is_zero(&self) -> bool {
        self.extent.state != State::Data
    }

    /// Whether the image says that data is there. Zeros may be meant to be data: where an image gave them a place in
    /// which nothing was ever stored they are unmapped, present, and have an offset.
    pub fn is_data(&self) -> bool {
        match self.extent.state {
            State::Data => true,
            State::Unmapped => self.present && self.offset.is_some(),
            State::Zero => false,
        }
    }

    /// Whether `next` goes on where this ends, in the same way.
    fn continues(&self, next: &Mapping) -> bool {
        let offset = self.offset.and_then(|offset| offset.checked_add(self.extent.size()));
        self.extent.range.end == next.extent.range.start
            && (self.extent.state, self.depth, self.present, self.compressed)
                == (next.extent.state, next.depth, next.present, next.compressed)
            && offset == next.offset
    }
}

/// Walks the mappings of a disk in order, those that go on joined.
#[derive(Debug)]
pub struct Mappings<'a> {
    disk: &'a dyn Disk,
    next: Option<Mapping>,
    offset: u64,
}

impl<'a> Mappings<'a> {
    /// From the first byte to the last.
    pub fn new(disk: &'a dyn Disk) -> Self {
        Mappings { disk, next: None, offset: 0 }
    }

    fn fetch(&mut self) -> Result<Option<Mapping>> {
        if self.offset >= self.disk.size() {
            return Ok(None);
        }
        let mapping = self.disk.mapping_at(self.offset)?;
        self.offset = mapping.extent.range.end;
        Ok(Some(mapping))
    }

    fn joined(&mut self) -> Result<Option<Mapping>> {
        let Some(mut run) = self.next.take().map_or_else(|| self.fetch(), |next| Ok(Some(next)))? else {
            return Ok(None);
        };
        while let Some(next) = self.fetch()? {
            if !run.continues(&next) {
                self.next = Some(next);
                break;
            }
            run.extent.range.end = next.extent.range.end;
        }
        Ok(Some(run))
    }
}

impl Iterator for Mappings<'_> {
    type Item = Result<Mapping>;

    fn next(&mut self) -> Option<Self::Item> {
        let run = self.joined().transpose();
        if matches!(run, Some(Err(_))) {
            // What lies behind an error is not known.
            self.offset = u64::MAX;
        }
        run
    }
}
