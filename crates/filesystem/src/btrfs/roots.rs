//! The tree of trees: where each tree has its root, and the subvolumes.
//!
//! Linux `include/uapi/linux/btrfs_tree.h` (`struct btrfs_root_item`, `btrfs_root_ref`).

use super::inode::{FIRST, names};
use super::node::{Key, Pointer};
use super::trees::Trees;
use crate::GuestPath;
use crate::field::{le16, le32, le64};
use crate::tree::Subvolume;
use std::collections::HashMap;
use storage::{Error, ReadAt, Result, is_zero};

/// Objects of the tree of trees.
pub(super) const EXTENTS: u64 = 2;
pub(super) const DEVICES: u64 = 4;
pub(super) const TOP_LEVEL: u64 = 5;
pub(super) const CHECKSUMS: u64 = 7;
pub(super) const FREE_SPACE: u64 = 10;
pub(super) const BLOCK_GROUPS: u64 = 11;
/// The directory that names the default subvolume.
const DIRECTORY: u64 = 6;
/// Numbers of subvolumes, the top level left out.
const SUBVOLUMES: std::ops::RangeInclusive<u64> = 256..=u64::MAX - 256;

pub(super) const ROOT_ITEM: u8 = 132;
const ROOT_BACKREF: u8 = 144;
const ROOT_REF: u8 = 156;
const DIR_ITEM: u8 = 84;

/// Bytes of a root's item, in the first version of the format.
const ROOT_LEN: usize = 239;
const READ_ONLY: u64 = 1;

/// Subvolumes that are listed: snapshots are counted in hundreds.
const MAX_SUBVOLUMES: usize = 20_000;
/// Names on the way to a subvolume.
const MAX_DEPTH: usize = 256;

/// A tree, by its item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root {
    pub(super) id: u64,
    pub(super) pointer: Pointer,
    read_only: bool,
    snapshot: bool,
    /// A part of its blocks is free already.
    pub(super) half_deleted: bool,
    /// Nobody names it: it is being deleted.
    deleted: bool,
}

impl Root {
    pub(super) fn read(id: u64, item: &[u8]) -> Result<Self> {
        if item.len() < ROOT_LEN || item[238] > super::node::MAX_LEVEL {
            return Err(Error::corrupt(0, format!("btrfs: the item of tree {id} cannot be")));
        }
        // What follows is right only where the kernel that wrote last knew of it.
        let extended = item.len() >= 279 && le64(item, 239) == le64(item, 160);
        Ok(Root {
            id,
            pointer: Pointer { at: le64(item, 176), level: item[238], generation: le64(item, 160) },
            read_only: le64(item, 208) & READ_ONLY != 0,
            snapshot: extended && !is_zero(&item[263..279]),
            half_deleted: !is_zero(&item[220..237]),
            deleted: le32(item, 216) == 0,
        })
    }
}

/// Where a subvolume is named.
#[derive(Clone, Debug)]
struct Parent {
    id: u64,
    /// The directory in it.
    directory: u64,
    name: Vec<u8>,
}

impl Parent {
    /// From an item, whose key names the other tree.
    fn read(id: u64, item: &[u8]) -> Option<Self> {
        let name = (item.len() >= 18).then(|| item.get(18..18 + usize::from(le16(item, 16))))??;
        Some(Parent { id, directory: le64(item, 0), name: name.to_vec() })
    }
}

impl<V: ReadAt> Trees<V> {
    /// The tree of that number.
    pub(super) fn root(&self, id: u64) -> Result<Option<Root>> {
        let last = self.last(self.superblock.root(), Key::new(id, ROOT_ITEM, u64::MAX))?;
        last.filter(|(key, _)| key.is_of(id, ROOT_ITEM)).map(|(_, item)| Root::read(id, &item)).transpose()
    }

    /// The tree of that number, which must be there.
    pub(super) fn tree(&self, id: u64) -> Result<Pointer> {
        let root = self.root(id)?.ok_or_else(|| Error::corrupt(0, format!("btrfs: tree {id} is missing")))?;
        Ok(root.pointer)
    }

