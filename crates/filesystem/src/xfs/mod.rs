//! XFS, versions 4 and 5: the root filesystem of RHEL and its kin since version 7.
//!
//! Specification: XFS Algorithms & Data Structures (Linux `xfs-documentation`), and the names that `xfs_info` prints.
//! Trees are read from the numbers in directories on: the indices of directories and the trees of inodes are not asked.
//! Not supported: files in a realtime section, directories of version 1, features newer than `metadir`, extended
//! attributes; in `log/mod.rs` is said what of the log.

mod directory;
mod extents;
mod features;
mod free;
mod groups;
mod inode;
mod log;
mod space;
mod superblock;
#[cfg(test)]
mod tests;
mod tree;

use crate::cache::Cached;
use crate::nodes::NodeTree;
use crate::tree::{Driver, FileSystem, Info, See};
use groups::FreeSpace;
use log::Log;
use std::sync::Arc;
use storage::{Error, ErrorKind, ReadAt, Result, Source};
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
            Ok(()) => fill(&mut info, &Log::glance(volume, &superblock)?),
            Err(error) => info.notes.push(error.to_string()),
        }
        Ok(info)
    }

    fn proven(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::read(volume)?.is_some_and(|superblock| superblock.is_proven()))
    }

    fn unused(&self, volume: &dyn ReadAt, see: &mut See<'_>) -> Result<()> {
        free::unused(volume, &superblock(volume)?, see)
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let volume: Source = Arc::new(Cached::new(volume));
        let mut superblock = readable(&*volume)?;
        let log = Log::read(&*volume, &superblock)?;
        let mut info = superblock.info(volume.size());
        fill(&mut info, &log);
        let (replayed, note) = log.replay(&volume, &superblock)?;
        info.notes.extend(note);
        if let Some(volume) = &replayed {
            // The log may hold a newer superblock: another size, other features.
            superblock = readable(volume)?;
            let Info { size, errors, features, .. } = superblock.info(volume.size());
            info = Info { size, errors, features, ..info };
            recount(volume, &superblock, &mut info)?;
        }
        let volume = replayed.unwrap_or(volume);
        Ok(Box::new(NodeTree::new(Tree { volume, superblock }, info)))
    }
}

fn superblock(volume: &dyn ReadAt) -> Result<Superblock> {
    Superblock::read(volume)?.ok_or_else(|| Error::corrupt(0, "there is no XFS superblock here"))
}

/// A superblock that has been checked, of features that are read here.
fn readable(volume: &dyn ReadAt) -> Result<Superblock> {
    let superblock = superblock(volume)?;
    superblock.check(volume.size())?;
    let newer = superblock.features.unreadable();
    match newer.is_empty() {
        true => Ok(superblock),
        false => Err(Error::unsupported(format!("newer XFS: {} is not read here", newer.join(", ")))),
    }
}

fn fill(info: &mut Info, log: &Log) {
    info.clean = log.clean;
    info.notes.extend_from_slice(&log.notes);
}

/// Counts anew what the superblock only has from the last time it was written; Linux does so after a replay.
fn recount(volume: &dyn ReadAt, superblock: &Superblock, info: &mut Info) -> Result<()> {
    if superblock.groups > free::MAX_GROUPS {
        info.notes.push("what is free is not counted anew: it has too many groups".into());
        return Ok(());
    }
    let (mut free, mut inodes, mut free_inodes) = (0, 0, 0);
    for group in 0..superblock.groups {
        let counts = FreeSpace::read(volume, superblock, group)
            .and_then(|space| Ok((space.counted(), groups::inodes(volume, superblock, group)?)));
        match counts {
            Ok((blocks, (all, unused))) => {
                free += blocks;
                inodes += all;
                free_inodes += unused;
            }
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => {
                info.notes.push(format!("what is free is not counted anew: {error}"));
                return Ok(());
            }
        }
    }
    superblock.count(info, free, inodes, free_inodes);
    Ok(())
}
