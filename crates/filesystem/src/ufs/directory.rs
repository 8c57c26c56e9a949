//! Directories: names in stretches of 512 bytes, over whose ends no entry reaches.
//!
//! FreeBSD `struct direct`: inode (32 bits), length of the entry, type, length of the name, name. An entry of inode 0 is
//! free; the last one of a stretch takes all that is left of it.

use super::geometry::Geometry;
use super::inode::Inode;
use crate::field::{le16, le32};
use crate::nodes::{MAX_DIRECTORY, Nodes};
use crate::tree::{FileKind, Metadata};
use storage::{Error, Result, Source};

/// Bytes of a directory that no entry reaches over the end of.
const STRETCH: usize = 512;
/// Bytes of an entry before its name.
const FIXED: usize = 8;
/// Inode of the first directory.
const ROOT: u32 = 2;
/// A name that hides one of a filesystem below.
const WHITEOUT: u8 = 14;

/// The files of a filesystem.
pub(super) struct Tree {
    pub(super) volume: Source,
    pub(super) geometry: Geometry,
}

/// A file as its directory names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    number: u32,
    /// None where the directory does not say.
    kind: Option<FileKind>,
}

impl Tree {
    fn inode(&self, node: &Node) -> Result<Inode> {
        let at = self.geometry.place(node.number).ok_or_else(|| {
            Error::corrupt(0, format!("UFS: a name leads to inode {}, which there is not", node.number))
        })?;
        let inode = Inode::read(&*self.volume, &self.geometry, at)?;
        match node.kind {
            Some(kind) if inode.kind()? != kind => {
                Err(Error::corrupt(at, "UFS: an inode contradicts the directory that names it"))
            }
            _ => Ok(inode),
        }
    }
}

impl Nodes for Tree {
    type Node = Node;

    fn root(&self) -> Node {
        Node { number: ROOT, kind: Some(FileKind::Directory) }
    }

    fn place(&self, directory: &Node) -> u64 {
        self.geometry.place(directory.number).unwrap_or(0)
    }

    fn list(&self, directory: &Node) -> Result<Vec<(Vec<u8>, Node)>> {
        let inode = self.inode(directory)?;
        let len = inode.size();
        if len > MAX_DIRECTORY {
            return Err(Error::unsupported(format!("UFS: a directory of {len} bytes; up to {MAX_DIRECTORY} are read")));
        }
        let content = inode.content(&*self.volume, &self.geometry, len)?;
        let mut found = Vec::new();
        for stretch in content.chunks(STRETCH) {
            let damaged = || Error::corrupt(self.place(directory), "UFS: a directory has an entry that does not fit");
            entries(stretch, &mut found).ok_or_else(damaged)?;
        }
        Ok(found)
    }

    fn kind(&self, node: &Node) -> Result<FileKind> {
        node.kind.map_or_else(|| self.inode(node)?.kind(), Ok)
    }

    fn metadata(&self, node: &Node) -> Result<Metadata> {
        self.inode(node)?.metadata()
    }

    fn content(&self, file: &Node, len: u64) -> Result<Vec<u8>> {
        self.inode(file)?.content(&*self.volume, &self.geometry, len)
    }

    fn target(&self, link: &Node) -> Result<Vec<u8>> {
        self.inode(link)?.target(&*self.volume, &self.geometry)
    }

    fn case_sensitive(&self) -> bool {
        true
    }
}

/// Adds the names of one stretch, but for `.` and `..`; none if an entry does not fit.
fn entries(mut rest: &[u8], found: &mut Vec<(Vec<u8>, Node)>) -> Option<()> {
    while !rest.is_empty() {
        let fixed = rest.get(..FIXED)?;
        let (number, len) = (le32(fixed, 0), usize::from(le16(fixed, 4)));
        let (kind, name_len) = (fixed[6], usize::from(fixed[7]));
        let entry = rest.get(..len).filter(|_| len >= FIXED && len.is_multiple_of(4))?;
        rest = &rest[len..];
        if number == 0 || kind == WHITEOUT {
            continue;
        }
        let name = entry.get(FIXED..FIXED + name_len)?;
        if !matches!(name, b"." | b"..") {
            found.push((name.to_vec(), Node { number, kind: kind_of(kind) }));
        }
    }
    Some(())
}

/// The upper half of the type in the inode's mode.
fn kind_of(kind: u8) -> Option<FileKind> {
    match kind {
        4 => Some(FileKind::Directory),
        8 => Some(FileKind::File),
        10 => Some(FileKind::Link),
        1 | 2 | 6 | 12 => Some(FileKind::Special),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u32, len: u16, kind: u8, name: &[u8]) -> Vec<u8> {
        let mut entry = number.to_le_bytes().to_vec();
        entry.extend(len.to_le_bytes());
        entry.extend([kind, u8::try_from(name.len()).unwrap()]);
        entry.extend(name);
        entry.resize(usize::from(len), 0);
        entry
    }

    fn names(stretch: &[u8]) -> Option<Vec<(Vec<u8>, Node)>> {
        let mut found = Vec::new();
        entries(stretch, &mut found).map(|()| found)
    }

    #[test]
    fn names_of_a_stretch() {
        let stretch = [
            entry(2, 12, 4, b"."),
            entry(2, 12, 4, b".."),
            entry(0, 16, 8, b"gone"),
            entry(1, 16, WHITEOUT, b"hidden"),
            entry(7, 16, 10, b"link"),
            entry(8, 440, 0, b"untold"),
        ];
        let found = names(&stretch.concat()).unwrap();
        let link = Node { number: 7, kind: Some(FileKind::Link) };
        assert_eq!(found, [(b"link".to_vec(), link), (b"untold".to_vec(), Node { number: 8, kind: None })]);
    }

    #[test]
    fn entries_that_do_not_fit() {
        let good = entry(7, 512, 8, b"name");
        assert!(names(&good).is_some());
        for (at, value) in [(4, 0u8), (4, 6), (4, 9), (5, 4), (7, 255)] {
            let mut bad = entry(7, 64, 8, b"name");
            bad[at] = value;
            assert!(names(&bad).is_none(), "{at} {value}");
        }
        assert!(names(&good[..7]).is_none());
        assert!(names(&[0; 512]).is_none(), "a hole in a directory is damage");
    }
}