    /// The subvolume that an entry in a directory of another one leads to. None: it is named elsewhere, as the entries in
    /// snapshots are, and the kernel shows an empty directory.
    pub(super) fn below(&self, parent: u64, directory: u64, name: &[u8], id: u64) -> Result<Option<Root>> {
        let found = self.get(self.superblock.root(), Key::new(parent, ROOT_REF, id))?;
        let found = found.and_then(|item| Parent::read(parent, &item));
        match found.is_some_and(|at| at.directory == directory && at.name == name) {
            true => Ok(self.root(id)?.filter(|root| !root.deleted)),
            false => Ok(None),
        }
    }

    /// The number of the subvolume that is mounted where none is named.
    pub(super) fn default_subvolume(&self) -> Result<u64> {
        let key = Key::new(DIRECTORY, DIR_ITEM, super::inode::hash(b"default").into());
        let Some(item) = self.get(self.superblock.root(), key)? else { return Ok(TOP_LEVEL) };
        let entry = names(&item)?.into_iter().find(|entry| entry.name == b"default");
        Ok(entry.map_or(TOP_LEVEL, |entry| entry.location.object))
    }

    /// All of them, the top level first.
    pub(super) fn subvolumes(&self) -> Result<Vec<Subvolume>> {
        let default = self.default_subvolume()?;
        let mut roots: Vec<Root> = Vec::new();
        let mut parents = HashMap::new();
        let from = Key::new(*SUBVOLUMES.start(), 0, 0);
        self.each(self.superblock.root(), from, &mut |key, item| {
            if !SUBVOLUMES.contains(&key.object) {
                return Ok(false);
            }
            if key.kind == ROOT_ITEM {
                roots.push(Root::read(key.object, item)?);
            } else if key.kind == ROOT_BACKREF {
                parents.extend(Parent::read(key.offset, item).map(|parent| (key.object, parent)));
            }
            match roots.len() > MAX_SUBVOLUMES {
                true => Err(Error::unsupported(format!("btrfs: there are more than {MAX_SUBVOLUMES} subvolumes"))),
                false => Ok(true),
            }
        })?;
        let mut paths = Paths { trees: self, parents, known: HashMap::new() };
        paths.known.insert(TOP_LEVEL, Some(GuestPath::root()));
        let top = Subvolume {
            id: TOP_LEVEL,
            path: GuestPath::root(),
            snapshot: false,
            read_only: false,
            default: default == TOP_LEVEL,
        };
        let mut all = vec![top];
        for root in roots.iter().filter(|root| !root.deleted) {
            if let Some(path) = paths.of(root.id, 0)? {
                let Root { id, snapshot, read_only, .. } = *root;
                all.push(Subvolume { id, path, snapshot, read_only, default: id == default });
            }
        }
        Ok(all)
    }
}

/// Where subvolumes are, as far as that is known.
struct Paths<'a, V> {
    trees: &'a Trees<V>,
    parents: HashMap<u64, Parent>,
    known: HashMap<u64, Option<GuestPath>>,
}

impl<V: ReadAt> Paths<'_, V> {
    /// None: it lies in one that is not there, or in itself.
    fn of(&mut self, id: u64, depth: usize) -> Result<Option<GuestPath>> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        // Until it is known, whoever leads back here leads in a circle.
        self.known.insert(id, None);
        let Some(parent) = self.parents.get(&id).cloned().filter(|_| depth < MAX_DEPTH) else { return Ok(None) };
        let Some(above) = self.of(parent.id, depth + 1)? else { return Ok(None) };
        let Some(inside) = self.within(&parent)? else { return Ok(None) };
        let path = inside.iter().chain([&parent.name]).fold(above, |path, name| path.join(name));
        self.known.insert(id, Some(path.clone()));
        Ok(Some(path))
    }

    /// The names of the directories between the root of a subvolume and one that is named in it.
    fn within(&self, parent: &Parent) -> Result<Option<Vec<Vec<u8>>>> {
        let Some(root) = self.trees.root(parent.id)? else { return Ok(None) };
        let mut names = Vec::new();
        let mut directory = parent.directory;
        while directory != FIRST {
            match self.trees.name_of(root.pointer, directory)? {
                Some((above, name)) if names.len() < MAX_DEPTH => {
                    names.push(name);
                    directory = above;
                }
                _ => return Ok(None),
            }
        }
        names.reverse();
        Ok(Some(names))
    }
}
