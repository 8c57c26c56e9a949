//! Reading.

use super::map::{Map, Place};
use super::patches::{Patches, Replayed};
use crate::holes::Holes;
use crate::{Disk, Info, Mapping, join};
use storage::{Extent, ReadAt, Result, Source, State, check_range, to_usize};

/// Blocks, each somewhere or nowhere.
#[derive(Debug)]
pub(super) struct Image {
    file: Source,
    patches: Patches,
    info: Info,
    map: Map,
    holes: Holes,
}

impl Image {
    /// All places of `map` must lie within the file as it is after the replay.
    pub(super) fn new(file: Source, patches: Patches, info: Info, map: Map) -> Self {
        Image { file, patches, info, map, holes: Holes::default() }
    }

    fn replayed(&self) -> Replayed<'_> {
        Replayed { file: &self.file, patches: &self.patches }
    }

    /// What run number `i` is from `offset` on, as far as it is all the same.
    fn run_extent(&self, i: usize, offset: u64) -> Result<Extent> {
        let (range, place) = self.map.run(i);
        let left = range.end - offset;
        let (len, state) = match place {
            Place::Absent => (left, State::Unmapped),
            Place::Zero => (left, State::Zero),
            Place::At(at) => self.holes.run(&self.replayed(), at + (offset - range.start), left)?,
        };
        Ok(Extent { range: offset..offset + len, state })
    }
}

impl ReadAt for Image {
    fn size(&self) -> u64 {
        self.map.size()
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        let mut i = self.map.find(offset);
        while !buf.is_empty() {
            let (range, place) = self.map.run(i);
            let len = to_usize((range.end - offset).min(buf.len() as u64))?;
            let (part, rest) = buf.split_at_mut(len);
            match place {
                Place::Absent | Place::Zero => part.fill(0),
                Place::At(at) => self.replayed().read_at(part, at + (offset - range.start))?,
            }
            buf = rest;
            offset += len as u64;
            i += 1;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let first = self.map.find(offset);
        let start = |i| self.map.run(i).0.start;
        let extent = self.run_extent(first, offset)?;
        join::runs(extent, first + 1..self.map.len(), start, |i| self.run_extent(i, start(i)))
    }
}

impl Disk for Image {
    fn info(&self) -> &Info {
        &self.info
    }

    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        check_range(self.size(), offset, 1)?;
        let i = self.map.find(offset);
        let mut extent = self.run_extent(i, offset)?;
        let (range, place) = self.map.run(i);
        let Place::At(at) = place else { return Ok(Mapping::of(extent)) };
        let at = at + (offset - range.start);
        // What a log changed is elsewhere than in its place, and some of it in pieces.
        let plain = self.patches.plain(&self.file, at, extent.size());
        if plain > 0 {
            extent.range.end = offset + plain;
        }
        Ok(Mapping { offset: (plain > 0).then_some(at), ..Mapping::of(extent) })
    }
}
