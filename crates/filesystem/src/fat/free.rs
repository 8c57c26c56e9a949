//! The clusters that no chain holds.
//!
//! Specification: Microsoft FAT32 File System Specification 1.03, "FAT Data Structure". All copies of the FAT must agree,
//! and no chain may lead to a free cluster or to one that another chain leads to. Not supported: FAT32 that keeps one copy
//! only.

use super::bpb::{Bpb, Width};
use crate::tree::See;
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// Most clusters whose chains are held against each other: 2 TiB with the largest clusters of Windows. Two bits each.
const MAX_CLUSTERS: u64 = 1 << 26;
/// Entries read at once; even, so that those of FAT12 begin with a whole byte.
const CHUNK: u64 = 1 << 18;

/// Gives `see` the free bytes in order.
pub(super) fn unused(volume: &dyn ReadAt, bpb: &Bpb, see: &mut See<'_>) -> Result<()> {
    check_clean(volume, bpb)?;
    let end = bpb.clusters + 2;
    let mut chains = Chains::new(bpb)?;
    let mut open = None;
    let mut give = |clusters: Range<u64>| {
        see(bpb.data + (clusters.start - 2) * bpb.cluster..bpb.data + (clusters.end - 2) * bpb.cluster)
    };
    for first in (0..end).step_by(to_usize(CHUNK)?) {
        let chunk = first..end.min(first + CHUNK);
        let start = bpb.entry_offset(first);
        let part = entries(volume, bpb, start, bpb.entry_offset(chunk.end - 1) + bpb.entry_len() - start)?;
        for cluster in chunk {
            let at = to_usize(bpb.entry_offset(cluster) - start)?;
            let value = part.get(at..).and_then(|bytes| bpb.decode(bytes, cluster)).unwrap_or(0);
            if cluster < 2 {
                continue;
            }
            chains.put(cluster, value)?;
            match open {
                Some(first) if value != 0 => {
                    give(first..cluster)?;
                    open = None;
                }
                None if value == 0 => open = Some(cluster),
                _ => {}
            }
        }
    }
    if let Some(first) = open {
        give(first..end)?;
    }
    chains.check()
}

/// Whether FAT says of itself that it is in order.
fn check_clean(volume: &dyn ReadAt, bpb: &Bpb) -> Result<()> {
    bpb.check(volume.size())?;
    let info = bpb.info(volume)?;
    // Also a volume that is too short, or whose size is odd, has a note.
    if let Some(note) = info.notes.first() {
        return Err(Error::refused(format!("the filesystem is not clean: {note}")));
    }
    if bpb.clusters > MAX_CLUSTERS {
        let clusters = bpb.clusters;
        return Err(Error::unsupported(format!(
            "FAT: {clusters} clusters are more than the {MAX_CLUSTERS} that are held"
        )));
    }
    match bpb.is_mirrored() {
        true => Ok(()),
        false => Err(Error::unsupported("FAT: it keeps one copy of its FAT only")),
    }
}

/// `len` bytes of the FAT from byte `start` of it on; all copies must have the same.
fn entries(volume: &dyn ReadAt, bpb: &Bpb, start: u64, len: u64) -> Result<Vec<u8>> {
    let first = read_vec(volume, bpb.fat + start, len).map_err(|error| error.within("FAT"))?;
    for copy in 1..bpb.copies() {
        let at = bpb.fat + copy * bpb.fat_len + start;
        if read_vec(volume, at, len).map_err(|error| error.within("FAT"))? != first {
            return Err(Error::corrupt(at, "FAT: the copies differ; let fsck.fat repair it first"));
        }
    }
    Ok(first)
}

/// What the entries say of each other.
struct Chains<'a> {
    bpb: &'a Bpb,
    /// A bit for each cluster: it is in use; a chain leads to it.
    used: Vec<u64>,
    reached: Vec<u64>,
}

impl<'a> Chains<'a> {
    fn new(bpb: &'a Bpb) -> Result<Self> {
        let words = to_usize((bpb.clusters + 2).div_ceil(64))?;
        Ok(Chains { bpb, used: vec![0; words], reached: vec![0; words] })
    }

    fn put(&mut self, cluster: u64, value: u32) -> Result<()> {
        let top = match self.bpb.width {
            Width::Fat12 => 0xFF7,
            Width::Fat16 => 0xFFF7,
            Width::Fat32 => 0x0FFF_FFF7,
        };
        let next = u64::from(value);
        let sound = match value {
            0 => return Ok(()),
            // A bad cluster, or the end of a chain.
            value if value >= top => true,
            _ => (2..self.bpb.clusters + 2).contains(&next) && set(&mut self.reached, next)?,
        };
        set(&mut self.used, cluster)?;
        match sound {
            true => Ok(()),
            false => Err(self.damage(cluster, &format!("leads to cluster {next}, which is none or has two before it"))),
        }
    }

    /// Every cluster that a chain leads to must be in use, and the root directory's as well.
    fn check(&mut self) -> Result<()> {
        if let Some(root) = self.bpb.root_cluster() {
            let inside = (2..self.bpb.clusters + 2).contains(&root);
            if !inside || set(&mut self.used, root)? {
                return Err(self.damage(root, "should hold the root directory and is free"));
            }
        }
        let stray = self.reached.iter().zip(&self.used).position(|(reached, used)| reached & !used != 0);
        match stray {
            Some(word) => Err(self.damage(64 * word as u64, "or one of the next 63 is in a chain and free")),
            None => Ok(()),
        }
    }

    fn damage(&self, cluster: u64, what: &str) -> Error {
        let at = self.bpb.fat + self.bpb.entry_offset(cluster);
        Error::corrupt(at, format!("FAT: cluster {cluster} {what}; let fsck.fat repair it first"))
    }
}

/// Sets a bit; gives whether it was not set before.
fn set(bits: &mut [u64], number: u64) -> Result<bool> {
    let (word, bit) = (to_usize(number / 64)?, 1 << (number % 64));
    let before = bits[word] & bit;
    bits[word] |= bit;
    Ok(before == 0)
}
