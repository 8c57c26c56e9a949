//! Directories: file identifiers one after the other, and the links of POSIX.
//!
//! Specification: ECMA-167 4/14.4 (file identifiers), 4/14.16 (components of paths), 4/14.1 (file sets).

use super::entry::FileEntry;
use super::partition::{Address, Partitions};
use super::tag;
use super::text;
use crate::field::{le16, le32};
use crate::nodes::{MAX_DIRECTORY, MAX_LINK, Nodes};
use crate::pieces;
use crate::tree::{FileKind, Metadata};
use storage::{Error, ReadAt, Result, Source};

/// Bytes in a file identifier before what is of variable length.
const FIXED: usize = 38;
const DIRECTORY: u8 = 2;
const DELETED: u8 = 4;
const PARENT: u8 = 8;

/// The files of a logical volume.
pub(super) struct Tree {
    pub(super) volume: Source,
    pub(super) partitions: Partitions,
    pub(super) root: Node,
}

/// A file as its directory names it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    address: Address,
    /// Where its entry lies, in bytes; zero if it lies nowhere.
    at: u64,
    is_directory: bool,
}

impl Node {
    fn new(partitions: &Partitions, address: Address, is_directory: bool) -> Self {
        Node { address, at: partitions.offset(address).unwrap_or(0), is_directory }
    }

    /// The first directory, which the file set at `set` names.
    pub(super) fn root(volume: &dyn ReadAt, partitions: &Partitions, set: Address) -> Result<Self> {
        let set = partitions.descriptor(volume, set, &[tag::FILE_SET])?;
        Ok(Node::new(partitions, address(&set, 400), true))
    }

    fn entry(&self, volume: &dyn ReadAt, partitions: &Partitions) -> Result<FileEntry> {
        let entry = FileEntry::read(volume, partitions, self.address)?;
        match (entry.kind()? == FileKind::Directory) == self.is_directory {
            true => Ok(entry),
            false => Err(Error::corrupt(self.at, "UDF: a file entry contradicts the directory that names it")),
        }
    }

    /// The content of a file that is not shorter than `len` bytes.
    fn content(&self, volume: &dyn ReadAt, partitions: &Partitions, len: u64) -> Result<Vec<u8>> {
        let entry = self.entry(volume, partitions)?;
        let pieces = entry.pieces(volume, partitions)?;
        pieces::read(volume, &pieces, len).map_err(|error| error.within("UDF"))
    }

    /// The entries of a directory.
    pub(super) fn list(&self, volume: &dyn ReadAt, partitions: &Partitions) -> Result<Vec<(Vec<u8>, Node)>> {
        let len = self.entry(volume, partitions)?.size;
        if len > MAX_DIRECTORY {
            return Err(Error::unsupported(format!("UDF: a directory of {len} bytes; up to {MAX_DIRECTORY} are read")));
        }
        let content = self.content(volume, partitions, len)?;
        let mut entries = Vec::new();
        let mut rest = &content[..];
        while !rest.is_empty() {
            let (identifier, after) = self.identifier(rest)?;
            if identifier[18] & (DELETED | PARENT) == 0 {
                let start = FIXED + usize::from(le16(identifier, 36));
                let name = text::name(&identifier[start..start + usize::from(identifier[19])]);
                let name = name.ok_or_else(|| Error::corrupt(self.at, "UDF: a directory has a name that is none"))?;
                let is_directory = identifier[18] & DIRECTORY != 0;
                entries.push((name, Node::new(partitions, address(identifier, 20), is_directory)));
            }
            rest = after;
        }
        Ok(entries)
    }

    /// The first file identifier, whole and with right checksums, and what follows it.
    fn identifier<'a>(&self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8])> {
        let damaged = || Error::corrupt(self.at, "UDF: the directory of this entry has a damaged file identifier");
        let fixed = bytes.get(..FIXED).ok_or_else(damaged)?;
        let len = FIXED + usize::from(le16(fixed, 36)) + usize::from(fixed[19]);
        let whole = bytes.get(..len.next_multiple_of(4)).ok_or_else(damaged)?;
        match tag::check(whole) {
            Some(tag::FILE_IDENTIFIER) => Ok((whole, &bytes[whole.len()..])),
            _ => Err(damaged()),
        }
    }
}

/// The address in a long allocation descriptor.
pub(super) fn address(bytes: &[u8], at: usize) -> Address {
    Address { block: le32(bytes, at + 4), partition: le16(bytes, at + 8) }
}

impl Nodes for Tree {
    type Node = Node;

    fn root(&self) -> Node {
        self.root.clone()
    }

    fn place(&self, directory: &Node) -> u64 {
        directory.at
    }

    fn list(&self, directory: &Node) -> Result<Vec<(Vec<u8>, Node)>> {
        directory.list(&*self.volume, &self.partitions)
    }

    fn kind(&self, node: &Node) -> Result<FileKind> {
        match node.is_directory {
            true => Ok(FileKind::Directory),
            false => node.entry(&*self.volume, &self.partitions)?.kind(),
        }
    }

    fn metadata(&self, node: &Node) -> Result<Metadata> {
        let mut metadata = node.entry(&*self.volume, &self.partitions)?.metadata()?;
        if metadata.kind == FileKind::Link {
            metadata.size = self.target(node)?.len() as u64;
        }
        Ok(metadata)
    }

    fn content(&self, file: &Node, len: u64) -> Result<Vec<u8>> {
        file.content(&*self.volume, &self.partitions, len)
    }

    fn target(&self, link: &Node) -> Result<Vec<u8>> {
        let len = link.entry(&*self.volume, &self.partitions)?.size;
        let damaged = || Error::corrupt(link.at, "UDF: the target of a link is damaged");
        if len > 2 * MAX_LINK {
            return Err(damaged());
        }
        let content = link.content(&*self.volume, &self.partitions, len)?;
        target(&content).ok_or_else(damaged)
    }

    fn case_sensitive(&self) -> bool {
        true
    }
}

/// The components of a path, put together.
fn target(mut components: &[u8]) -> Option<Vec<u8>> {
    let mut target = Vec::new();
    while let [kind, len, _, _, rest @ ..] = components {
        let name = rest.get(..usize::from(*len))?;
        components = &rest[name.len()..];
        if !target.is_empty() && target.last() != Some(&b'/') {
            target.push(b'/');
        }
        match kind {
            // The root of the medium, and that of all files.
            1 | 2 => target = b"/".to_vec(),
            3 => target.extend_from_slice(b".."),
            4 => target.push(b'.'),
            5 => target.extend(text::name(name)?),
            _ => return None,
        }
    }
    (components.is_empty() && !target.is_empty() && target.len() as u64 <= MAX_LINK).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_links_are_put_together() {
        let component = |kind: u8, name: &[u8]| {
            let mut bytes = vec![kind, u8::try_from(name.len()).unwrap(), 0, 0];
            bytes.extend_from_slice(name);
            bytes
        };
        for (components, expected) in [
            (vec![component(3, b""), component(5, b"\x08usr"), component(5, b"\x10\x04\x3D")], "../usr/\u{43D}"),
            (vec![component(2, b""), component(5, b"\x08etc")], "/etc"),
            (vec![component(4, b""), component(5, b"\x08a")], "./a"),
        ] {
            assert_eq!(target(&components.concat()).unwrap(), expected.as_bytes());
        }
        assert_eq!(target(&component(9, b"")), None);
        assert_eq!(target(&component(5, b"")), None);
        assert_eq!(target(&[5, 9, 0, 0, 8, b'a']), None);
        assert_eq!(target(b""), None);
    }
}
