//! UFS1 and UFS2, the filesystems of FreeBSD (the Fast File System).
//!
//! A volume is divided into cylinder groups, each with a table of inodes; an inode leads to its content by block numbers,
//! twelve of them direct and three through trees. Space is counted in fragments, eight or fewer to a block, and the end
//! of a small file may lie in fragments of a block.
//!
//! Specification: FreeBSD `sys/ufs/ffs/fs.h`, `sys/ufs/ufs/{dinode,dir}.h`; fs(5). Not supported: numbers with the
//! highest byte first (recognised, and the superblock tells), the directories of before 4.4BSD, snapshots. The journal
//! of soft updates is not replayed: what was changed last before a crash is as it lies on the volume.

mod blocks;
mod directory;
mod flags;
mod geometry;
mod inode;
mod superblock;

use crate::cache::Cached;
use crate::nodes::NodeTree;
use crate::tree::{Driver, FileSystem, Info};
use directory::Tree;
use geometry::Geometry;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};
use superblock::Superblock;

/// Reads UFS1 and UFS2.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "ufs"
    }

    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::find(volume)?.is_some())
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        Ok(superblock(volume)?.info(volume.size()))
    }

    fn proven(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::find(volume)?.is_some_and(|superblock| superblock.check_hash() == Some(true)))
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let superblock = superblock(&*volume)?;
        let geometry = Geometry::new(&superblock, volume.size())?;
        let info = superblock.info(volume.size());
        let volume: Source = Arc::new(Cached::new(volume));
        Ok(Box::new(NodeTree::new(Tree { volume, geometry }, info)))
    }
}

fn superblock(volume: &dyn ReadAt) -> Result<Superblock> {
    Superblock::find(volume)?.ok_or_else(|| Error::corrupt(superblock::PLACES[0], "there is no UFS superblock here"))
}
