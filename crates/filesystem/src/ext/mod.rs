//! ext2, ext3 and ext4.
//!
//! Specification: Linux `Documentation/filesystems/ext4/`. Names and metadata are found by the crate `ext4-view`
//! (`view.rs`); the superblock, the journal and the content of files are read here. Not supported: the features that
//! `features.rs` does not list as readable, a journal on another device, fast commits.

mod blocks;
mod features;
mod inode;
mod journal;
mod replay;
mod superblock;
mod view;

use crate::cache::Cached;
use crate::tree::{Driver, Entry, FileKind, FileSystem, Info, Metadata};
use crate::GuestPath;
use inode::Inode;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};
use superblock::Superblock;
use view::View;

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

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let superblock = superblock(&*volume)?;
        superblock.check(volume.size())?;
        let unreadable = features::unreadable(superblock.incompat);
        if !unreadable.is_empty() {
            return Err(Error::unsupported(format!("ext: {} is not read here", unreadable.join(", "))));
        }
        let mut info = superblock.info(volume.size());
        let (volume, replay) = journal::replayed(Arc::new(Cached::new(volume)), &superblock)?;
        info.notes.extend(replay);
        let view = View::load(volume.clone())?;
        Ok(Box::new(Tree { volume, superblock, view, info }))
    }
}

fn superblock(volume: &dyn ReadAt) -> Result<Superblock> {
    Superblock::read(volume)?.ok_or_else(|| Error::corrupt(superblock::OFFSET, "there is no ext superblock here"))
}

struct Tree {
    /// As it will be when the journal has been replayed.
    volume: Source,
    superblock: Superblock,
    view: View,
    info: Info,
}

impl Tree {
    /// The inode of a path that leads to a regular file.
    fn inode(&self, path: &GuestPath, kind: FileKind) -> Result<Inode> {
        match kind {
            FileKind::File => Inode::read(&*self.volume, &self.superblock, self.view.number(path)?),
            kind => Err(Error::unsupported(format!("{path}: not a regular file but {}", kind.word()))),
        }
    }

    fn file(&self, path: &GuestPath) -> Result<Inode> {
        self.inode(path, self.view.metadata(path)?.kind)
    }
}

impl FileSystem for Tree {
    fn info(&self) -> &Info {
        &self.info
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let mut metadata = self.view.metadata(path)?;
        if metadata.kind == FileKind::File {
            metadata.immutable = self.inode(path, metadata.kind)?.is_immutable();
        }
        Ok(metadata)
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        self.view.read_dir(path)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        self.view.read_link(path)
    }

    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>> {
        let inode = self.file(path)?;
        crate::tree::check_limit(path, inode.size, limit)?;
        inode.content(&*self.volume, &self.superblock, inode.size)
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        let inode = self.file(path)?;
        inode.content(&*self.volume, &self.superblock, len.min(inode.size))
    }
}
