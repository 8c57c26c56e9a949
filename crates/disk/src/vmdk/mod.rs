//! VMDK, the disk format of VMware.
//!
//! A descriptor, which is text, says which extents the disk is made of: flat files, sparse files (a header, a grain
//! directory that leads to grain tables that lead to grains, mostly of 64 KiB), or nothing. The descriptor is a file
//! of its own, or stands in the one sparse file that is the whole disk. Grains of a stream (`streamOptimized`) are
//! compressed, each behind a marker that says which it is, and the directory comes last. All numbers little-endian.
//!
//! Source: "Virtual Disk Format 5.0", VMware, 2011; and qemu's `block/vmdk.c` for flags that came later.
//!
//! Extents in other files are opened by the [`Opener`] alone, and only under plain names, beside the descriptor.
//!
//! Written are streams. Not supported: disks with a parent (snapshots), COWD and seSparse extents of ESX (named, and
//! refused), raw devices (refused), compressed grains without markers.

mod check;
mod descriptor;
mod directory;
mod extent_line;
mod grains;
mod header;
mod image;
mod kind;
mod marker;
#[allow(dead_code)] // Replaced by that of the disk crate.
mod places;
mod said;
mod set;
mod sparse;
mod stream_end;
mod tables;
mod writer;

use crate::{Checked, CreateOptions, Disk, Format, Info, Opener};
use kind::Kind;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, WriteAt};

const NAME: &str = "vmdk";
const SECTOR: u64 = 512;

/// Sectors of the largest disk: lengths in bytes are signed elsewhere.
const MAX_SECTORS: u64 = i64::MAX.cast_unsigned() / SECTOR;

/// Told of damage; an error stops the walk.
type Found<'a> = &'a mut dyn FnMut(Error) -> Result<()>;

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        Ok(Kind::of(file)?.is_some())
    }

    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        said::info(file)
    }

    fn open(&self, file: Source, opener: &dyn Opener) -> Result<Arc<dyn Disk>> {
        Ok(Arc::new(image::open(file, opener)?))
    }

    fn check(&self, file: Source) -> Result<Option<Checked>> {
        check::check(&file).map(Some)
    }

    fn options(&self) -> &'static [(&'static str, &'static str)] {
        writer::OPTIONS
    }

    fn create(&self, file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        writer::create(file, options)
    }
}
