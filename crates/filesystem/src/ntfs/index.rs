//! Directories: an index of file names, its first node in the file record, the others in blocks of their own.
//!
//! All blocks that the index's bitmap has in use are read one after the other, as `ntfs-3g` does, instead of walking from
//! node to node: no walk can lead in circles. Each entry has a copy of what the file's own record says.

use super::fixup::mend;
use super::interix;
use super::mft::Mft;
use super::name::units;
use super::record::{BITMAP, INDEX_ALLOCATION, INDEX_ROOT, Record};
use super::reparse;
use super::stream::Stream;
use crate::field::{le16, le32, le64};
use crate::tree::{FileKind, MAX_ENTRIES};
use storage::{Error, ReadAt, Result, to_usize};

/// Longest directory read, in bytes of blocks: a hundred thousand names of usual length, each with a short one.
const MAX_DIRECTORY: u64 = 64 << 20;
/// An index block's header, before the header of its node.
const BLOCK_HEADER: usize = 24;
/// Bytes of a node's header, of an entry without its key, of a file name without the name.
const NODE_HEADER: usize = 16;
const ENTRY: usize = 16;
const FILE_NAME: usize = 66;
/// Of an entry: it ends its node and has no name.
const LAST: u16 = 2;
/// A name for DOS only: the file has another one beside it.
const DOS: u8 = 2;
/// Attributes of files: its reparse point says what it is; it is a directory.
const REPARSE_POINT: u32 = 0x400;
const DIRECTORY: u32 = 0x1000_0000;

/// What a directory says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) reference: u64,
    /// In UTF-16.
    pub(super) name: Vec<u8>,
    /// The name is the second, short one.
    pub(super) is_short: bool,
    pub(super) is_directory: bool,
    /// What it is; none if that must be looked up in its own record.
    pub(super) kind: Option<FileKind>,
}

/// All entries of a directory.
pub(super) fn list(volume: &dyn ReadAt, mft: &Mft, directory: &Record) -> Result<Vec<IndexEntry>> {
    let name = units("$I30");
    let missing = |what| directory.damaged(format!("a directory without {what}"));
    let root = mft.stream(volume, directory, INDEX_ROOT, &name)?.ok_or_else(|| missing("an index"))?;
    if root.size > mft.boot.record {
        return Err(missing("a first node of possible size"));
    }
    let root = root.read(volume, 0, root.size)?;
    let node = root.get(16..).ok_or_else(|| missing("a first node"))?;
    let mut entries = Vec::new();
    node_entries(node, directory.at, &mut entries)?;
    // Small directories have no blocks.
    if let Some(blocks) = mft.stream(volume, directory, INDEX_ALLOCATION, &name)? {
        let used = mft.stream(volume, directory, BITMAP, &name)?.ok_or_else(|| missing("a bitmap of its index"))?;
        let size = u64::from(le32(&root, 8));
        if !(512..=65536).contains(&size) || !size.is_power_of_two() {
            return Err(missing("index blocks of possible size"));
        }
        self::blocks(volume, mft, &Blocks { size, blocks, used }, &mut entries)?;
    }
    Ok(entries)
}

/// The blocks of an index.
struct Blocks {
    size: u64,
    blocks: Stream,
    used: Stream,
}

fn blocks(volume: &dyn ReadAt, mft: &Mft, index: &Blocks, entries: &mut Vec<IndexEntry>) -> Result<()> {
    let count = index.blocks.size / index.size;
    if index.blocks.size > MAX_DIRECTORY {
        let size = index.blocks.size;
        return Err(Error::unsupported(format!("NTFS: a directory of {size} bytes; up to {MAX_DIRECTORY} are read")));
    }
    mft.spend(index.blocks.size)?;
    let used = index.used.read(volume, 0, index.used.size.min(count.div_ceil(8)))?;
    // Blocks are numbered by clusters, or by half KiB where they are smaller than those.
    let unit = if mft.boot.cluster <= index.size { mft.boot.cluster } else { 512 };
    for number in 0..count {
        let is_used = used.get(to_usize(number / 8)?).is_some_and(|byte| byte >> (number % 8) & 1 != 0);
        if !is_used {
            continue;
        }
        let offset = number * index.size;
        let at = index.blocks.place(offset).unwrap_or(0);
        let mut block = index.blocks.read(volume, offset, index.size)?;
        mend(&mut block, b"INDX", at)?;
        if le64(&block, 16) != offset / unit {
            return Err(Error::corrupt(at, "NTFS: an index block belongs elsewhere"));
        }
        node_entries(&block[BLOCK_HEADER..], at, entries)?;
    }
    Ok(())
}

