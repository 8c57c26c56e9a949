//! The whole of the metadata: every refcount against every user, snapshots and bitmaps among them. Nothing is repaired.
//!
//! Counts are qemu's: a cluster is fragmented where it does not follow its predecessor in the same table, and so is
//! every compressed one.

use super::bitmaps;
use super::counts::{Counts, Users};
use super::features::{self, DATA_FILE};
use super::header::{Header, MAX_L1_BYTES};
use super::refcounts::Refcounts;
use super::snapshots::{self, L1};
use super::tables::{COMPRESSED, COPIED, OFFSET, packed};
use crate::checked::{Checked, MAX_LISTED};
use crate::fields::be64;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// All damage that is found; `Err` only where the machine fails.
pub(super) fn check(file: &dyn ReadAt, header: &Header) -> Result<Checked> {
    let found = Checked { total_clusters: header.size.div_ceil(header.cluster_size()), ..Checked::default() };
    let mut check = Check { file, header, users: Users::default(), found };
    match check.stored() {
        Ok(stored) => check.compare(&stored)?,
        Err(error) => check.found.find(error)?,
    }
    Ok(check.found)
}

struct Check<'a> {
    file: &'a dyn ReadAt,
    header: &'a Header,
    users: Users,
    found: Checked,
}

impl Check<'_> {
    /// The clusters of the file that a range touches.
    fn clusters(&self, offset: u64, len: u64) -> Range<u64> {
        let size = self.header.cluster_size();
        offset / size..offset.saturating_add(len).div_ceil(size)
    }

    fn take(&mut self, offset: u64, len: u64, weight: u64) {
        let clusters = self.clusters(offset, len);
        self.users.add(clusters, weight);
    }

    /// The refcounts as stored; their own clusters are users.
    fn stored(&mut self) -> Result<Counts> {
        let (file, header) = (self.file, self.header);
        let refcounts = Refcounts::read(file, header)?;
        let size = header.cluster_size();
        self.take(header.refcount_table_offset, header.refcount_table_clusters * size, 1);
        let mut stored = Counts::default();
        for (block, offset) in refcounts.blocks() {
            self.take(offset, size, 1);
            let first = block * refcounts.per_block();
            for (cluster, count) in (first..).zip(refcounts.read_block(file, offset)?) {
                stored.push(cluster..cluster + 1, count);
            }
        }
        Ok(stored)
    }

    fn compare(&mut self, stored: &Counts) -> Result<()> {
        let header = self.header;
        self.take(0, header.cluster_size(), 1);
        self.tables(stored)?;
        if header.autoclear & features::BITMAPS != 0 && !header.extensions.bitmaps.is_empty() {
            match bitmaps::taken(self.file, header) {
                Ok(parts) => parts.into_iter().for_each(|(offset, len)| self.take(offset, len, 1)),
                Err(error) => self.found.find(error)?,
            }
        }
        let used = std::mem::take(&mut self.users).count();
        // Counts behind the end of the file that nobody has a use for are no waste of it.
        let end = self.file.size().div_ceil(header.cluster_size());
        for (clusters, stored, used) in stored.differences(&used) {
            let clusters = clusters.start..if used == 0 { clusters.end.min(end) } else { clusters.end };
            if !clusters.is_empty() {
                self.differs(clusters, stored, used);
            }
        }
        let in_file = stored.last_before(end).unwrap_or(0).max(used.last_before(u64::MAX).unwrap_or(0));
        self.found.image_end_offset = (in_file + 1).saturating_mul(header.cluster_size());
        Ok(())
    }

    /// Clusters that have another refcount than users.
    fn differs(&mut self, clusters: Range<u64>, stored: u64, used: u64) {
        let n = clusters.end - clusters.start;
        let at = clusters.start.saturating_mul(self.header.cluster_size());
        let error = |what| {
            let what = format!("qcow2 refcounts: {what}: {n} clusters have a refcount of {stored} and {used} users");
            Error::corrupt(at, what)
        };
        let Checked { corruptions, corruption_count, leaks, leak_count, .. } = &mut self.found;
        let (list, count, error) = if stored > used {
            (leaks, leak_count, error("leaked space"))
        } else {
            (corruptions, corruption_count, error("a refcount that is too low"))
        };
        *count = count.saturating_add(n);
        if list.len() < MAX_LISTED {
            list.push(error);
        }
    }

    /// The L1 tables of the disk and of all snapshots. Tables that several have in common are read once.
    fn tables(&mut self, stored: &Counts) -> Result<()> {
        let header = self.header;
        let active = L1 { offset: header.l1_offset, entries: header.l1_size };
        let mut l1s: BTreeMap<L1, u64> = BTreeMap::from([(active, 1)]);
        if header.snapshot_count > 0 {
            match snapshots::read(self.file, header) {
                Ok((found, end)) => {
                    self.take(header.snapshots_offset, end - header.snapshots_offset, 1);
                    found.into_iter().for_each(|row| *l1s.entry(row.l1).or_default() += 1);
                }
                Err(error) => self.found.find(error)?,
            }
        }
        let mut l2s: BTreeMap<u64, u64> = BTreeMap::new();
        let mut copied = Vec::new();
        let mut budget = self.file.size() + MAX_L1_BYTES;
        for (l1, weight) in l1s {
            match self.l1(l1, &mut budget) {
                Ok(entries) => {
                    self.take(l1.offset, l1.entries * 8, weight);
                    entries.iter().for_each(|entry| *l2s.entry(entry & OFFSET).or_default() += weight);
                    if l1 == active {
                        copied = entries;
                    }
                }
                Err(error) => self.found.find(error)?,
            }
        }
        let actives: BTreeSet<u64> = copied.iter().map(|entry| entry & OFFSET).collect();
        for (offset, weight) in l2s {
            if let Err(error) = self.l2(offset, weight, actives.contains(&offset).then_some(stored)) {
                self.found.find(error)?;
            }
        }
        copied.into_iter().try_for_each(|entry| self.copied("L1", header.l1_offset, entry, stored))
    }

    /// The entries of an L1 table that are in use.
    fn l1(&self, l1: L1, budget: &mut u64) -> Result<Vec<u64>> {
        let len = l1.entries * 8;
        let corrupt = |what| Err(Error::corrupt(l1.offset, format!("qcow2 L1 table of a snapshot: {what}")));
        if len > MAX_L1_BYTES || len > *budget {
            return corrupt("is too large");
        }
        if len > 0 && !self.header.is_aligned(l1.offset) {
            return corrupt("is not aligned to a cluster");
        }
        *budget -= len;
        let bytes = read_vec(self.file, l1.offset, len).map_err(|error| error.within("qcow2 L1 table"))?;
        Ok(bytes.chunks_exact(8).map(|entry| be64(entry, 0)).filter(|entry| entry & OFFSET != 0).collect())
    }

    /// An L2 table with `weight` users, and its clusters; `stored` where it is a table of the disk itself.
    fn l2(&mut self, offset: u64, weight: u64, stored: Option<&Counts>) -> Result<()> {
        let header = self.header;
        let size = header.cluster_size();
        let bytes = read_vec(self.file, offset, size).map_err(|error| error.within("qcow2 L2 table"))?;
        self.take(offset, size, weight);
        let mut next = None;
        for (i, entry) in bytes.chunks_exact(to_usize(header.l2_entry_len())?).enumerate() {
            let entry = be64(entry, 0);
            let at = entry & OFFSET;
            if entry & COMPRESSED != 0 {
                let packed = packed(entry, header.cluster_bits);
                self.take(packed.offset, packed.len, weight);
                if stored.is_some() {
                    self.found.allocated_clusters += 1;
                    self.found.compressed_clusters += 1;
                    self.found.fragmented_clusters += 1;
                }
            } else if at != 0 || header.has(DATA_FILE) && entry & COPIED != 0 {
                if !header.has(DATA_FILE) {
                    self.take(at, size, weight);
                }
                let Some(stored) = stored else { continue };
                self.found.allocated_clusters += 1;
                self.found.fragmented_clusters += u64::from(next.is_some_and(|next| next != at));
                next = at.checked_add(size);
                if !header.has(DATA_FILE) {
                    self.copied("L2", offset + i as u64 * header.l2_entry_len(), entry, stored)?;
                }
            }
        }
        Ok(())
    }

    /// The copied bit says that the refcount is exactly 1.
    fn copied(&mut self, table: &str, at: u64, entry: u64, stored: &Counts) -> Result<()> {
        let refcount = stored.get((entry & OFFSET) / self.header.cluster_size());
        if (entry & COPIED != 0) == (refcount == 1) {
            return Ok(());
        }
        let what = format!("qcow2 {table} entry {entry:#018x}: the copied bit contradicts the refcount of {refcount}");
        self.found.find(Error::corrupt(at, what))
    }
}
