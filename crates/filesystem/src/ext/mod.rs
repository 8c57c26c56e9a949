//! ext2, ext3 and ext4.
//!
//! Specification: Linux `Documentation/filesystems/ext4/`. Names and metadata are found by the crate `ext4-view`
//! (`view.rs`); the superblock, the journal, the content of files and what bounds the walk are read here. Not supported: the features that
//! `features.rs` does not list as readable, a journal on another device, fast commits.

mod blocks;
mod directory;
mod features;
mod free;
mod group;
mod inode;
mod journal;
mod replay;
mod superblock;
mod view;

use crate::GuestPath;
use crate::cache::Cached;
use crate::tree::{Driver, Entry, FileKind, FileSystem, Info, Metadata, See, check_limit};
use directory::Lookup;
use inode::Inode;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};
use superblock::Superblock;
use view::View;

/// Longest target of a link that Linux makes, in bytes.
const MAX_LINK: u64 = 4096;

/// Reads ext2, ext3 and ext4.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "ext"
    }

    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        let is_tree = |superblock: &Superblock| superblock.incompat & features::JOURNAL_DEVICE == 0;
        Ok(Superblock::read(volume)?.is_some_and(|superblock| is_tree(&superblock)))
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        Ok(superblock(volume)?.info(volume.size()))
    }

    fn proven(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Superblock::read(volume)?.is_some_and(|superblock| superblock.is_proven()))
    }

    fn unused(&self, volume: &dyn ReadAt, see: &mut See<'_>) -> Result<()> {
        free::unused(volume, &superblock(volume)?, see)
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let superblock = superblock(&*volume)?;
        superblock.check(volume.size())?;
        let unreadable = features::unreadable(superblock.incompat);
        if !unreadable.is_empty() {
            return Err(Error::unsupported(format!("ext: {} is not read here", unreadable.join(", "))));
        }
        let before = superblock.info(volume.size());
        let (volume, replay) = journal::replayed(Arc::new(Cached::new(volume)), &superblock)?;
        // The journal may hold a newer superblock: other counts of what is free, even another size.
        let superblock = self::superblock(&*volume)?;
        superblock.check(volume.size())?;
        let Info { size, free, inodes, free_inodes, .. } = superblock.info(volume.size());
        let notes = before.notes.into_iter().chain(replay).collect();
        let info = Info { size, free, inodes, free_inodes, notes, ..before };
        let view = View::load(volume.clone(), superblock.has_checksum() && superblock.inode_size == 128)?;
        Ok(Box::new(Tree { volume, superblock, lookup: Lookup::default(), view, info }))
    }
}

fn superblock(volume: &dyn ReadAt) -> Result<Superblock> {
    Superblock::read(volume)?.ok_or_else(|| Error::corrupt(superblock::OFFSET, "there is no ext superblock here"))
}

struct Tree {
    /// As it will be when the journal has been replayed.
    volume: Source,
    superblock: Superblock,
    lookup: Lookup,
    view: View,
    info: Info,
}

impl Tree {
    fn inode(&self, path: &GuestPath) -> Result<Inode> {
        self.lookup.find(&*self.volume, &self.superblock, path)
    }

    /// The inode of a regular file, with a right checksum.
    fn file(&self, path: &GuestPath) -> Result<Inode> {
        let inode = self.inode(path)?;
        match self.view.metadata(path)?.kind {
            FileKind::File => Ok(inode),
            kind => Err(Error::unsupported(format!("{path}: not a regular file but {}", kind.word()))),
        }
    }
}

impl FileSystem for Tree {
    fn info(&self) -> &Info {
        &self.info
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let immutable = self.inode(path)?.is_immutable();
        Ok(Metadata { immutable, ..self.view.metadata(path)? })
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        let inode = self.inode(path)?;
        self.lookup.check(&*self.volume, &self.superblock, &inode).map_err(|error| error.within(path))?;
        self.view.read_dir(path)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        match self.inode(path)?.size {
            size if size > MAX_LINK => Err(Error::corrupt(0, format!("{path}: a link of {size} bytes"))),
            _ => self.view.read_link(path),
        }
    }

    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>> {
        let inode = self.file(path)?;
        check_limit(path, inode.size, limit)?;
        inode.content(&*self.volume, &self.superblock, inode.size)
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        let inode = self.file(path)?;
        inode.content(&*self.volume, &self.superblock, len.min(inode.size))
    }
}
