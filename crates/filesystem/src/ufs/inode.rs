//! Inodes: what a file is, and where its content lies.
//!
//! FreeBSD `struct ufs1_dinode` (128 bytes) and `struct ufs2_dinode` (256 bytes).

use super::blocks::{DIRECT, Map};
use super::geometry::Geometry;
use super::superblock::Version;
use crate::crc::crc32c;
use crate::field::{le16, le32, le64};
use crate::nodes::MAX_LINK;
use crate::pieces;
use crate::tree::{FileKind, Metadata};
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// Immutable or append-only, for the owner or for all.
const IMMUTABLE: u32 = 0x0006_0006;
const SNAPSHOT: u32 = 0x0020_0000;
/// Where an inode of UFS2 keeps its check-hash.
const CHECK_HASH: usize = 244;

/// Where the fields lie that both versions have.
struct Fields {
    size: usize,
    flags: usize,
    owner: usize,
    group: usize,
    /// The first block number; in short links, the target.
    numbers: usize,
}

const UFS1: Fields = Fields { size: 8, flags: 100, owner: 112, group: 116, numbers: 40 };
const UFS2: Fields = Fields { size: 16, flags: 88, owner: 4, group: 8, numbers: 112 };

/// An inode that is in use.
#[derive(Debug)]
pub(super) struct Inode {
    bytes: Vec<u8>,
    /// Where it lies, in bytes.
    at: u64,
    version: Version,
}

impl Inode {
    /// The inode at byte `at`, where the geometry puts one.
    pub(super) fn read(volume: &dyn ReadAt, geometry: &Geometry, at: u64) -> Result<Self> {
        let bytes = read_vec(volume, at, geometry.inode())?;
        let inode = Inode { bytes, at, version: geometry.version };
        if le16(&inode.bytes, 0) == 0 {
            return Err(inode.corrupt("a name leads to an inode that is not in use"));
        }
        if geometry.hashed_inodes && !inode.is_hash_right() {
            return Err(inode.corrupt("the check-hash of an inode is wrong"));
        }
        Ok(inode)
    }

    fn is_hash_right(&self) -> bool {
        let (before, after) = (&self.bytes[..CHECK_HASH], &self.bytes[CHECK_HASH + 4..]);
        crc32c(crc32c(crc32c(!0, before), &[0; 4]), after) == le32(&self.bytes, CHECK_HASH)
    }

    fn fields(&self) -> &'static Fields {
        if self.version == Version::Ufs1 { &UFS1 } else { &UFS2 }
    }

    fn corrupt(&self, what: &str) -> Error {
        Error::corrupt(self.at, format!("UFS: {what}"))
    }

    /// Bytes of content.
    pub(super) fn size(&self) -> u64 {
        le64(&self.bytes, self.fields().size)
    }

    pub(super) fn kind(&self) -> Result<FileKind> {
        match le16(&self.bytes, 0) & 0o170_000 {
            0o040_000 => Ok(FileKind::Directory),
            0o100_000 => Ok(FileKind::File),
            0o120_000 => Ok(FileKind::Link),
            0o010_000 | 0o020_000 | 0o060_000 | 0o140_000 => Ok(FileKind::Special),
            _ => Err(self.corrupt("an inode is of a type that there is not")),
        }
    }

    fn flags(&self) -> u32 {
        le32(&self.bytes, self.fields().flags)
    }

    pub(super) fn metadata(&self) -> Result<Metadata> {
        let (kind, fields) = (self.kind()?, self.fields());
        Ok(Metadata {
            kind,
            size: if kind == FileKind::Directory { 0 } else { self.size() },
            mode: u32::from(le16(&self.bytes, 0)) & 0o7777,
            uid: le32(&self.bytes, fields.owner),
            gid: le32(&self.bytes, fields.group),
            immutable: self.flags() & IMMUTABLE != 0,
        })
    }

    /// The first `len` bytes of a file or directory that is not shorter.
    pub(super) fn content(&self, volume: &dyn ReadAt, geometry: &Geometry, len: u64) -> Result<Vec<u8>> {
        if self.flags() & SNAPSHOT != 0 {
            return Err(Error::unsupported("UFS: snapshots are not read here"));
        }
        let pieces = Map::pieces(volume, geometry, &self.numbers(), len)?;
        pieces::read(volume, &pieces, len).map_err(|error| error.within("UFS"))
    }

    /// A negative number is read as a large one, which is past any end.
    fn numbers(&self) -> [u64; DIRECT + 3] {
        let mut numbers = [0; DIRECT + 3];
        let width = if self.version == Version::Ufs1 { 4 } else { 8 };
        for (slot, number) in numbers.iter_mut().enumerate() {
            let at = self.fields().numbers + slot * width;
            *number = match self.version {
                Version::Ufs1 => le32(&self.bytes, at).into(),
                Version::Ufs2 => le64(&self.bytes, at),
            };
        }
        numbers
    }

    /// Where a link points to.
    pub(super) fn target(&self, volume: &dyn ReadAt, geometry: &Geometry) -> Result<Vec<u8>> {
        let (size, fields) = (self.size(), self.fields());
        if size == 0 || size > MAX_LINK {
            return Err(self.corrupt(&format!("a link of {size} bytes")));
        }
        if size >= geometry.short_link {
            return self.content(volume, geometry, size);
        }
        let target = &self.bytes[fields.numbers..fields.numbers + to_usize(size)?];
        match target.contains(&0) {
            true => Err(self.corrupt("the target of a link has a zero in it")),
            false => Ok(target.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::superblock::tests::volume;
    use super::*;
    use crate::ufs::superblock::Superblock;

    fn inode(version: Version, mode: u16, fields: &[(usize, u32)]) -> Inode {
        let mut bytes = vec![0; 256];
        bytes[..2].copy_from_slice(&mode.to_le_bytes());
        for (at, value) in fields {
            bytes[*at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        Inode { bytes, at: 0, version }
    }

    #[test]
    fn fields_lie_where_the_version_has_them() {
        let (ufs1, ufs2) = ([(8, 77), (100, 0x2_0000), (112, 5), (116, 6)], [(16, 77), (88, 4), (4, 5), (8, 6)]);
        for (version, fields) in [(Version::Ufs1, ufs1), (Version::Ufs2, ufs2)] {
            let found = inode(version, 0o104_755, &fields).metadata().unwrap();
            let expected = Metadata { kind: FileKind::File, size: 77, mode: 0o4755, uid: 5, gid: 6, immutable: true };
            assert_eq!(found, expected, "{version:?}");
        }
        assert!(!inode(Version::Ufs2, 0o100_600, &[(88, 1)]).metadata().unwrap().immutable);
        assert!(inode(Version::Ufs2, 0o170_000, &[]).kind().is_err());
    }

    #[test]
    fn snapshots_and_odd_links_are_not_read() {
        let volume = volume();
        let geometry = Geometry::new(&Superblock::find(&volume).unwrap().unwrap(), volume.len() as u64).unwrap();
        let snapshot = inode(Version::Ufs2, 0o100_400, &[(16, 10), (88, SNAPSHOT)]);
        let error = snapshot.content(&volume, &geometry, 10).unwrap_err();
        assert_eq!(error.kind(), storage::ErrorKind::Unsupported);
        let link = |size| inode(Version::Ufs2, 0o120_777, &[(16, size), (112, 0x2F63_7465)]).target(&volume, &geometry);
        assert_eq!(link(4).unwrap(), b"etc/");
        // A zero in it, none, one that is longer than any, and one whose blocks lead nowhere.
        for size in [0, 5, 5000, 200] {
            assert!(link(size).is_err(), "{size}");
        }
    }
}
