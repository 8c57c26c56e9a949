//! The journal of ext3 and ext4 (jbd2): what a crash left to be put in place.
//!
//! Specification: Linux `Documentation/filesystems/ext4/journal.rst`. Read here: versions 1 and 2, 64-bit numbers,
//! revocations, checksums of version 2 and 3, a log that wraps around its end. Nothing is written: the newest copy of
//! each block is read from the journal instead. Not supported: a journal on another device, fast commits, the checksum
//! over a whole transaction that ext4 wrote before version 2.

use super::blocks::Run;
use super::features;
use super::inode::Inode;
use super::replay::{Copy, Replaced, Replayed};
use super::superblock::Superblock;
use crate::crc::crc32c;
use crate::field::{be16, be32, be64, le32};
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, read_vec};

/// Begins every block of the journal's own.
pub(super) const MAGIC: u32 = 0xC03B_3998;
const HEADER: usize = 12;
/// Longest journal read, in blocks: four times the longest that mke2fs makes unasked.
const MAX_BLOCKS: u64 = 1 << 20;
/// Revocations remembered of one transaction.
const MAX_REVOKED: usize = 1 << 20;

const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const SUPERBLOCK_V1: u32 = 3;
const SUPERBLOCK_V2: u32 = 4;
const REVOKE: u32 = 5;

const FEATURE_64BIT: u32 = 0x2;
const FEATURE_CSUM_V2: u32 = 0x8;
const FEATURE_CSUM_V3: u32 = 0x10;
const FEATURE_FAST_COMMIT: u32 = 0x20;
/// Revocations, 64-bit numbers, asynchronous commits, checksums, fast commits.
const KNOWN_FEATURES: u32 = 0x3F;

const TAG_ESCAPED: u32 = 0x1;
const TAG_SAME_UUID: u32 = 0x2;
const TAG_LAST: u32 = 0x8;

/// The volume as it will be after the next mount, and notes on what that rests upon.
///
/// A journal that cannot be read is left alone: then the newest changes are missing, and a note says so.
pub(super) fn replayed(volume: Source, superblock: &Superblock) -> Result<(Arc<Replayed>, Vec<String>)> {
    let mut notes = Vec::new();
    let mut replaced = Replaced::new();
    if superblock.needs_recovery() {
        match Log::open(&*volume, superblock).and_then(|log| log.replay()) {
            Ok((copies, note)) => {
                notes.push(format!("{} blocks are read from the journal", copies.len()));
                notes.extend(note);
                replaced = copies;
            }
            Err(error) if error.kind() == storage::ErrorKind::Io => return Err(error),
            Err(error) => notes.push(format!("the journal is not replayed, the newest changes are missing: {error}")),
        }
    }
    let block_size = superblock.block_size;
    let bare = Replayed { volume, block_size, replaced, superblock: Vec::new() };
    // The superblock may itself be in the journal.
    let newest = Superblock::read(&bare)?.unwrap_or_else(|| superblock.clone());
    let settled = newest.incompat & !(features::NEEDS_RECOVERY | features::MMP);
    Ok((Arc::new(Replayed { superblock: newest.with_incompat(settled), ..bare }), notes))
}

/// Whether nothing waits in the journal, whatever the superblock says, and no error is recorded there.
pub(super) fn check_empty(volume: &dyn ReadAt, superblock: &Superblock) -> Result<()> {
    let log = Log::open(volume, superblock)?;
    match (log.start, log.error) {
        (0, 0) => Ok(()),
        (0, error) => Err(Error::refused(format!("it records that error {error} made Linux give up the filesystem"))),
        _ => Err(Error::refused("it holds changes that are not yet in place, though the superblock does not say so")),
    }
}

/// The log, ready to be walked.
struct Log<'a> {
    volume: &'a dyn ReadAt,
    block_size: u64,
    /// Blocks of the filesystem.
    end: u64,
    /// The journal's blocks on the volume, in order and without holes.
    runs: Vec<Run>,
    /// The first block that the log uses, and the one after the last.
    first: u64,
    last: u64,
    /// Where the log begins, and the number of its first transaction. Zero: it is empty.
    start: u64,
    sequence: u32,
    /// What made Linux give up, as a number of its own.
    error: u32,
    features: u32,
    /// Seed of its checksums.
    seed: u32,
}

