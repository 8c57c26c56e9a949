//! Inodes by number.
//!
//! Specification: XFS Algorithms & Data Structures, "Inodes". An inode lies where its number says: the trees of inodes are
//! not asked. Extended attributes are not read.

use super::features;
use super::superblock::{Superblock, checksum};
use crate::field::{be16, be32, be64, le32};
use crate::tree::{FileKind, Metadata};
use storage::{Error, ReadAt, Result, read_vec};

pub(super) const MAGIC: &[u8] = b"IN";
/// Bytes before the data fork in versions 1 and 2, and where the checksum of version 3 stands.
pub(super) const CORE_V2: usize = 100;
/// Bytes before the data fork in version 3.
pub(super) const CORE_V3: usize = 176;

const FLAG_REALTIME: u16 = 0x1;
const FLAG_IMMUTABLE: u16 = 0x8;
const FLAG_APPEND: u16 = 0x10;
/// In the second word of flags, of version 3: counts of extents are longer.
const FLAG2_NREXT64: u64 = 0x10;

/// How the data fork holds the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The content itself.
    Local,
    /// A list of extents.
    Extents,
    /// The root of a tree of extents.
    Tree,
    /// Nothing that is read here.
    Other,
}

/// One inode.
#[derive(Debug)]
pub(super) struct Inode {
    pub(super) number: u64,
    /// Where it lies, in bytes; for messages.
    pub(super) at: u64,
    pub(super) format: Format,
    pub(super) size: u64,
    /// Extents of the data fork.
    pub(super) extents: u64,
    pub(super) fork: Vec<u8>,
    mode: u16,
    flags: u16,
    uid: u32,
    gid: u32,
}

impl Inode {
    pub(super) fn read(volume: &dyn ReadAt, superblock: &Superblock, number: u64) -> Result<Self> {
        let at = superblock.inode(number).ok_or_else(|| Error::corrupt(0, format!("XFS: there is no inode {number}")))?;
        let bytes = read_vec(volume, at, superblock.inode_size)?;
        Self::parse(&bytes, superblock, number, at)
    }

    fn parse(bytes: &[u8], superblock: &Superblock, number: u64, at: u64) -> Result<Self> {
        let damaged = |what: &str| Error::corrupt(at, format!("XFS: inode {number} {what}"));
        if !bytes.starts_with(MAGIC) {
            return Err(damaged("does not bear the mark of one"));
        }
        let core = match (superblock.features.v5, bytes[4]) {
            (true, 3) => CORE_V3,
            (false, 1 | 2) => CORE_V2,
            (_, version) => return Err(damaged(&format!("is of version {version}"))),
        };
        if superblock.features.v5 {
            check_v3(bytes, superblock, number).map_err(damaged)?;
        }
        let long = superblock.features.v5 && be64(bytes, 120) & FLAG2_NREXT64 != 0;
        if long && !superblock.features.has(features::NREXT64) {
            return Err(damaged("counts its extents as the filesystem does not"));
        }
        let rest = bytes.len() - core;
        let fork = match usize::from(bytes[82]) * 8 {
            0 => rest,
            fork => fork,
        };
        let fork = bytes.get(core..core + fork).ok_or_else(|| damaged("has a data fork longer than itself"))?;
        let inode = Inode {
            number,
            at,
            format: match bytes[5] {
                1 => Format::Local,
                2 => Format::Extents,
                3 => Format::Tree,
                _ => Format::Other,
            },
            size: be64(bytes, 56),
            extents: if long { be64(bytes, 24) } else { be32(bytes, 76).into() },
            fork: fork.to_vec(),
            mode: be16(bytes, 2),
            flags: be16(bytes, 90),
            uid: be32(bytes, 8),
            gid: be32(bytes, 12),
        };
        match inode.mode {
            0 => Err(damaged("is named in a directory and free")),
            _ if inode.size > i64::MAX.unsigned_abs() => Err(damaged(&format!("is {} bytes long", inode.size))),
            _ => Ok(inode),
        }
    }

    pub(super) fn kind(&self) -> Result<FileKind> {
        match self.mode >> 12 {
            0x8 => Ok(FileKind::File),
            0x4 => Ok(FileKind::Directory),
            0xA => Ok(FileKind::Link),
            0x1 | 0x2 | 0x6 | 0xC => Ok(FileKind::Special),
            _ => Err(self.damage(format!("has mode {:#o}", self.mode))),
        }
    }

    pub(super) fn metadata(&self) -> Result<Metadata> {
        Ok(Metadata {
            kind: self.kind()?,
            size: self.size,
            mode: u32::from(self.mode & 0o7777),
            uid: self.uid,
            gid: self.gid,
            immutable: self.flags & (FLAG_IMMUTABLE | FLAG_APPEND) != 0,
        })
    }

    /// The content lies on a device of its own.
    pub(super) fn is_realtime(&self) -> bool {
        self.flags & FLAG_REALTIME != 0
    }

    /// The first `len` bytes of the data fork, for content within the inode.
    pub(super) fn local(&self, len: u64) -> Result<&[u8]> {
        let len = usize::try_from(len).ok();
        len.and_then(|len| self.fork.get(..len)).ok_or_else(|| self.damage("is longer than its data fork"))
    }

    pub(super) fn damage(&self, what: impl std::fmt::Display) -> Error {
        Error::corrupt(self.at, format!("XFS: inode {} {what}", self.number))
    }
}

/// What version 3 has to know an inode by.
fn check_v3(bytes: &[u8], superblock: &Superblock, number: u64) -> Result<(), &'static str> {
    if checksum(bytes, CORE_V2) != le32(bytes, CORE_V2) {
        return Err("has a wrong checksum");
    }
    match be64(bytes, 152) == number && bytes[160..176] == superblock.meta_uuid() {
        true => Ok(()),
        false => Err("is that of another number or filesystem"),
    }
}
