//! Reading.

use super::dynamic::{DynamicHeader, read_table};
use crate::{Disk, Info, Mapping};
use std::ops::Range;
use storage::{Error, Extent, ReadAt, Result, Source, State, check_range, to_usize};

/// Blocks that one extent may span: whoever walks extents step by step must not pay for the whole table each time.
const MAX_LOOK: usize = 1024;

/// The disk's bytes, then the footer.
#[derive(Debug)]
pub(super) struct Fixed {
    file: Source,
    info: Info,
}

impl Fixed {
    /// `end` is where the footer begins: there the disk must end too.
    pub(super) fn new(file: Source, info: Info, current_size: u64, end: u64) -> Result<Self> {
        if current_size != end {
            let what = format!("VHD footer: the current size is {current_size} bytes, but the file holds {end}");
            return Err(Error::corrupt(end + 48, what));
        }
        if info.virtual_size > end {
            let what = format!("VHD footer: the geometry is larger than the {end} bytes that the file holds");
            return Err(Error::corrupt(end + 56, what));
        }
        Ok(Fixed { file, info })
    }
}

impl ReadAt for Fixed {
    fn size(&self) -> u64 {
        self.info.virtual_size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        self.file.read_at(buf, offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let below = self.file.extent_at(offset)?;
        Ok(Extent { range: offset..below.range.end.min(self.size()), state: below.state })
    }
}

impl Disk for Fixed {
    fn info(&self) -> &Info {
        &self.info
    }

    /// Everything has a place; holes of the file below are where nothing was ever stored.
    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        let mut extent = self.extent_at(offset)?;
        if extent.state != State::Data {
            extent.state = State::Unmapped;
        }
        Ok(Mapping { present: true, offset: Some(offset), ..Mapping::of(extent) })
    }
}

/// Blocks, each somewhere or nowhere.
#[derive(Debug)]
pub(super) struct Dynamic {
    file: Source,
    info: Info,
    block_size: u64,
    /// Where the data of each block is.
    places: Vec<Option<u64>>,
}

impl Dynamic {
    pub(super) fn new(file: Source, info: Info, header: &DynamicHeader, end: u64) -> Result<Self> {
        let places = read_table(&file, header, info.virtual_size, end)?;
        Ok(Dynamic { file, info, block_size: u64::from(header.block_size), places })
    }

    /// The block at `offset`: its range in the disk, and where that is in the file.
    fn block(&self, offset: u64) -> Result<(Range<u64>, Option<u64>)> {
        let i = offset / self.block_size;
        let start = i * self.block_size;
        Ok((start..(start + self.block_size).min(self.size()), self.places[to_usize(i)?]))
    }
}

impl ReadAt for Dynamic {
    fn size(&self) -> u64 {
        self.info.virtual_size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        while !buf.is_empty() {
            let (range, place) = self.block(offset)?;
            let len = to_usize((range.end - offset).min(buf.len() as u64))?;
            let (part, rest) = buf.split_at_mut(len);
            match place {
                Some(place) => self.file.read_at(part, place + (offset - range.start))?,
                None => part.fill(0),
            }
            buf = rest;
            offset += len as u64;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let (mut range, place) = self.block(offset)?;
        range.start = offset;
        if place.is_some() {
            return Ok(Extent { range, state: State::Data });
        }
        let i = to_usize(offset / self.block_size)?;
        let absent = self.places[i..].iter().take(MAX_LOOK).take_while(|place| place.is_none()).count() as u64;
        let end = (i as u64 + absent) * self.block_size;
        Ok(Extent { range: offset..end.min(self.size()), state: State::Unmapped })
    }
}

impl Disk for Dynamic {
    fn info(&self) -> &Info {
        &self.info
    }

    /// A block that is not there is known to be zeros.
    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        let extent = self.extent_at(offset)?;
        let (block, place) = self.block(offset)?;
        Ok(Mapping { present: true, offset: place.map(|at| at + (offset - block.start)), ..Mapping::of(extent) })
    }
}
