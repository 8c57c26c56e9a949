//! Directories: names within the inode, or in blocks of their own.
//!
//! Specification: XFS Algorithms & Data Structures, "Directories". Only the names are read, from first to last; the
//! indices that find one of them by its hash are not.

use super::extents::{self, Extent};
use super::inode::{Format, Inode};
use super::superblock::{Superblock, checksum};
use crate::field::{be16, be32, be64, le32};
use crate::tree::{FileKind, MAX_ENTRIES};
use storage::{Error, ReadAt, Result};

/// Where the indices begin in a directory, in bytes.
const INDEX: u64 = 32 << 30;
/// Longest directory read, in bytes: as many names as are read, of a hundred bytes each.
const MAX_LEN: u64 = 128 << 20;
/// Stands where an entry has the upper half of its inode's number.
const FREE: u16 = 0xFFFF;

/// A file as its directory names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) number: u64,
    /// As the directory has it, where it does.
    pub(super) kind: Option<FileKind>,
}

type Entries = Vec<(Vec<u8>, Node)>;

/// The names in a directory but `.` and `..`.
pub(super) fn list(volume: &dyn ReadAt, superblock: &Superblock, inode: &Inode) -> Result<Entries> {
    match inode.format {
        Format::Local => short(superblock, inode),
        _ => blocks(volume, superblock, inode),
    }
}

/// What the byte of an entry says.
fn kind(byte: u8) -> Option<FileKind> {
    match byte {
        1 => Some(FileKind::File),
        2 => Some(FileKind::Directory),
        3..=6 => Some(FileKind::Special),
        7 => Some(FileKind::Link),
        _ => None,
    }
}

/// Names within the inode.
fn short(superblock: &Superblock, inode: &Inode) -> Result<Entries> {
    let bytes = inode.local(inode.size)?;
    let damaged = || inode.damage("is a directory whose names do not fit in it");
    let &[count, long, ..] = bytes else { return Err(damaged()) };
    // One long number makes all of them long.
    let number_len = if long > 0 { 8 } else { 4 };
    let kind_len = usize::from(superblock.features.ftype());
    let mut rest = bytes.get(2 + number_len..).ok_or_else(damaged)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let &[len, ..] = rest else { return Err(damaged()) };
        let end = 3 + usize::from(len);
        let entry;
        (entry, rest) = rest.split_at_checked(end + kind_len + number_len).ok_or_else(damaged)?;
        let number = match number_len {
            8 => be64(entry, end + kind_len),
            _ => be32(entry, end + kind_len).into(),
        };
        let kind = if kind_len == 1 { kind(entry[end]) } else { None };
        entries.push((entry[3..end].to_vec(), Node { number, kind }));
    }
    Ok(entries)
}

/// Names in blocks of their own.
fn blocks(volume: &dyn ReadAt, superblock: &Superblock, inode: &Inode) -> Result<Entries> {
    let number = inode.number;
    if inode.size > MAX_LEN {
        let size = inode.size;
        return Err(Error::unsupported(format!("XFS: directory {number} of {size} bytes; up to {MAX_LEN} are read")));
    }
    let each = superblock.directory_block / superblock.block_size;
    let extents = extents::list(volume, superblock, inode, INDEX / superblock.block_size)?;
    // Behind the length nothing can be, or names would be missed.
    let all = inode.size / superblock.directory_block;
    if inode.size % superblock.directory_block != 0 || extents.last().is_some_and(|last| last.start >= all * each) {
        return Err(inode.damage("is a directory longer than its length"));
    }
    let mut entries = Vec::new();
    for block in 0..all {
        if let Some(found) = block_at(volume, superblock, inode, &extents, block * each)? {
            found.entries(&mut entries)?;
        }
        if entries.len() > MAX_ENTRIES {
            return Err(Error::unsupported(format!("XFS: directory {number} has more than {MAX_ENTRIES} names")));
        }
    }
    Ok(entries)
}

/// A block of names.
struct Block<'a> {
    superblock: &'a Superblock,
    inode: &'a Inode,
    at: u64,
    bytes: Vec<u8>,
}

/// The block of names that begins at block `first` of the file; none if it is a hole.
fn block_at<'a>(
    volume: &dyn ReadAt,
    superblock: &'a Superblock,
    inode: &'a Inode,
    extents: &[Extent],
    first: u64,
) -> Result<Option<Block<'a>>> {
    let each = superblock.directory_block / superblock.block_size;
    let found = extents::read_blocks(volume, superblock, inode, extents, first, each)?;
    Ok(found.map(|(at, bytes)| Block { superblock, inode, at, bytes }))
}

impl Block<'_> {
    fn damage(&self, what: impl std::fmt::Display) -> Error {
        Error::corrupt(self.at, format!("XFS: a block of directory {} {what}", self.inode.number))
    }

    /// Where the names begin and end.
    fn range(&self) -> Result<std::ops::Range<usize>> {
        let bytes = &self.bytes;
        let v5 = self.superblock.features.v5;
        let only = match (&bytes[..4], v5) {
            (b"XDB3", true) | (b"XD2B", false) => true,
            (b"XDD3", true) | (b"XD2D", false) => false,
            _ => return Err(self.damage("does not bear the mark of one")),
        };
        if v5 {
            if checksum(bytes, 4) != le32(bytes, 4) {
                return Err(self.damage("has a wrong checksum"));
            }
            if be64(bytes, 8) != self.at / 512 || be64(bytes, 40) != self.inode.number {
                return Err(self.damage("belongs elsewhere"));
            }
        }
        let start = if v5 { 64 } else { 16 };
        // The only block has its index behind the names, and the length of the index at its end.
        let index = match only {
            true => u64::from(be32(bytes, bytes.len() - 8)) * 8 + 8,
            false => 0,
        };
        let end = usize::try_from(index).ok().and_then(|index| bytes.len().checked_sub(index));
        match end {
            Some(end) if end >= start => Ok(start..end),
            _ => Err(self.damage("has an index longer than itself")),
        }
    }

    fn entries(&self, entries: &mut Entries) -> Result<()> {
        let range = self.range()?;
        let kind_len = usize::from(self.superblock.features.ftype());
        let mut at = range.start;
        let damaged = |at: usize| self.damage(format!("has a damaged entry {at} bytes within it"));
        while at < range.end {
            let rest = &self.bytes[at..range.end];
            let len = match rest.len() {
                ..8 => return Err(damaged(at)),
                _ if be16(rest, 0) == FREE => usize::from(be16(rest, 2)),
                ..16 => return Err(damaged(at)),
                _ => (11 + usize::from(rest[8]) + kind_len).next_multiple_of(8),
            };
            // The last two bytes say where it begins.
            if len < 8 || len % 8 != 0 || len > rest.len() || usize::from(be16(rest, len - 2)) != at {
                return Err(damaged(at));
            }
            if be16(rest, 0) != FREE {
                let end = 9 + usize::from(rest[8]);
                let name = &rest[9..end];
                if !matches!(name, b"." | b"..") {
                    let kind = if kind_len == 1 { kind(rest[end]) } else { None };
                    entries.push((name.to_vec(), Node { number: be64(rest, 0), kind }));
                }
            }
            at += len;
        }
        Ok(())
    }
}
