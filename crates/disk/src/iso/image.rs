//! Media as a disk: the file, byte for byte.

use crate::{Disk, Info, Mapping};
use storage::{Extent, ReadAt, Result, Source};

/// The bytes as they are.
#[derive(Debug)]
pub(super) struct Image {
    file: Source,
    info: Info,
}

impl Image {
    pub(super) fn new(file: Source, info: Info) -> Self {
        Image { file, info }
    }
}

impl ReadAt for Image {
    fn size(&self) -> u64 {
        self.info.virtual_size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_at(buf, offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.file.extent_at(offset)
    }
}

impl Disk for Image {
    fn info(&self) -> &Info {
        &self.info
    }

    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        let extent = self.extent_at(offset)?;
        let place = extent.is_data().then_some(offset);
        Ok(Mapping { offset: place, ..Mapping::of(extent) })
    }
}