/// Where the journal's blocks lie, in order and without holes, and how many they are.
fn find(volume: &dyn ReadAt, superblock: &Superblock) -> Result<(Vec<Run>, u64)> {
    let number = le32(&superblock.bytes, 0xE0);
    if number == 0 || superblock.compat & features::HAS_JOURNAL == 0 {
        return Err(Error::unsupported("it is on another device"));
    }
    let inode = Inode::read(volume, superblock, number)?;
    let blocks = inode.size / superblock.block_size;
    if blocks > MAX_BLOCKS {
        return Err(Error::unsupported(format!("a journal of {blocks} blocks; up to {MAX_BLOCKS} are read")));
    }
    let runs = inode.runs(volume, superblock, blocks * superblock.block_size)?;
    let held = runs.iter().try_fold(0, |next, run| (run.logical == next).then_some(next + run.count));
    if blocks == 0 || held != Some(blocks) {
        return Err(Error::corrupt(0, "the journal is empty or has holes"));
    }
    Ok((runs, blocks))
}

/// What one transaction changes, until it is committed.
#[derive(Default)]
struct Transaction {
    copies: Vec<(u64, Copy)>,
    revoked: Vec<u64>,
}

impl<'a> Log<'a> {
    fn open(volume: &'a dyn ReadAt, superblock: &Superblock) -> Result<Self> {
        let (runs, blocks) = find(volume, superblock)?;
        let block_size = superblock.block_size;
        let at = runs[0].physical * block_size;
        let head = read_vec(volume, at, 1024)?;
        let (magic, kind) = (be32(&head, 0), be32(&head, 4));
        if magic != MAGIC || !matches!(kind, SUPERBLOCK_V1 | SUPERBLOCK_V2) {
            return Err(Error::corrupt(at, "the journal has no superblock"));
        }
        let (len, first, start) = (be32(&head, 0x10).into(), be32(&head, 0x14).into(), be32(&head, 0x1C).into());
        let log_features = if kind == SUPERBLOCK_V2 { be32(&head, 0x28) } else { 0 };
        if log_features & !KNOWN_FEATURES != 0 {
            return Err(Error::unsupported(format!("journal features {log_features:#x}")));
        }
        let fast = match (log_features & FEATURE_FAST_COMMIT, be32(&head, 0x54)) {
            (0, _) => 0,
            (_, 0) => 256,
            (_, blocks) => u64::from(blocks),
        };
        let last = u64::saturating_sub(len, fast);
        let sound = u64::from(be32(&head, 0x0C)) == block_size && len <= blocks;
        if !sound || first == 0 || first >= last || (start > 0 && !(first..last).contains(&start)) {
            return Err(Error::corrupt(at, "the journal's superblock contradicts itself"));
        }
        Ok(Log {
            volume,
            block_size,
            end: superblock.blocks,
            runs,
            first,
            last,
            start,
            sequence: be32(&head, 0x18),
            error: be32(&head, 0x20),
            features: log_features,
            seed: crc32c(!0, &head[0x30..0x40]),
        })
    }

    /// The newest copies of all blocks in committed transactions; a note if the log ends in damage.
    fn replay(&self) -> Result<(Replaced, Option<String>)> {
        let mut replaced = Replaced::new();
        let mut transaction = Transaction::default();
        let (mut position, mut sequence) = (self.start, self.sequence);
        let mut left = self.last - self.first;
        while self.start > 0 && left > 0 {
            let block = self.read(position)?;
            if be32(&block, 0) != MAGIC || be32(&block, 8) != sequence {
                break;
            }
            let before = left;
            let step = match be32(&block, 4) {
                DESCRIPTOR => self.descriptor(&block, position, sequence, &mut left, &mut transaction),
                REVOKE => self.revocations(&block, &mut transaction),
                COMMIT if self.is_sealed(&block, 16) => {
                    let Transaction { copies, revoked } = std::mem::take(&mut transaction);
                    replaced.extend(copies);
                    for number in revoked {
                        replaced.remove(&number);
                    }
                    sequence = sequence.wrapping_add(1);
                    Ok(())
                }
                _ => Err(Error::corrupt(self.offset(position)?, "a block of the journal is damaged")),
            };
            match step {
                Ok(()) => {}
                Err(error) if error.kind() == storage::ErrorKind::Io => return Err(error),
                // A torn write ends the log: what follows was never promised to anyone.
                Err(error) => {
                    return Ok((replaced, Some(format!("the journal ends in transaction {sequence}: {error}"))));
                }
            }
            left = left.saturating_sub(1);
            position = self.after(position, before - left);
        }
        let fast = self.features & FEATURE_FAST_COMMIT != 0;
        Ok((replaced, fast.then(|| "fast commits, if there are any, are not replayed".into())))
    }

    /// The position `count` blocks on, around the end if need be.
    fn after(&self, position: u64, count: u64) -> u64 {
        self.first + (position - self.first + count) % (self.last - self.first)
    }

