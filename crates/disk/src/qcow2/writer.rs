//! Writing: clusters in the order in which they are first written, all metadata behind them, the header last.

use super::NAME;
use super::header::{CLUSTER_BITS, MAX_L1_BYTES};
use super::metadata::{HeaderFields, RefcountLayout};
use super::tables::COPIED;
use crate::CreateOptions;
use crate::options::Options;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::{Error, Result, WriteAt, check_range, to_usize};

const SECTOR: u64 = 512;
const DEFAULT_CLUSTER_SIZE: u64 = 64 << 10;
/// Tables are written in pieces of about this length.
const PIECE: usize = 1 << 20;

const OPTIONS: &[&str] = &["compat", "cluster_size", "refcount_bits", "lazy_refcounts", "preallocation"];

pub(super) fn create(file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
    let given = Options::new(options, NAME, OPTIONS)?;
    let version = given.choose("compat", &[("1.1", 3), ("v3", 3), ("0.10", 2), ("v2", 2)])?;
    let widths = [("16", 4), ("1", 0), ("2", 1), ("4", 2), ("8", 3), ("32", 5), ("64", 6)];
    let refcount_order = given.choose("refcount_bits", &widths)?;
    let lazy_refcounts = given.choose("lazy_refcounts", &[("off", false), ("on", true)])?;
    given.choose("preallocation", &[("off", ())])?;
    if version == 2 && (refcount_order != 4 || lazy_refcounts) {
        return Err(Error::unsupported("compat=0.10 has refcount_bits=16 and lazy_refcounts=off only"));
    }
    let cluster_size = given.size("cluster_size")?.unwrap_or(DEFAULT_CLUSTER_SIZE);
    if !cluster_size.is_power_of_two() || !CLUSTER_BITS.contains(&cluster_size.trailing_zeros()) {
        return Err(Error::unsupported(format!("cluster_size is a power of two from 512 to 2M, not {cluster_size}")));
    }
    let size = options.size;
    if !size.is_multiple_of(SECTOR) {
        return Err(Error::unsupported(format!(
            "a qcow2 is whole sectors of {SECTOR} bytes long, and {size} is not; pad the disk with zeros first"
        )));
    }
    let per_table = cluster_size / 8;
    if size.div_ceil(cluster_size * per_table) * 8 > MAX_L1_BYTES {
        return Err(Error::unsupported(format!(
            "{size} bytes are too many for this cluster_size; choose a larger one"
        )));
    }
    let state = Mutex::new(Allocation { next: cluster_size, tables: BTreeMap::new() });
    Ok(Box::new(Writer { file, size, cluster_size, per_table, version, refcount_order, lazy_refcounts, state }))
}

struct Writer {
    file: Arc<dyn WriteAt>,
    size: u64,
    cluster_size: u64,
    /// Entries of an L2 table.
    per_table: u64,
    version: u32,
    refcount_order: u32,
    lazy_refcounts: bool,
    state: Mutex<Allocation>,
}

/// What has been given a place so far.
struct Allocation {
    /// Where the next cluster goes.
    next: u64,
    /// L2 tables that have entries: the place of each cluster, 0 for none.
    tables: BTreeMap<u64, Box<[u64]>>,
}

/// A part of a write, and where it goes.
struct Piece {
    len: u64,
    place: u64,
}

impl Writer {
    fn lock(&self) -> MutexGuard<'_, Allocation> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clusters that `range` touches, table by table: table number, and the entries in it.
    fn tables(&self, range: &Range<u64>) -> impl Iterator<Item = (u64, Range<u64>)> + use<> {
        let (per_table, cluster_size) = (self.per_table, self.cluster_size);
        let (first, last) = (range.start / cluster_size, range.end.div_ceil(cluster_size));
        (first / per_table..last.div_ceil(per_table)).map(move |table| {
            let base = table * per_table;
            (table, first.max(base) - base..last.min(base + per_table) - base)
        })
    }

