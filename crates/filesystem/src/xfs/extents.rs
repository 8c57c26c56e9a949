//! Where the content of an inode lies: lists and trees of extents.
//!
//! Specification: XFS Algorithms & Data Structures, "Data Extents", "Extent List", "B+tree Extent List". Extents are in
//! the order of the file and apart, in a tree from leaf to leaf as well: so no walk can turn in a circle.

use super::inode::{Format, Inode};
use super::superblock::{Superblock, checksum};
use crate::field::{be16, be64, le32};
use crate::pieces::Piece;
use storage::{Error, ReadAt, Result, read_vec};

/// Extents of one file that are held: a file of 4 GiB that lies scattered in single blocks of 4 KiB.
const MAX_EXTENTS: usize = 1 << 20;
/// Highest trees that Linux makes.
const MAX_LEVEL: u16 = 16;
const RECORD: usize = 16;
/// Begins the block of a tree, and the length of its header, in versions 4 and 5.
const BLOCK_V4: (&[u8], usize) = (b"BMAP", 24);
const BLOCK_V5: (&[u8], usize) = (b"BMA3", 72);

/// Neighbouring blocks of a file that are neighbours on the volume too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Its first block in the file.
    pub(super) start: u64,
    /// The byte of the volume where it begins.
    pub(super) at: u64,
    /// Blocks.
    pub(super) count: u64,
    /// Allocated and never written: reads as zeros.
    pub(super) unwritten: bool,
}

impl Extent {
    fn end(&self) -> u64 {
        self.start + self.count
    }
}

/// The extents that begin before block `end` of the file, in order.
pub(super) fn list(volume: &dyn ReadAt, superblock: &Superblock, inode: &Inode, end: u64) -> Result<Vec<Extent>> {
    let mut map = Map { volume, superblock, inode, end, found: Vec::new() };
    match inode.format {
        Format::Extents => {
            let count = usize::try_from(inode.extents).ok().and_then(|count| count.checked_mul(RECORD));
            let records = count.and_then(|len| inode.fork.get(..len));
            map.records(records.ok_or_else(|| inode.damage("has more extents than fit in its data fork"))?)?;
        }
        Format::Tree => map.tree()?,
        _ => return Err(inode.damage("has a data fork without extents")),
    }
    Ok(map.found)
}

/// The first `len` bytes of content that lies in `extents`.
pub(super) fn pieces(superblock: &Superblock, extents: &[Extent], len: u64) -> Vec<Piece> {
    let (mut pieces, mut next) = (Vec::new(), 0);
    for extent in extents {
        // What `list` gives begins before the last block that is wanted, so the products are within a file's length.
        let start = extent.start.saturating_mul(superblock.block_size);
        if next < start {
            pieces.push(Piece { at: None, len: start - next });
        }
        let len = extent.count * superblock.block_size;
        pieces.push(Piece { at: (!extent.unwritten).then_some(extent.at), len });
        next = start.saturating_add(len);
    }
    if next < len {
        pieces.push(Piece { at: None, len: len - next });
    }
    pieces
}

/// A walk through the extents of one inode.
struct Map<'a> {
    volume: &'a dyn ReadAt,
    superblock: &'a Superblock,
    inode: &'a Inode,
    end: u64,
    found: Vec<Extent>,
}

