//! Inodes, and the names in directories.
//!
//! Linux `include/uapi/linux/btrfs_tree.h` (`struct btrfs_inode_item`, `btrfs_dir_item`, `btrfs_inode_ref`).

use super::node::{KEY, Key, Pointer};
use super::trees::Trees;
use crate::crc::crc32c;
use crate::field::{le16, le32, le64};
use crate::tree::{Entry, FileKind, MAX_ENTRIES, Metadata};
use storage::{Error, ReadAt, Result};

/// The directory that a subvolume begins with.
pub(super) const FIRST: u64 = 256;

const INODE_ITEM: u8 = 1;
const INODE_REF: u8 = 12;
const DIR_ITEM: u8 = 84;
const DIR_INDEX: u8 = 96;

const INODE_LEN: usize = 160;
/// Bytes of an entry in front of its name.
const ENTRY: usize = 30;

/// Flags of inodes.
const NO_CHECKSUMS: u64 = 0x1;
const IMMUTABLE: u64 = 0x40;
const APPEND: u64 = 0x80;

/// The hash by which names are found.
pub(super) fn hash(name: &[u8]) -> u32 {
    crc32c(!1, name)
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) name: Vec<u8>,
    /// The key of an inode, or of a subvolume.
    pub(super) location: Key,
    pub(super) kind: FileKind,
}

/// All names in one item of a directory.
pub(super) fn names(item: &[u8]) -> Result<Vec<Name>> {
    let damaged = || Error::corrupt(0, "btrfs: a directory has an entry that does not fit its item");
    let mut names = Vec::new();
    let mut rest = item;
    while !rest.is_empty() {
        if rest.len() < ENTRY {
            return Err(damaged());
        }
        let (data, len) = (usize::from(le16(rest, 25)), usize::from(le16(rest, 27)));
        let name = rest.get(ENTRY..ENTRY + len).ok_or_else(damaged)?;
        if matches!(name, b"" | b"." | b"..") || name.iter().any(|byte| matches!(byte, b'/' | 0)) {
            return Err(Error::corrupt(0, "btrfs: a directory has an entry whose name cannot be one"));
        }
        let kind = match rest[29] {
            1 => FileKind::File,
            2 => FileKind::Directory,
            7 => FileKind::Link,
            _ => FileKind::Special,
        };
        names.push(Name { name: name.to_vec(), location: Key::read(rest, 0), kind });
        rest = rest.get(ENTRY + len + data..).ok_or_else(damaged)?;
    }
    Ok(names)
}

/// A file by its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inode {
    pub(super) metadata: Metadata,
    /// Its content has checksums.
    pub(super) checked: bool,
}

impl Inode {
    fn read(item: &[u8]) -> Result<Self> {
        if item.len() < INODE_LEN {
            return Err(Error::corrupt(0, "btrfs: an inode's item is too short"));
        }
        let (mode, flags) = (le32(item, 52), le64(item, 64));
        let kind = match mode & 0o170_000 {
            0o100_000 => FileKind::File,
            0o040_000 => FileKind::Directory,
            0o120_000 => FileKind::Link,
            _ => FileKind::Special,
        };
        let metadata = Metadata {
            kind,
            size: le64(item, 16),
            mode: mode & 0o7777,
            uid: le32(item, 44),
            gid: le32(item, 48),
            immutable: flags & (IMMUTABLE | APPEND) != 0,
        };
        Ok(Inode { metadata, checked: flags & NO_CHECKSUMS == 0 })
    }
}

impl<V: ReadAt> Trees<V> {
    /// A file of a subvolume.
    pub(super) fn inode(&self, tree: Pointer, number: u64) -> Result<Inode> {
        match self.get(tree, Key::new(number, INODE_ITEM, 0))? {
            Some(item) => Inode::read(&item),
            None => Err(Error::corrupt(0, format!("btrfs: a name leads to inode {number}, which is not there"))),
        }
    }

    /// A name in a directory.
    pub(super) fn lookup(&self, tree: Pointer, directory: u64, name: &[u8]) -> Result<Option<Name>> {
        let Some(item) = self.get(tree, Key::new(directory, DIR_ITEM, hash(name).into()))? else { return Ok(None) };
        Ok(names(&item)?.into_iter().find(|entry| entry.name == name))
    }

    /// All names in a directory.
    pub(super) fn list(&self, tree: Pointer, directory: u64) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.each(tree, Key::new(directory, DIR_INDEX, 0), &mut |key, item| {
            if !key.is_of(directory, DIR_INDEX) {
                return Ok(false);
            }
            entries.extend(names(item)?.into_iter().map(|Name { name, kind, .. }| Entry { name, kind }));
            match entries.len() > MAX_ENTRIES {
                true => Err(Error::unsupported(format!("btrfs: a directory of more than {MAX_ENTRIES} names"))),
                false => Ok(true),
            }
        })?;
        Ok(entries)
    }

    /// The directory that names a directory, and the name. None: nothing does.
    pub(super) fn name_of(&self, tree: Pointer, directory: u64) -> Result<Option<(u64, Vec<u8>)>> {
        let mut found = None;
        self.each(tree, Key::new(directory, INODE_REF, 0), &mut |key, item| {
            if key.is_of(directory, INODE_REF) && item.len() >= 10 {
                let name = item.get(10..10 + usize::from(le16(item, 8)));
                found = name.map(|name| (key.offset, name.to_vec()));
            }
            Ok(false)
        })?;
        Ok(found)
    }
}

const _: () = assert!(KEY + 13 == ENTRY);

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
        let mut entry = vec![0; ENTRY];
        entry[0] = 7;
        entry[8] = INODE_ITEM;
        entry[25] = u8::try_from(data.len()).unwrap();
        entry[27] = u8::try_from(name.len()).unwrap();
        entry[29] = kind;
        [entry, name.to_vec(), data.to_vec()].concat()
    }

    #[test]
    fn names_of_one_hash_share_an_item() {
        let item = [entry(b"a", 1, b""), entry(b"bcd", 7, b"xy"), entry(b"e", 3, b"")].concat();
        let found = names(&item).unwrap();
        let kinds: Vec<_> = found.iter().map(|entry| (entry.name.as_slice(), entry.kind)).collect();
        assert_eq!(kinds, [(&b"a"[..], FileKind::File), (b"bcd", FileKind::Link), (b"e", FileKind::Special)]);
        assert_eq!(found[0].location, Key::new(7, INODE_ITEM, 0));
        for len in [1, 29, 30, 32, item.len() - 1] {
            assert!(names(&item[..len]).is_err(), "{len}");
        }
        for bad in [&b""[..], b".", b"..", b"a/b", b"a\0"] {
            assert!(names(&entry(bad, 1, b"")).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_hash_of_the_default_subvolume_is_known() {
        assert_eq!(hash(b"default"), 0x8DBF_C2D2);
    }
}
