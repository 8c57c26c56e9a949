//! Optical media as disks: ISO 9660 and UDF.
//!
//! The first 16 sectors of 2048 bytes belong to no volume (the *system area*): hybrid media put a disk's boot code and
//! partition tables there. Then follow the volume descriptors of ISO 9660, one of which may point to the El Torito
//! boot catalogue, and those that announce UDF. The media are a disk byte for byte, and are opened as that;
//! [`bootable`] makes of them what firmware starts from a disk.
//!
//! Sources: ECMA-119 (ISO 9660) 4th edition, sections 6 and 8; Joliet specification; "El Torito" Bootable CD-ROM
//! Format Specification 1.0; ECMA-167 3rd edition and UDF 2.60; UEFI 2.10, sections 5 and 13.3.
//!
//! Not supported: writing; sessions but the first; High Sierra media, which came before ISO 9660; El Torito's
//! selection criteria (entries are taken in order).

mod bootable;
mod catalog;
mod descriptors;
mod fat;
mod gpt;
mod image;
mod mbr;
mod media;
mod overlay;
mod partitions;
mod udf;

pub use bootable::{Bootable, bootable};

use crate::{CreateOptions, Disk, Format, Info, Opener, vhd};
use media::Media;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, WriteAt};

const NAME: &str = "iso";

/// Bytes of a sector of optical media: the unit of all places that volumes and boot catalogues name.
const SECTOR: u64 = 2048;

/// Bytes of a sector of a disk: the unit of partition tables.
const DISK_SECTOR: u64 = 512;

/// Where the volume descriptors begin, and what is free for a disk's boot code and tables ends.
const SYSTEM_AREA: u64 = 16 * SECTOR;

/// What every disk is a multiple of that is made of media.
const MIB: u64 = 1 << 20;

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    /// A volume of ISO 9660 or UDF that is not merely what is left of one. A disk that media were once written to as a
    /// whole keeps their descriptors when it is partitioned anew; then its partitions contradict the volume.
    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        // In a fixed VHD they are the guest's disk.
        Ok(media::is_marked(file)? && !media::is_remains(file)? && vhd::fixed_footer(file)? != Some(true))
    }

    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        Ok(Media::read(file)?.info())
    }

    fn open(&self, file: Source, _: &dyn Opener) -> Result<Arc<dyn Disk>> {
        // Media that end early are noted; what is there can be looked into.
        let info = Media::read(&file)?.info();
        Ok(Arc::new(image::Image::new(file, info)))
    }

    fn create(&self, _: Arc<dyn WriteAt>, _: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        Err(Error::unsupported("ISO media are read and not written; write raw, qcow2 or vhd"))
    }
}
