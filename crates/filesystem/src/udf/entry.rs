//! File entries: attributes, and where the content lies.
//!
//! Specification: ECMA-167 4/14.6 (ICB tag), 4/14.9 (file entry), 4/14.17 (extended), 4/14.14 (allocation descriptors),
//! 4/14.5 (their continuation). Not supported: extended allocation descriptors, strategies other than 4, streams.

use super::partition::{Address, Partitions};
use super::tag;
use crate::field::{le16, le32, le64};
use crate::pieces::Piece;
use crate::tree::{FileKind, Metadata};
use storage::{Error, ReadAt, Result};

/// Pieces of one file: 1 TiB with the extents of 1 MiB that a fragmented medium may have.
const MAX_PIECES: usize = 1 << 20;
/// Blocks of allocation descriptors of one file.
const MAX_CONTINUATIONS: usize = 1 << 14;
/// The length of an extent is in the lower bits of its word, what it is in the upper two.
const LENGTH: u32 = 0x3FFF_FFFF;
/// An owner that is not known.
const NOBODY: u32 = u32::MAX;

/// What the entry of a file says.
#[derive(Debug)]
pub(super) struct FileEntry {
    bytes: Vec<u8>,
    /// Where it lies: in its partition, and in bytes.
    address: Address,
    at: u64,
    /// Bytes of content.
    pub(super) size: u64,
    /// Where the allocation descriptors, or the content itself, begin in the entry; how many bytes they take.
    start: usize,
    len: usize,
}

impl FileEntry {
    pub(super) fn read(volume: &dyn ReadAt, partitions: &Partitions, address: Address) -> Result<Self> {
        let at = partitions.offset(address)?;
        let bytes = partitions.descriptor(volume, address, &[tag::FILE_ENTRY, tag::EXTENDED_FILE_ENTRY])?;
        let fixed = if le16(&bytes, 0) == tag::FILE_ENTRY { 176 } else { 216 };
        let length = |at| usize::try_from(le32(&bytes, at)).unwrap_or(usize::MAX);
        let (attributes, len) = (length(fixed - 8), length(fixed - 4));
        let start = fixed.saturating_add(attributes);
        if start.saturating_add(len) > bytes.len() {
            return Err(Error::corrupt(at, "UDF: a file entry is longer than its block"));
        }
        let strategy = le16(&bytes, 20);
        if strategy != 4 {
            return Err(Error::unsupported(format!("UDF: files of strategy {strategy} are not read")));
        }
        Ok(FileEntry { size: le64(&bytes, 56), bytes, address, at, start, len })
    }

    pub(super) fn kind(&self) -> Result<FileKind> {
        match self.bytes[27] {
            4 => Ok(FileKind::Directory),
            0 | 5 | 249 => Ok(FileKind::File),
            12 => Ok(FileKind::Link),
            6 | 7 | 9 | 10 => Ok(FileKind::Special),
            other => Err(Error::unsupported(format!("UDF: files of type {other} are not read"))),
        }
    }

    pub(super) fn metadata(&self) -> Result<Metadata> {
        let kind = self.kind()?;
        let size = if kind == FileKind::Directory { 0 } else { self.size };
        let owner = |at| match le32(&self.bytes, at) {
            NOBODY => 0,
            id => id,
        };
        Ok(Metadata { kind, size, mode: self.mode(), uid: owner(36), gid: owner(40), immutable: false })
    }

    /// Five bits each for others, group and owner: execute, write, read, and two that POSIX has not.
    fn mode(&self) -> u32 {
        let (permissions, flags) = (le32(&self.bytes, 44), u32::from(le16(&self.bytes, 34)));
        let class = |shift: u32| permissions >> shift & 7;
        let special = (flags >> 6 & 1) << 2 | (flags >> 7 & 1) << 1 | flags >> 8 & 1;
        special << 9 | class(10) << 6 | class(5) << 3 | class(0)
    }

    /// Where the content lies.
    pub(super) fn pieces(&self, volume: &dyn ReadAt, partitions: &Partitions) -> Result<Vec<Piece>> {
        let kind = le16(&self.bytes, 34) & 7;
        if kind == 3 {
            return match self.size <= self.len as u64 {
                true => Ok(vec![Piece { at: Some(self.at + self.start as u64), len: self.size }]),
                false => Err(Error::corrupt(self.at, "UDF: a file in its own entry is longer than that")),
            };
        }
        if kind > 1 {
            return Err(Error::unsupported(format!("UDF: allocation descriptors of kind {kind} are not read")));
        }
        let mut walk = Walk { partitions, partition: self.address.partition, left: self.size, pieces: Vec::new() };
        let mut next = walk.descriptors(&self.bytes[self.start..self.start + self.len], kind)?;
        for _ in 0..MAX_CONTINUATIONS {
            let Some(address) = next else { return Ok(walk.pieces) };
            let block = partitions.descriptor(volume, address, &[tag::ALLOCATION_EXTENT])?;
            let len = usize::try_from(le32(&block, 20)).unwrap_or(usize::MAX);
            let descriptors = block.get(24..24usize.saturating_add(len));
            let at = self.at;
            let descriptors = descriptors
                .ok_or_else(|| Error::corrupt(at, "UDF: allocation descriptors are longer than their block"))?;
            next = walk.descriptors(descriptors, kind)?;
        }
        Err(Error::corrupt(self.at, "UDF: the allocation descriptors of a file do not end"))
    }
}

/// Gathers the pieces of a file.
struct Walk<'a> {
    partitions: &'a Partitions,
    /// That of the entry, which short descriptors mean.
    partition: u16,
    /// Bytes of content that are still to be found.
    left: u64,
    pieces: Vec<Piece>,
}

impl Walk<'_> {
    /// One run of descriptors; gives the block where they go on.
    fn descriptors(&mut self, bytes: &[u8], kind: u16) -> Result<Option<Address>> {
        for descriptor in bytes.chunks_exact(if kind == 0 { 8 } else { 16 }) {
            let word = le32(descriptor, 0);
            let len = u64::from(word & LENGTH);
            if len == 0 || self.left == 0 {
                return Ok(None);
            }
            let partition = if kind == 0 { self.partition } else { le16(descriptor, 8) };
            let address = Address { partition, block: le32(descriptor, 4) };
            match word >> 30 {
                3 => return Ok(Some(address)),
                0 => self.push(self.partitions.pieces(address, len.min(self.left))?)?,
                _ => self.push(vec![Piece { at: None, len: len.min(self.left) }])?,
            }
        }
        Ok(None)
    }

    fn push(&mut self, pieces: Vec<Piece>) -> Result<()> {
        self.left -= pieces.iter().map(|piece| piece.len).sum::<u64>();
        self.pieces.extend(pieces);
        match self.pieces.len() > MAX_PIECES {
            true => Err(Error::unsupported(format!("UDF: a file in more than the {MAX_PIECES} pieces that are read"))),
            false => Ok(()),
        }
    }
}
