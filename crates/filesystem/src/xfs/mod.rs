//! XFS, versions 4 and 5: the root filesystem of RHEL and its kin since version 7.
//!
//! Specification: XFS Algorithms & Data Structures (Linux `xfs-documentation`), and the names that `xfs_info` prints.
//! Trees are read from the numbers in directories on: the indices of directories and the trees of inodes are not asked.
//! Not supported: files in a realtime section, directories of version 1, features newer than `metadir`, extended
//! attributes; in `log/mod.rs` is said what of the log.

mod directory;
mod extents;
mod features;
mod inode;
mod log;
mod superblock;
mod tree;

use crate::cache::Cached;
use crate::nodes::NodeTree;
use crate::tree::{Driver, FileSystem, Info};
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};
use superblock::Superblock;
use tree::Tree;

/// Reads XFS.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "xfs"
    }

    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::read(volume)?.is_some())
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        let superblock = superblock(volume)?;
        let mut info = superblock.info(volume.size());
        match superblock.check(volume.size()) {
            Ok(()) => log::note(volume, &superblock, &mut info)?,
            Err(error) => info.notes.push(error.to_string()),
        }
        Ok(info)
    }

    fn proven(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::read(volume)?.is_some_and(|superblock| superblock.is_proven()))
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let volume: Source = Arc::new(Cached::new(volume));
        let superblock = superblock(&*volume)?;
        superblock.check(volume.size())?;
        let newer = superblock.features.unreadable();
        if !newer.is_empty() {
            return Err(Error::unsupported(format!("newer XFS: {} is not read here", newer.join(", "))));
        }
        let info = self.info(&*volume)?;
        Ok(Box::new(NodeTree::new(Tree { volume, superblock }, info)))
    }
}

fn superblock(volume: &dyn ReadAt) -> Result<Superblock> {
    Superblock::read(volume)?.ok_or_else(|| Error::corrupt(0, "there is no XFS superblock here"))
}
