//! Reading.

use super::header::{Header, Kind};
use super::map::{Map, Place};
use crate::{Disk, Info, Mapping};
use storage::{Extent, ReadAt, Result, Source, State, check_range, to_usize};

/// The disk.
#[derive(Debug)]
pub(super) struct Image {
    file: Source,
    info: Info,
    map: Map,
    /// Of a fixed disk no block is missing, so that holes of the file are all that can be skipped.
    fixed: bool,
}

impl Image {
    pub(super) fn new(file: Source, header: &Header, map: Map) -> Self {
        Image { file, info: header.info(), map, fixed: header.kind == Kind::Fixed }
    }

    /// The rest of the run at `offset`, and where that is in the file.
    fn rest(&self, offset: u64) -> (u64, Place) {
        let (range, place) = self.map.run(offset);
        let place = match place {
            Place::At(at) => Place::At(at + (offset - range.start)),
            other => other,
        };
        (range.end.min(self.size()), place)
    }
}

impl ReadAt for Image {
    fn size(&self) -> u64 {
        self.info.virtual_size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        while !buf.is_empty() {
            let (end, place) = self.rest(offset);
            let len = to_usize((end - offset).min(buf.len() as u64))?;
            let (part, rest) = buf.split_at_mut(len);
            match place {
                Place::At(at) => self.file.read_at(part, at)?,
                Place::Free | Place::Zero => part.fill(0),
            }
            buf = rest;
            offset += len as u64;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let (mut end, place) = self.rest(offset);
        let state = match place {
            Place::Free => State::Unmapped,
            Place::Zero => State::Zero,
            Place::At(at) if self.fixed => {
                let below = self.file.extent_at(at)?;
                end = end.min(offset + (below.range.end - at));
                below.state
            }
            Place::At(_) => State::Data,
        };
        Ok(Extent { range: offset..end, state })
    }
}

impl Disk for Image {
    fn info(&self) -> &Info {
        &self.info
    }

    /// There is no parent, so that this file is the one that says what free blocks are.
    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        let mapping = Mapping::of(self.extent_at(offset)?);
        let offset = match self.rest(offset).1 {
            Place::At(at) => Some(at),
            Place::Free | Place::Zero => None,
        };
        Ok(Mapping { present: true, offset, ..mapping })
    }
}
