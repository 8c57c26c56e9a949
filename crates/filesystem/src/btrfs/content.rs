//! The content of files: extents inline and on the volume, plain and compressed, and holes.
//!
//! Linux `include/uapi/linux/btrfs_tree.h` (`struct btrfs_file_extent_item`). Data are checked against the tree of
//! checksums; a sector that fails is looked for in the other copies.

use super::compression;
use super::inode::Inode;
use super::node::{Key, Pointer};
use super::roots::CHECKSUMS;
use super::trees::Trees;
use crate::field::{le64, zeros};
use std::ops::Range;
use storage::{Error, ErrorKind, ReadAt, Result, to_usize};

pub(super) const EXTENT_DATA: u8 = 108;
/// The object and kind of checksums.
const CHECKSUM: (u64, u8) = (u64::MAX - 9, 128);

/// Bytes of an extent's item: up to inline data, and of one on the volume.
const INLINE: usize = 21;
const REGULAR: usize = 53;

/// Bytes that are read and checked at once.
const STEP: u64 = 1 << 20;

/// Compressed content that may be unpacked for a file of some length: extents that were written over in part are
/// unpacked more than once.
const MORE_UNPACKED: u64 = 16 << 20;
const TIMES_UNPACKED: u64 = 8;

/// What lies at one place of a file.
enum Extent {
    Hole,
    Inline { method: u8, bytes: Vec<u8>, len: u64 },
    Plain { at: u64 },
    Packed { method: u8, at: u64, packed: u64, len: u64, skip: u64 },
}

impl Extent {
    /// With the number of bytes of the file that it is.
    fn read(item: &[u8]) -> Result<(Self, u64)> {
        let damaged = || Error::corrupt(0, "btrfs: a file's extent cannot be");
        let head = item.get(..INLINE).ok_or_else(damaged)?;
        let (len, method) = (le64(head, 8), head[16]);
        if head[17] != 0 || head[18..20] != [0, 0] {
            return Err(Error::unsupported("btrfs: a file is encrypted or encoded in a way that is not known"));
        }
        if head[20] == 0 {
            let bytes = item[INLINE..].to_vec();
            let len = if method == 0 { bytes.len() as u64 } else { len };
            return Ok((Extent::Inline { method, bytes, len }, len));
        }
        if item.len() != REGULAR || head[20] > 2 {
            return Err(damaged());
        }
        let (at, packed, skip, count) = (le64(item, 21), le64(item, 29), le64(item, 37), le64(item, 45));
        let extent = match (at, head[20], method) {
            (0, ..) | (_, 2, _) => Extent::Hole,
            (_, _, 0) => Extent::Plain { at: at.checked_add(skip).ok_or_else(damaged)? },
            _ if packed > compression::MAX_CONTENT => return Err(damaged()),
            _ => Extent::Packed { method, at, packed, len, skip },
        };
        Ok((extent, count))
    }
}

/// Where an extent of a file lies, all of it: address and length. None: inline, or a hole.
pub(super) fn stored(item: &[u8]) -> Result<Option<(u64, u64)>> {
    if item.get(20) == Some(&0) {
        return Ok(None);
    }
    if item.len() != REGULAR {
        return Err(Error::corrupt(0, "btrfs: a file's extent cannot be"));
    }
    Ok(Some((le64(item, 21), le64(item, 29))).filter(|(at, _)| *at != 0))
}

/// Reads one file from its start.
struct File<'a, V> {
    trees: &'a Trees<V>,
    checksums: Option<Pointer>,
    /// The compressed extent that was unpacked last, by its address.
    unpacked: Option<(u64, Vec<u8>)>,
    /// Bytes that may still be unpacked.
    left: u64,
}

impl<V: ReadAt> Trees<V> {
    /// The first `len` bytes of a file that is not shorter; who calls has held `len` to a limit.
    pub(super) fn content(&self, tree: Pointer, number: u64, inode: &Inode, len: u64) -> Result<Vec<u8>> {
        let mut content = zeros(len)?;
        let checksums = if inode.checked && len > 0 { Some(self.tree(CHECKSUMS)?) } else { None };
        let left = len.saturating_mul(TIMES_UNPACKED).saturating_add(MORE_UNPACKED);
        let mut file = File { trees: self, checksums, unpacked: None, left };
        let mut next = 0;
        self.each(tree, Key::new(number, EXTENT_DATA, 0), &mut |key, item| {
            if !key.is_of(number, EXTENT_DATA) || key.offset >= len {
                return Ok(false);
            }
            let (extent, count) = Extent::read(item)?;
            if key.offset < next {
                return Err(Error::corrupt(0, format!("btrfs: extents of inode {number} overlap")));
            }
            next = key.offset.saturating_add(count);
            let range = to_usize(key.offset)?..to_usize(next.min(len))?;
            file.fill(extent, &mut content[range])?;
            Ok(true)
        })?;
        Ok(content)
    }
}

