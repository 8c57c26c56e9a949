//! FAT12, FAT16 and FAT32: EFI system partitions, and some `/boot`.
//!
//! Specification: Microsoft FAT32 File System Specification 1.03. The tree is read by the crate `fatfs` (`tree.rs`).
//! Not supported: FAT32 with fewer clusters than the specification asks for, names in a code page (their bytes above
//! 0x7F are replaced).

mod bpb;
mod free;
mod tree;

use crate::cache::Cached;
use crate::tree::{Driver, FileSystem, Info, See};
use bpb::Bpb;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};

/// Reads FAT12, FAT16 and FAT32.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "fat"
    }

    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Bpb::read(volume)?.is_some())
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        bpb(volume)?.info(volume)
    }

    fn unused(&self, volume: &dyn ReadAt, see: &mut See<'_>) -> Result<()> {
        free::unused(volume, &bpb(volume)?, see)
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let bpb = bpb(&*volume)?;
        bpb.check(volume.size())?;
        let info = bpb.info(&*volume)?;
        Ok(Box::new(tree::Tree::open(Arc::new(Cached::new(volume)), &bpb, info)?))
    }
}

fn bpb(volume: &dyn ReadAt) -> Result<Bpb> {
    Bpb::read(volume)?.ok_or_else(|| Error::corrupt(0, "there is no FAT boot sector here"))
}
