//! VDI (VirtualBox).
//!
//! A header of version 1.1, a map with one number for each MiB of the disk, and the blocks. The map says which block of
//! the file holds the block of the disk, or that it was never written, or that it is zeros. A fixed disk is the same
//! with all blocks there. All numbers little-endian.
//!
//! Source: VirtualBox's `VDICore.h` and `VDI.cpp` for what the fields mean, qemu's `block/vdi.c` for what a second
//! reader accepts.
//!
//! Not supported: versions other than 1.1; differencing and undo images (named, and refused); blocks that are not 1 MiB
//! long or have extra data, and sectors that are not 512 bytes long, none of which VirtualBox makes.

mod check;
mod header;
mod image;
mod map;

use crate::fields::has;
use crate::{Checked, CreateOptions, Disk, Format, Info, Opener};
use header::Header;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, WriteAt, read_array};

const NAME: &str = "vdi";
const SECTOR: u64 = 512;

/// The only block size that VirtualBox and qemu make: 1 MiB.
const BLOCK: u64 = 1 << 20;

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        if file.size() < SECTOR {
            return Ok(false);
        }
        let start: [u8; header::LEN] = read_array(file, 0)?;
        Ok(has(&start, header::SIGNATURE_AT, header::SIGNATURE))
    }

    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        Ok(Header::read(file)?.info())
    }

    fn open(&self, file: Source, _: &dyn Opener) -> Result<Arc<dyn Disk>> {
        let header = Header::read(&file)?;
        header.refuse_layout()?;
        header.refuse_differencing()?;
        let map = map::read(&file, &header, &mut Err)?.map;
        Ok(Arc::new(image::Image::new(file, &header, map)))
    }

    fn check(&self, file: Source) -> Result<Option<Checked>> {
        let header = Header::read(&file)?;
        header.refuse_layout()?;
        check::check(&file, &header).map(Some)
    }

    fn create(&self, _: Arc<dyn WriteAt>, _: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        Err(Error::unsupported("VDI images are read and not written; write qcow2, VHD or raw"))
    }
}
