//! btrfs.
//!
//! Specification: Linux `include/uapi/linux/btrfs_tree.h` and `Documentation/filesystems/btrfs` (btrfs.readthedocs.io,
//! "On-disk Format"). The tree that is shown is the top level (`subvolid=5`), in which every subvolume is a directory.
//! Metadata and data are checked against their checksums and read from the copy that agrees. Of several devices one is
//! read: what has no copy on it is an error. Not supported: RAID5 and RAID6, zoned devices, the second version of the
//! extent tree, the RAID stripe tree. A log that was not replayed is not read: files are as the last commit left them.

mod checksum;
mod chunks;
mod compression;
mod content;
mod features;
mod free;
mod free_space;
mod inode;
mod lzo;
mod node;
mod reach;
mod roots;
mod space;
mod superblock;
mod trees;
mod view;

use crate::cache::Cached;
use crate::tree::{Driver, FileSystem, Info, See};
use std::sync::Arc;
use storage::{Error, ErrorKind, ReadAt, Result, Source};
use superblock::Superblock;
use trees::Trees;
use view::View;

/// Reads btrfs.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "btrfs"
    }

    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::read(volume)?.is_some())
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        let superblock = superblock(volume)?;
        let info = superblock.info(volume);
        match Trees::open(volume, superblock).and_then(|trees| trees.available()) {
            Ok(free) => Ok(Info { free: Some(free), ..info }),
            Err(error) if error.kind() == ErrorKind::Io => Err(error),
            // Its superblock says enough, and `open` will say what is wrong.
            Err(_) => Ok(info),
        }
    }

    fn proven(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::read(volume)?.is_some_and(|superblock| superblock.proven))
    }

    fn unused(&self, volume: &dyn ReadAt, see: &mut See<'_>) -> Result<()> {
        free::unused(volume, superblock(volume)?, see)
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let info = self.info(&*volume)?;
        let superblock = superblock(&*volume)?;
        let volume: Source = Arc::new(Cached::new(volume));
        Ok(Box::new(View::new(Trees::open(volume, superblock)?, info)?))
    }
}

fn superblock(volume: &dyn ReadAt) -> Result<Superblock> {
    let at = superblock::COPIES[0];
    Superblock::read(volume)?.ok_or_else(|| Error::corrupt(at, "there is no btrfs superblock here"))
}