impl<V: ReadAt> File<'_, V> {
    /// Fills the part of the file that an extent is, or the first bytes of that.
    fn fill(&mut self, extent: Extent, part: &mut [u8]) -> Result<()> {
        let sector = self.trees.superblock.sector();
        match extent {
            Extent::Hole => {}
            Extent::Inline { method: 0, bytes, .. } => copy(&bytes, 0, part),
            Extent::Inline { method, bytes, len } => copy(&compression::decode(method, &bytes, len, sector)?, 0, part),
            Extent::Plain { at } => self.plain(at, part)?,
            Extent::Packed { method, at, packed, len, skip } => {
                if self.unpacked.as_ref().is_none_or(|(known, _)| *known != at) {
                    let cost = len.saturating_add(packed);
                    self.left = self.left.checked_sub(cost).ok_or_else(|| {
                        Error::unsupported(
                            "btrfs: a file is made of more parts of compressed extents than are unpacked",
                        )
                    })?;
                    let mut bytes = zeros(packed)?;
                    self.plain(at, &mut bytes)?;
                    let content = compression::decode(method, &bytes, len, sector)
                        .map_err(|error| error.within(format!("btrfs: the extent at logical {at}")))?;
                    self.unpacked = Some((at, content));
                }
                if let Some((_, content)) = &self.unpacked {
                    copy(content, skip, part);
                }
            }
        }
        Ok(())
    }

    /// Bytes as they lie on the volume.
    fn plain(&self, at: u64, part: &mut [u8]) -> Result<()> {
        let sector = self.trees.superblock.sector();
        let mut logical = at;
        for piece in part.chunks_mut(to_usize(STEP)?) {
            let len = piece.len() as u64;
            // Checksums are of whole sectors, wherever the file ends.
            let start = logical / sector * sector;
            let end = logical.checked_add(len).and_then(|end| end.checked_next_multiple_of(sector));
            let end = end.ok_or_else(|| Error::corrupt(0, "btrfs: an extent lies behind the end of all addresses"))?;
            match end - start == len {
                true => self.sectors(start, piece)?,
                false => {
                    let mut whole = zeros(end - start)?;
                    self.sectors(start, &mut whole)?;
                    copy(&whole, logical - start, piece);
                }
            }
            logical += len;
        }
        Ok(())
    }

    /// Whole sectors, each from a copy that agrees with its checksum.
    fn sectors(&self, start: u64, bytes: &mut [u8]) -> Result<()> {
        let sector = self.trees.superblock.sector();
        let len = self.trees.checksum.len();
        let sums = Sums::read(self.trees, self.checksums, start..start + bytes.len() as u64)?;
        let first = self.trees.fill(bytes, start, 0);
        let missing = match first {
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            other => other.err(),
        };
        let pieces = bytes.chunks_exact_mut(to_usize(sector)?).zip(sums.bytes.chunks_exact(len)).zip(&sums.known);
        for (i, ((piece, sum), known)) in pieces.enumerate() {
            let agrees = |piece: &[u8]| !known || self.trees.checksum.agrees(piece, sum);
            if missing.is_some() || !agrees(piece) {
                self.other_copy(start + i as u64 * sector, piece, &agrees)?;
            }
        }
        Ok(())
    }

    fn other_copy(&self, at: u64, piece: &mut [u8], agrees: &dyn Fn(&[u8]) -> bool) -> Result<()> {
        let mut failure =
            Error::corrupt(0, format!("btrfs: the data at logical {at} do not agree with their checksum"));
        for copy in 0..self.trees.chunks.find(at)?.copies() {
            match self.trees.fill(piece, at, copy) {
                Ok(()) if agrees(piece) => return Ok(()),
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// Copies what there is from `skip` on; what is missing stays as it is.
fn copy(from: &[u8], skip: u64, to: &mut [u8]) {
    let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(from.len());
    let len = to.len().min(from.len() - skip);
    to[..len].copy_from_slice(&from[skip..skip + len]);
}

/// Checksums of neighbouring sectors.
struct Sums {
    bytes: Vec<u8>,
    /// Whether there is one, sector by sector.
    known: Vec<bool>,
}

impl Sums {
    fn read<V: ReadAt>(trees: &Trees<V>, tree: Option<Pointer>, range: Range<u64>) -> Result<Self> {
        let (sector, len) = (trees.superblock.sector(), trees.checksum.len());
        let count = to_usize((range.end - range.start) / sector)?;
        let mut sums = Sums { bytes: vec![0; count * len], known: vec![false; count] };
        let Some(tree) = tree else { return Ok(sums) };
        let (object, kind) = CHECKSUM;
        let wanted = Key::new(object, kind, range.start);
        let from = trees.last(tree, wanted)?.map_or(wanted, |(key, _)| key);
        trees.each(tree, from, &mut |key, item| {
            if !key.is_of(object, kind) {
                return Ok(key.object < object);
            }
            if key.offset >= range.end {
                return Ok(false);
            }
            for (i, sum) in item.chunks_exact(len).enumerate() {
                let at = key.offset.saturating_add(i as u64 * sector);
                if range.contains(&at) {
                    let place = to_usize((at - range.start) / sector)?;
                    sums.bytes[place * len..(place + 1) * len].copy_from_slice(sum);
                    sums.known[place] = true;
                }
            }
            Ok(true)
        })?;
        Ok(sums)
    }
}