    fn offset(&self, position: u64) -> Result<u64> {
        let next = self.runs.partition_point(|run| run.logical <= position);
        match next.checked_sub(1).map(|index| self.runs[index]) {
            Some(run) if position < run.logical + run.count => {
                Ok((run.physical + position - run.logical) * self.block_size)
            }
            _ => Err(Error::corrupt(0, format!("the journal has no block {position}"))),
        }
    }

    fn read(&self, position: u64) -> Result<Vec<u8>> {
        read_vec(self.volume, self.offset(position)?, self.block_size)
    }

    fn has_checksums(&self) -> bool {
        self.features & (FEATURE_CSUM_V2 | FEATURE_CSUM_V3) != 0
    }

    /// Whether a block's own checksum, at byte `at`, is right.
    fn is_sealed(&self, block: &[u8], at: usize) -> bool {
        let rest = crc32c(crc32c(crc32c(self.seed, &block[..at]), &[0; 4]), &block[at + 4..]);
        !self.has_checksums() || rest == be32(block, at)
    }

    /// Bytes of a descriptor's or revocation's block that may hold records.
    fn room(&self, block: &[u8]) -> Result<usize> {
        let tail = block.len() - 4;
        match (self.has_checksums(), self.is_sealed(block, tail)) {
            (true, true) => Ok(tail),
            (false, _) => Ok(block.len()),
            _ => Err(Error::corrupt(0, "a checksum is wrong")),
        }
    }

    /// A descriptor names the blocks whose copies follow it.
    fn descriptor(
        &self,
        block: &[u8],
        position: u64,
        sequence: u32,
        left: &mut u64,
        to: &mut Transaction,
    ) -> Result<()> {
        let room = self.room(block)?;
        let wide = self.features & FEATURE_64BIT != 0;
        let len = match self.features {
            features if features & FEATURE_CSUM_V3 != 0 => 16,
            features => 8 + if features & FEATURE_CSUM_V2 != 0 { 2 } else { 0 } + if wide { 4 } else { 0 },
        };
        let mut at = HEADER;
        for count in 1.. {
            if at + len > room || *left <= 1 {
                return Err(Error::corrupt(0, "a descriptor does not end"));
            }
            let tag = &block[at..at + len];
            let (flags, checksum) = match self.features & FEATURE_CSUM_V3 {
                0 => (u32::from(be16(tag, 6)), u32::from(be16(tag, 4))),
                _ => (be32(tag, 4), be32(tag, 12)),
            };
            let number = u64::from(be32(tag, 0)) | if wide { u64::from(be32(tag, 8)) << 32 } else { 0 };
            let copy = self.after(position, count);
            self.check_copy(copy, sequence, checksum)?;
            if number >= self.end {
                return Err(Error::corrupt(0, format!("it would replace block {number} of {}", self.end)));
            }
            let escaped = flags & TAG_ESCAPED != 0;
            to.copies.push((number, Copy { at: self.offset(copy)? / self.block_size, escaped }));
            *left -= 1;
            at += len + if flags & TAG_SAME_UUID == 0 { 16 } else { 0 };
            if flags & TAG_LAST != 0 {
                break;
            }
        }
        Ok(())
    }

    /// Whether the copy of a block is what its tag says, where tags say it.
    fn check_copy(&self, position: u64, sequence: u32, checksum: u32) -> Result<()> {
        if !self.has_checksums() {
            return Ok(());
        }
        let found = crc32c(crc32c(self.seed, &sequence.to_be_bytes()), &self.read(position)?);
        let mask = if self.features & FEATURE_CSUM_V3 != 0 { u32::MAX } else { 0xFFFF };
        match found & mask == checksum {
            true => Ok(()),
            false => Err(Error::corrupt(self.offset(position)?, "the copy of a block has a wrong checksum")),
        }
    }

    /// Blocks whose copies so far no longer count.
    fn revocations(&self, block: &[u8], to: &mut Transaction) -> Result<()> {
        let room = self.room(block)?;
        let used = usize::try_from(be32(block, HEADER)).unwrap_or(usize::MAX);
        if used < 16 || used > room || to.revoked.len() > MAX_REVOKED {
            return Err(Error::corrupt(0, "a list of revocations is too long"));
        }
        let records = &block[16..used];
        match self.features & FEATURE_64BIT {
            0 => to.revoked.extend(records.chunks_exact(4).map(|record| u64::from(be32(record, 0)))),
            _ => to.revoked.extend(records.chunks_exact(8).map(|record| be64(record, 0))),
        }
        Ok(())
    }
}
