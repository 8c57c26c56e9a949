//! What the transactions of a log do to the volume.
//!
//! Specification: XFS Algorithms & Data Structures, "Log Items", and the rules by which Linux recovers: a block that
//! is already newer than a change is left alone, and so is one that is freed by a change still to come. Not done: what
//! nothing here reads (lists of unlinked inodes, quotas, extended attributes), and work that a transaction announces and
//! no later one says to be done. Of that, only what moves extents between files would show.

use super::change;
use super::replayed::{Replayed, SECTOR};
use super::stamp;
use super::transaction::{Item, Transaction};
use crate::field::{be32, le16, le32, le64};
use crate::xfs::superblock::Superblock;
use std::collections::{HashMap, HashSet};
use storage::{Error, Result, Source, read_vec, to_usize};

const BUFFER: u16 = 0x123C;
const INODE: u16 = 0x123B;
const INODES_MADE: u16 = 0x123F;
/// What announces that extents move, and what says that it is done.
const MOVES: [(u16, u16); 2] = [(0x1244, 0x1245), (0x1248, 0x1249)];
/// All kinds of items that Linux knows.
const KNOWN: std::ops::RangeInclusive<u16> = 0x1236..=0x124F;

/// Flags of a buffer: of inodes, freed, of quotas.
const OF_INODES: u16 = 0x1;
const FREED: u16 = 0x2;
const OF_QUOTAS: u16 = 0x1C;
/// Bytes for which a bit stands in the map of a buffer.
const CHUNK: usize = 128;
/// Longest buffer, in sectors.
const MAX_SECTORS: u64 = 2048;

/// A replay under way.
pub(super) struct Replay<'a> {
    pub(super) superblock: &'a Superblock,
    pub(super) volume: Replayed,
    /// Buffers that are freed by changes still to come, and by how many: by sector and length.
    freed: HashMap<(u64, u64), u64>,
    /// Moves of extents that were announced.
    moves: HashSet<(u16, u64)>,
}

/// The volume with all changes in place, and whether extents were about to move.
pub(super) fn replay(
    volume: Source,
    superblock: &Superblock,
    transactions: &[Transaction],
) -> Result<(Replayed, bool)> {
    let mut replay =
        Replay { superblock, volume: Replayed::new(volume), freed: HashMap::new(), moves: HashSet::new() };
    for transaction in transactions {
        for item in transaction.items()? {
            replay.count(&item)?;
        }
    }
    for transaction in transactions {
        let mut items = transaction.items()?;
        items.sort_by_key(rank);
        for item in items {
            replay.apply(&item, transaction.lsn)?;
        }
    }
    Ok((replay.volume, !replay.moves.is_empty()))
}

/// Linux puts buffers and new inodes before what changes single inodes, and what is freed behind all.
fn rank(item: &Item<'_>) -> u8 {
    match item.kind {
        BUFFER if is_freed(item) => 2,
        BUFFER | INODES_MADE => 0,
        _ => 1,
    }
}

fn is_freed(item: &Item<'_>) -> bool {
    item.kind == BUFFER && item.format.len() >= 6 && le16(item.format, 4) & FREED != 0
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::corrupt(0, format!("XFS log: {what}"))
}

/// The format of an item, which has `len` bytes at least.
fn format<'a>(item: &Item<'a>, len: usize) -> Result<&'a [u8]> {
    match item.format.len() >= len {
        true => Ok(item.format),
        false => Err(damaged(format!("an item {:#x} of {} bytes", item.kind, item.format.len()))),
    }
}

