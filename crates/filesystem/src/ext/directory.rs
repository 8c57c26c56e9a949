//! From paths to inodes.
//!
//! Specification: Linux `Documentation/filesystems/ext4/directory.rst`. Directories are read from end to end: their trees
//! of hashes lie in entries that look unused. Links on the way are not followed.

use super::inode::Inode;
use super::superblock::Superblock;
use crate::GuestPath;
use crate::field::{le16, le32};
use crate::tree::{FileKind, MAX_ENTRIES};
use std::cell::RefCell;
use std::collections::HashMap;
use storage::{Error, ReadAt, Result, to_usize};

/// Longest directory read, in bytes: [`MAX_ENTRIES`] names of 50 bytes.
const MAX_DIRECTORY: u64 = 64 << 20;
const ROOT: u32 = 2;

/// Names remembered, of all directories together.
const MAX_KEPT: usize = 200_000;

type Names = HashMap<Vec<u8>, u32>;

/// Finds inodes, and remembers the directories that were looked into: their files are asked for one after the other.
#[derive(Default)]
pub(super) struct Lookup {
    kept: RefCell<HashMap<u32, Names>>,
}

impl Lookup {
    /// The inode of a path. All directories before the last name have then been read, and are sound.
    pub(super) fn find(&self, volume: &dyn ReadAt, superblock: &Superblock, path: &GuestPath) -> Result<Inode> {
        let mut inode = Inode::read(volume, superblock, ROOT)?;
        for name in path.names() {
            let number = self.entry(volume, superblock, &inode, name).map_err(|error| error.within(path))?;
            let number = number.ok_or_else(|| Error::not_found(format!("{path}: file not found")))?;
            inode = Inode::read(volume, superblock, number)?;
        }
        Ok(inode)
    }

    fn entry(&self, volume: &dyn ReadAt, superblock: &Superblock, of: &Inode, name: &[u8]) -> Result<Option<u32>> {
        if of.kind() != Some(FileKind::Directory) {
            return Ok(None);
        }
        let mut kept = self.kept.borrow_mut();
        if let Some(names) = kept.get(&of.number) {
            return Ok(names.get(name).copied());
        }
        let names = names(volume, superblock, of)?;
        let found = names.get(name).copied();
        if kept.values().map(HashMap::len).sum::<usize>() + names.len() > MAX_KEPT {
            kept.clear();
        }
        kept.insert(of.number, names);
        Ok(found)
    }

    /// Makes sure that a directory can be walked within bounds.
    pub(super) fn check(&self, volume: &dyn ReadAt, superblock: &Superblock, directory: &Inode) -> Result<()> {
        self.entry(volume, superblock, directory, b".").map(drop)
    }
}

/// All names in a directory.
fn names(volume: &dyn ReadAt, superblock: &Superblock, of: &Inode) -> Result<Names> {
    if of.size > MAX_DIRECTORY {
        return Err(Error::unsupported(format!("a directory of {} bytes; up to {MAX_DIRECTORY} are read", of.size)));
    }
    let content = of.content(volume, superblock, of.size)?;
    let mut names = Names::new();
    for block in content.chunks(to_usize(superblock.block_size)?) {
        let mut at = 0;
        while at < block.len() {
            let entry = &block[at..];
            let damaged =
                || Error::corrupt(of.offset, format!("inode {}: a damaged entry in the directory", of.number));
            let len = match entry.get(..8).map(|head| usize::from(le16(head, 4))).ok_or_else(damaged)? {
                // A length of 65536 does not fit in its field.
                0 | 0xFFFF if block.len() == 0x1_0000 => block.len(),
                len => len,
            };
            let name = entry.get(8..8 + usize::from(entry[6])).ok_or_else(damaged)?;
            if len < 8 || len > entry.len() {
                return Err(damaged());
            }
            if le32(entry, 0) != 0 {
                names.insert(name.to_vec(), le32(entry, 0));
            }
            if names.len() > MAX_ENTRIES {
                return Err(Error::unsupported(format!("a directory of more than {MAX_ENTRIES} names")));
            }
            at += len;
        }
    }
    Ok(names)
}