impl Map<'_> {
    /// Takes in the records of a list or a leaf.
    fn records(&mut self, records: &[u8]) -> Result<()> {
        for record in records.chunks_exact(RECORD) {
            let (high, low) = (be64(record, 0), be64(record, 8));
            let start = (high >> 9) & ((1 << 54) - 1);
            let (block, count) = ((high & 0x1FF) << 43 | low >> 21, low & ((1 << 21) - 1));
            if start >= self.end {
                break;
            }
            if count == 0 || self.found.last().is_some_and(|last| last.end() > start) {
                return Err(self.inode.damage("has extents that overlap or are not in order"));
            }
            let at = self.superblock.block(block, count).ok_or_else(|| {
                self.inode.damage(format!("has an extent of {count} blocks at block {block}, outside its group"))
            })?;
            if self.found.len() == MAX_EXTENTS {
                let number = self.inode.number;
                return Err(Error::unsupported(format!("XFS: inode {number} lies in more than {MAX_EXTENTS} extents")));
            }
            self.found.push(Extent { start, at, count, unwritten: high >> 63 == 1 });
        }
        Ok(())
    }

    fn tree(&mut self) -> Result<()> {
        let inode = self.inode;
        let room = inode.fork.len().saturating_sub(4) / RECORD;
        let (level, count) = match inode.fork.len() {
            4.. => (be16(&inode.fork, 0), usize::from(be16(&inode.fork, 2))),
            _ => (0, 0),
        };
        if level == 0 || level > MAX_LEVEL || count == 0 || count > room {
            return Err(inode.damage(format!("has a tree of extents of level {level} with {count} branches")));
        }
        self.branches(&inode.fork[4..], room, count, level)
    }

    /// Follows the branches of a node that has room for `room` of them.
    fn branches(&mut self, node: &[u8], room: usize, count: usize, level: u16) -> Result<()> {
        for branch in 0..count {
            // The least block of the file that lies behind the branch.
            if be64(node, branch * 8) >= self.end {
                break;
            }
            self.block(be64(node, (room + branch) * 8), level - 1)?;
        }
        Ok(())
    }

    fn block(&mut self, number: u64, level: u16) -> Result<()> {
        let at = self.superblock.block(number, 1);
        let at = at.ok_or_else(|| self.inode.damage(format!("has its tree of extents at block {number}")))?;
        let block = read_vec(self.volume, at, self.superblock.block_size)?;
        let header = self.check(&block, at, level).map_err(|what| {
            Error::corrupt(at, format!("XFS: a block in the tree of extents of inode {} {what}", self.inode.number))
        })?;
        let count = usize::from(be16(&block, 6));
        let room = (block.len() - header) / RECORD;
        if count == 0 || count > room {
            return Err(Error::corrupt(at, format!("XFS: {count} records in a block with room for {room}")));
        }
        match level {
            0 => self.records(&block[header..header + count * RECORD]),
            _ => self.branches(&block[header..], room, count, level),
        }
    }

    /// The length of the header of a block that is what it should be.
    fn check(&self, block: &[u8], at: u64, level: u16) -> Result<usize, &'static str> {
        let v5 = self.superblock.features.v5;
        let (magic, header) = if v5 { BLOCK_V5 } else { BLOCK_V4 };
        if !block.starts_with(magic) || be16(block, 4) != level {
            return Err("is none of that level");
        }
        if v5 && checksum(block, 64) != le32(block, 64) {
            return Err("has a wrong checksum");
        }
        if v5 && (be64(block, 24) != at / 512 || be64(block, 56) != self.inode.number) {
            return Err("belongs elsewhere");
        }
        Ok(header)
    }
}

/// The bytes of a run of blocks that is wholly mapped; none if it is wholly a hole.
pub(super) fn read_blocks(
    volume: &dyn ReadAt,
    superblock: &Superblock,
    inode: &Inode,
    extents: &[Extent],
    first: u64,
    count: u64,
) -> Result<Option<(u64, Vec<u8>)>> {
    let last = first + count;
    let from = extents.partition_point(|extent| extent.end() <= first);
    let mut bytes = Vec::new();
    let (mut at, mut next) = (0, first);
    for extent in extents[from..].iter().take_while(|extent| extent.start < last) {
        if extent.start > next || extent.unwritten {
            return Err(inode.damage(format!("is a directory with a hole in its block {first}")));
        }
        let skip = (next - extent.start) * superblock.block_size;
        let end = extent.end().min(last);
        if next == first {
            at = extent.at + skip;
        }
        bytes.extend(read_vec(volume, extent.at + skip, (end - next) * superblock.block_size)?);
        next = end;
    }
    match next {
        next if next == first => Ok(None),
        next if next == last => Ok(Some((at, bytes))),
        _ => Err(inode.damage(format!("is a directory with a hole in its block {first}"))),
    }
}