impl Replay<'_> {
    /// The first pass, over all transactions: what is freed, and what is announced and not done.
    fn count(&mut self, item: &Item<'_>) -> Result<()> {
        if !KNOWN.contains(&item.kind) {
            return Err(Error::unsupported(format!("newer XFS: its log has items of kind {:#x}", item.kind)));
        }
        if is_freed(item) {
            *self.freed.entry(buffer_key(format(item, 20)?)).or_default() += 1;
        }
        for (announced, done) in MOVES {
            if item.kind == announced {
                self.moves.insert((announced, le64(format(item, 16)?, 8)));
            } else if item.kind == done {
                self.moves.remove(&(announced, le64(format(item, 16)?, 8)));
            }
        }
        Ok(())
    }

    /// The second pass.
    fn apply(&mut self, item: &Item<'_>, lsn: u64) -> Result<()> {
        match item.kind {
            BUFFER => self.buffer(item, lsn),
            INODE => self.inode(item, lsn),
            INODES_MADE => self.inodes_made(item),
            _ => Ok(()),
        }
    }

    /// Bytes as replay has left them so far: `len` sectors from `sector` on.
    fn load(&self, sector: u64, len: u64) -> Result<Vec<u8>> {
        let end = sector.checked_add(len).and_then(|end| end.checked_mul(SECTOR));
        match end {
            Some(end) if (1..=MAX_SECTORS).contains(&len) && end <= self.superblock.size() => {
                read_vec(&self.volume, sector * SECTOR, len * SECTOR)
            }
            _ => Err(damaged(format!("a change of {len} sectors at sector {sector}"))),
        }
    }

    fn buffer(&mut self, item: &Item<'_>, lsn: u64) -> Result<()> {
        let format = format(item, 20)?;
        let (flags, key) = (le16(format, 4), buffer_key(format));
        if flags & FREED != 0 {
            if let Some(left) = self.freed.get_mut(&key) {
                *left -= 1;
                if *left == 0 {
                    self.freed.remove(&key);
                }
            }
            return Ok(());
        }
        if self.freed.contains_key(&key) || flags & (OF_INODES | OF_QUOTAS) != 0 {
            return Ok(());
        }
        let mut block = self.load(key.0, key.1)?;
        if stamp::lsn(&block, self.superblock).is_some_and(|newest| newest >= lsn) {
            return Ok(());
        }
        put_chunks(&mut block, &format[20..], item.data)?;
        stamp::seal(&mut block, self.superblock);
        self.volume.put(key.0 * SECTOR, &block)
    }

    fn inode(&mut self, item: &Item<'_>, lsn: u64) -> Result<()> {
        let change = change::Change::parse(format(item, 52)?, item.data)?;
        if self.freed.contains_key(&(change.sector, change.sectors)) {
            return Ok(());
        }
        let mut cluster = self.load(change.sector, change.sectors)?;
        let end = change.within.checked_add(to_usize(self.superblock.inode_size)?);
        let bytes = end.and_then(|end| cluster.get_mut(change.within..end));
        let bytes = bytes.ok_or_else(|| damaged("an inode outside its buffer"))?;
        if change.apply(bytes, lsn)? {
            self.volume.put(change.sector * SECTOR, &cluster)?;
        }
        Ok(())
    }

    /// Inodes that were made all at once, of which nothing else is logged.
    fn inodes_made(&mut self, item: &Item<'_>) -> Result<()> {
        let format = format(item, 28)?;
        let word = |at| u64::from(be32(format, at));
        let (group, block, count, size, len) = (word(4), word(8), word(12), word(16), word(20));
        let at = self.superblock.group_block(group, block, len);
        let fits = size == self.superblock.inode_size && count * size <= len.saturating_mul(self.superblock.block_size);
        let at = at.filter(|_| fits).ok_or_else(|| damaged(format!("{count} inodes at block {block} of group {group}")))?;
        let sectors = len * self.superblock.block_size / SECTOR;
        let place = at / SECTOR..at / SECTOR + sectors;
        if self.freed.keys().any(|&(first, len)| first < place.end && first.saturating_add(len) > place.start) {
            return Ok(());
        }
        let mut chunk = self.load(place.start, sectors)?;
        let first = self.superblock.inode_number(group, block);
        for (number, bytes) in (first..first + count).zip(chunk.chunks_exact_mut(to_usize(size)?)) {
            change::make(bytes, number, be32(format, 24), self.superblock);
        }
        self.volume.put(at, &chunk)
    }
}

/// By what a buffer is known: its first sector and its length.
fn buffer_key(format: &[u8]) -> (u64, u64) {
    (le64(format, 8), le16(format, 6).into())
}

/// Copies the logged regions to where the bits of the map are.
fn put_chunks(block: &mut [u8], map: &[u8], regions: &[Vec<u8>]) -> Result<()> {
    let damaged = || damaged("a buffer whose regions do not fit its map");
    let words = map.chunks_exact(4).map(|word| le32(word, 0));
    let mut bits = words.enumerate().flat_map(|(i, word)| (0..32).filter(move |b| word >> b & 1 == 1).map(move |b| i * 32 + b));
    for region in regions {
        if region.is_empty() || region.len() % CHUNK != 0 {
            return Err(damaged());
        }
        for part in region.chunks_exact(CHUNK) {
            let at = bits.next().ok_or_else(damaged)? * CHUNK;
            block.get_mut(at..at + CHUNK).ok_or_else(damaged)?.copy_from_slice(part);
        }
    }
    match bits.next() {
        None => Ok(()),
        Some(_) => Err(damaged()),
    }
}