/// The entries of one node, which begins with its header.
fn node_entries(node: &[u8], at: u64, entries: &mut Vec<IndexEntry>) -> Result<()> {
    let damaged = || Error::corrupt(at, "NTFS: an entry of a directory is damaged");
    let head = node.get(..NODE_HEADER).ok_or_else(damaged)?;
    let place = |field| usize::try_from(le32(head, field)).unwrap_or(usize::MAX);
    let mut rest = node.get(place(0)..place(4)).ok_or_else(damaged)?;
    loop {
        let head = rest.get(..ENTRY).ok_or_else(damaged)?;
        let (len, key, flags) = (usize::from(le16(head, 8)), usize::from(le16(head, 10)), le16(head, 12));
        if flags & LAST != 0 {
            return Ok(());
        }
        // Lengths are more than zero, so that the walk ends with the node.
        let entry = rest.get(..len).filter(|entry| entry.len() >= ENTRY + FILE_NAME).ok_or_else(damaged)?;
        let key = entry.get(ENTRY..ENTRY + key).ok_or_else(damaged)?;
        entries.push(entry_of(le64(head, 0), key).ok_or_else(damaged)?);
        if entries.len() > MAX_ENTRIES {
            return Err(Error::unsupported(format!("NTFS: a directory of more than {MAX_ENTRIES} names")));
        }
        rest = &rest[len..];
    }
}

fn entry_of(reference: u64, key: &[u8]) -> Option<IndexEntry> {
    let head = key.get(..FILE_NAME)?;
    let name = key.get(FILE_NAME..FILE_NAME + 2 * usize::from(head[64]))?;
    let attributes = le32(head, 56);
    Some(IndexEntry {
        reference,
        name: name.to_vec(),
        is_short: head[65] == DOS,
        is_directory: attributes & DIRECTORY != 0,
        kind: kind(attributes, le32(head, 60)),
    })
}

fn kind(attributes: u32, tag: u32) -> Option<FileKind> {
    let is_directory = attributes & DIRECTORY != 0;
    match tag {
        _ if attributes & REPARSE_POINT == 0 => match is_directory {
            true => Some(FileKind::Directory),
            false => (attributes & interix::SYSTEM == 0).then_some(FileKind::File),
        },
        0 => None,
        tag => Some(reparse::kind(tag, is_directory)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reference: u64, name: &str, namespace: u8, attributes: u32) -> Vec<u8> {
        let name = units(name);
        let len = (ENTRY + FILE_NAME + name.len()).next_multiple_of(8);
        let mut bytes = vec![0; len];
        bytes[..8].copy_from_slice(&reference.to_le_bytes());
        bytes[8..10].copy_from_slice(&u16::try_from(len).unwrap().to_le_bytes());
        bytes[10..12].copy_from_slice(&u16::try_from(FILE_NAME + name.len()).unwrap().to_le_bytes());
        bytes[16 + 56..16 + 60].copy_from_slice(&attributes.to_le_bytes());
        bytes[16 + 60..16 + 64].copy_from_slice(&0xA000_0003u32.to_le_bytes());
        bytes[16 + 64] = u8::try_from(name.len() / 2).unwrap();
        bytes[16 + 65] = namespace;
        bytes[16 + 66..16 + 66 + name.len()].copy_from_slice(&name);
        bytes
    }

    fn node(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut node = vec![0; NODE_HEADER];
        node.extend(entries.concat());
        let mut last = vec![0; ENTRY];
        (last[8], last[12]) = (16, 2);
        node.extend(last);
        node[0] = 16;
        let len = u32::try_from(node.len()).unwrap();
        node[4..8].copy_from_slice(&len.to_le_bytes());
        node
    }

    fn parsed(node: &[u8]) -> Result<Vec<IndexEntry>> {
        let mut entries = Vec::new();
        node_entries(node, 0, &mut entries).map(|()| entries)
    }

    #[test]
    fn entries_say_what_files_are() {
        let entries =
            [entry(70, "Users", 1, DIRECTORY), entry(71, "USERS~1", 2, 0x20), entry(72, "link", 0, 0x1000_0400)];
        let found = parsed(&node(&entries)).unwrap();
        assert_eq!((found[0].reference, &*found[0].name), (70, &*units("Users")));
        assert_eq!((found[0].is_directory, found[0].is_short, found[0].kind), (true, false, Some(FileKind::Directory)));
        assert_eq!((found[1].is_directory, found[1].is_short, found[1].kind), (false, true, Some(FileKind::File)));
        assert_eq!((found[2].is_directory, found[2].kind), (true, Some(FileKind::Link)));
        assert_eq!(found.len(), 3);
        assert_eq!(parsed(&node(&[])).unwrap(), []);
    }

    #[test]
    fn nodes_that_do_not_end_are_damage() {
        let sound = node(&[entry(70, "Users", 1, DIRECTORY)]);
        for (at, value) in
            [(0, 0xFF), (4, 100), (7, 0xFF), (16 + 8, 0), (16 + 8, 0x18), (16 + 10, 0xFF), (16 + 16 + 64, 99)]
        {
            let mut damaged = sound.clone();
            damaged[at] = value;
            assert!(parsed(&damaged).is_err(), "{at}");
        }
        for len in 0..sound.len() {
            assert!(parsed(&sound[..len]).is_err(), "{len}");
        }
    }
}