    /// Where each part of `range` goes; neighbours are joined. Clusters that have no place are given one.
    fn allocate(&self, range: &Range<u64>) -> Result<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        let per_table = to_usize(self.per_table)?;
        let mut guard = self.lock();
        let Allocation { next, tables } = &mut *guard;
        for (index, entries) in self.tables(range) {
            let table = tables.entry(index).or_insert_with(|| vec![0; per_table].into());
            for entry in entries {
                let place = &mut table[to_usize(entry)?];
                if *place == 0 {
                    *place = *next;
                    *next += self.cluster_size;
                }
                let guest = (index * self.per_table + entry) * self.cluster_size;
                let within = range.start.saturating_sub(guest);
                let len = range.end.min(guest + self.cluster_size) - guest - within;
                match pieces.last_mut() {
                    Some(last) if last.place + last.len == *place + within => last.len += len,
                    _ => pieces.push(Piece { len, place: *place + within }),
                }
            }
        }
        Ok(pieces)
    }
}

impl WriteAt for Writer {
    fn write_at(&self, mut buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        if buf.is_empty() {
            return Ok(());
        }
        for Piece { len, place } in self.allocate(&(offset..offset + buf.len() as u64))? {
            let (part, rest) = buf.split_at(to_usize(len)?);
            self.file.write_at(part, place)?;
            buf = rest;
        }
        Ok(())
    }

    /// What was never written is zeros already.
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.size, range.start, range.end.saturating_sub(range.start))?;
        let mut holes = Vec::new();
        {
            let state = self.lock();
            let touched =
                range.start / self.cluster_size / self.per_table..=range.end / self.cluster_size / self.per_table;
            for (&index, table) in state.tables.range(touched) {
                for (i, &place) in (0u64..).zip(table.iter()).filter(|(_, place)| **place != 0) {
                    let guest = (index * self.per_table + i) * self.cluster_size;
                    let (start, end) = (range.start.max(guest), range.end.min(guest + self.cluster_size));
                    if start < end {
                        holes.push(place + (start - guest)..place + (end - guest));
                    }
                }
            }
        }
        holes.into_iter().try_for_each(|hole| self.file.zero_at(hole))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Writer { file, size, cluster_size, per_table, version, refcount_order, lazy_refcounts, state } = *self;
        let Allocation { next, tables } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        // One entry even for an empty disk: a table of none is not read by all.
        let l1_size = size.div_ceil(cluster_size * per_table).max(1);
        let l1_offset = next + tables.len() as u64 * cluster_size;
        write_l2(&*file, &tables, next, to_usize(cluster_size)?)?;
        let mut l1 = vec![0; to_usize(l1_size * 8)?];
        for (i, &index) in (0u64..).zip(tables.keys()) {
            let entry = COPIED | (next + i * cluster_size);
            l1[to_usize(index * 8)?..][..8].copy_from_slice(&entry.to_be_bytes());
        }
        file.write_at(&l1, l1_offset)?;
        let end = (l1_offset + l1_size * 8).next_multiple_of(cluster_size);
        let refcounts = RefcountLayout::new(end, cluster_size, refcount_order)?;
        refcounts.write(&*file)?;
        let header = HeaderFields { version, cluster_size, size, l1_size, l1_offset, refcounts, lazy_refcounts };
        file.write_at(&header.to_bytes()?, 0)
    }
}

/// Writes the tables one after another from `offset`.
fn write_l2(file: &dyn WriteAt, tables: &BTreeMap<u64, Box<[u64]>>, offset: u64, cluster_size: usize) -> Result<()> {
    let per_piece = (PIECE / cluster_size).max(1);
    let all: Vec<_> = tables.values().collect();
    let mut at = offset;
    for group in all.chunks(per_piece) {
        let marked = |place: u64| if place == 0 { 0 } else { COPIED | place };
        let bytes: Vec<u8> =
            group.iter().flat_map(|table| table.iter()).flat_map(|&place| marked(place).to_be_bytes()).collect();
        file.write_at(&bytes, at)?;
        at += bytes.len() as u64;
    }
    Ok(())
}
