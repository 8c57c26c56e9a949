//! The tree of names, from the top level on: subvolumes are directories in it.

use super::inode::{FIRST, Inode};
use super::roots::{ROOT_ITEM, Root, TOP_LEVEL};
use super::trees::Trees;
use crate::GuestPath;
use crate::nodes::MAX_LINK;
use crate::tree::{Entry, FileKind, FileSystem, Info, Metadata, Subvolume, check_limit};
use storage::{Error, ReadAt, Result};

/// The number of the directory that stands for a subvolume which is not in its place, as in a snapshot of what it lies in
/// (`BTRFS_EMPTY_SUBVOL_DIR_OBJECTID`).
const EMPTY: u64 = 2;

/// A file, by its subvolume and number.
#[derive(Clone, Copy)]
struct Place {
    root: Root,
    number: u64,
}

pub(super) struct View<V> {
    trees: Trees<V>,
    top: Root,
    info: Info,
}

impl<V: ReadAt> View<V> {
    pub(super) fn new(trees: Trees<V>, info: Info) -> Result<Self> {
        let top = trees.root(TOP_LEVEL)?.ok_or_else(|| Error::corrupt(0, "btrfs: the top level is missing"))?;
        let view = View { trees, top, info };
        view.trees.inode(top.pointer, FIRST)?;
        Ok(view)
    }

    /// No directory on the way may be one that the way has come through.
    fn find(&self, path: &GuestPath) -> Result<Place> {
        self.walk(path).map_err(|error| error.within(path))
    }

    fn walk(&self, path: &GuestPath) -> Result<Place> {
        let mut here = Place { root: self.top, number: FIRST };
        let mut way = Vec::new();
        for name in path.names() {
            let place = (here.root.id, here.number);
            if way.contains(&place) {
                return Err(Error::corrupt(0, "btrfs: a directory lies within itself"));
            }
            way.push(place);
            here = self.below(here, name)?;
        }
        match way.contains(&(here.root.id, here.number)) {
            true => Err(Error::corrupt(0, "btrfs: a directory lies within itself")),
            false => Ok(here),
        }
    }

    fn below(&self, directory: Place, name: &[u8]) -> Result<Place> {
        let Place { root, number } = directory;
        let entry = match number {
            EMPTY => None,
            number => self.trees.lookup(root.pointer, number, name)?,
        };
        let location = entry.ok_or_else(|| Error::not_found("file not found"))?.location;
        if location.kind != ROOT_ITEM {
            return Ok(Place { root, number: location.object });
        }
        let below = self.trees.below(root.id, number, name, location.object)?;
        Ok(below.map_or(Place { root, number: EMPTY }, |root| Place { root, number: FIRST }))
    }

    fn inode(&self, place: Place) -> Result<Inode> {
        match place.number {
            EMPTY => {
                let metadata =
                    Metadata { kind: FileKind::Directory, size: 0, mode: 0o755, uid: 0, gid: 0, immutable: false };
                Ok(Inode { metadata, checked: true })
            }
            number => self.trees.inode(place.root.pointer, number),
        }
    }

    fn content(&self, path: &GuestPath, wanted: FileKind, len: impl Fn(u64) -> Result<u64>) -> Result<Vec<u8>> {
        let place = self.find(path)?;
        let inode = self.inode(place).map_err(|error| error.within(path))?;
        let Metadata { kind, size, .. } = inode.metadata;
        if kind != wanted {
            return Err(Error::unsupported(format!("{path}: not {} but {}", wanted.word(), kind.word())));
        }
        let content = self.trees.content(place.root.pointer, place.number, &inode, len(size)?);
        content.map_err(|error| error.within(path))
    }
}

impl<V: ReadAt> FileSystem for View<V> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let place = self.find(path)?;
        Ok(self.inode(place).map_err(|error| error.within(path))?.metadata)
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        let place = self.find(path)?;
        match self.inode(place).map_err(|error| error.within(path))?.metadata.kind {
            FileKind::Directory if place.number == EMPTY => Ok(Vec::new()),
            FileKind::Directory => {
                self.trees.list(place.root.pointer, place.number).map_err(|error| error.within(path))
            }
            _ => Err(Error::not_found(format!("{path}: not a directory"))),
        }
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        self.content(path, FileKind::Link, |size| match size {
            size if size > MAX_LINK => Err(Error::corrupt(0, format!("{path}: a link of {size} bytes"))),
            size => Ok(size),
        })
    }

    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>> {
        self.content(path, FileKind::File, |size| check_limit(path, size, limit).map(|()| size))
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        self.content(path, FileKind::File, |size| Ok(len.min(size)))
    }

    fn subvolumes(&self) -> Result<Vec<Subvolume>> {
        self.trees.subvolumes()
    }
}
