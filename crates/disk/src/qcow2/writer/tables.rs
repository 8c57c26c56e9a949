//! L2 tables as they are filled.

use super::shape::{Preallocation, Shape};
use crate::qcow2::tables::COPIED;
use std::collections::BTreeMap;
use std::ops::Range;
use storage::{Result, WriteAt, to_usize};

/// Tables are written in pieces of about this length.
const PIECE: u64 = 1 << 20;

/// The L2 tables that have entries. In memory: eight bytes for each cluster of the disk in a table that was written to.
pub(super) struct Tables {
    per_table: u64,
    words: usize,
    cluster_size: u64,
    /// Where all clusters have a place from the start: how many that are.
    preallocated: Option<u64>,
    tables: BTreeMap<u64, Box<[u64]>>,
}

impl Tables {
    pub(super) fn new(shape: &Shape) -> Result<Self> {
        Ok(Tables {
            per_table: shape.per_table(),
            words: to_usize(shape.words())?,
            cluster_size: shape.cluster_size,
            preallocated: (shape.preallocation != Preallocation::Off).then(|| shape.clusters()),
            tables: BTreeMap::new(),
        })
    }

    /// The entry of a cluster, as on disk: one word, or two with subclusters.
    pub(super) fn entry(&mut self, cluster: u64) -> Result<&mut [u64]> {
        let (index, i) = (cluster / self.per_table, to_usize(cluster % self.per_table)?);
        if !self.tables.contains_key(&index) {
            let fresh = self.fresh(index)?;
            self.tables.insert(index, fresh);
        }
        let table = self.tables.get_mut(&index).expect("was inserted if it was not there");
        Ok(&mut table[i * self.words..][..self.words])
    }

    /// Whether the cluster has a place, as far as tables were written to.
    pub(super) fn holds(&self, cluster: u64) -> bool {
        let table = self.tables.get(&(cluster / self.per_table));
        let at = usize::try_from(cluster % self.per_table).map_or(usize::MAX, |i| i.saturating_mul(self.words));
        table.and_then(|table| table.get(at)).is_some_and(|&word| word != 0)
    }

    /// A table that was not written to.
    fn fresh(&self, index: u64) -> Result<Box<[u64]>> {
        let mut table = vec![0; to_usize(self.per_table)? * self.words];
        let first = index * self.per_table;
        let placed = self.preallocated.unwrap_or(0).saturating_sub(first).min(self.per_table);
        for (cluster, entry) in (first..first + placed).zip(table.chunks_exact_mut(self.words)) {
            // In the order of the disk, behind the header.
            entry[0] = COPIED | ((cluster + 1) * self.cluster_size);
        }
        Ok(table.into())
    }

    /// The entries that are in use in the tables that were written to, of these clusters.
    pub(super) fn used(&self, clusters: Range<u64>) -> impl Iterator<Item = (u64, &[u64])> {
        let tables = clusters.start / self.per_table..clusters.end.div_ceil(self.per_table);
        let entries = self.tables.range(tables).flat_map(|(index, table)| {
            let first = index * self.per_table;
            (first..).zip(table.chunks_exact(self.words))
        });
        entries.filter(move |(cluster, entry)| clusters.contains(cluster) && entry[0] != 0)
    }

    /// Numbers of the tables that the image has.
    fn numbers(&self) -> Vec<u64> {
        match self.preallocated {
            Some(clusters) => (0..clusters.div_ceil(self.per_table)).collect(),
            None => self.tables.keys().copied().collect(),
        }
    }

    /// Writes the tables one after another from `offset`, then the L1 table of `l1_size` entries; says where that is.
    pub(super) fn write(&self, file: &dyn WriteAt, offset: u64, l1_size: u64) -> Result<u64> {
        let mut l1 = vec![0; to_usize(l1_size * 8)?];
        let mut at = offset;
        let numbers = self.numbers();
        for group in numbers.chunks(to_usize((PIECE / self.cluster_size).max(1))?) {
            let mut bytes = Vec::with_capacity(group.len() * to_usize(self.cluster_size)?);
            for index in group {
                let entry = COPIED | (at + bytes.len() as u64);
                l1[to_usize(index * 8)?..][..8].copy_from_slice(&entry.to_be_bytes());
                match self.tables.get(index) {
                    Some(table) => bytes.extend(table.iter().flat_map(|word| word.to_be_bytes())),
                    None => bytes.extend(self.fresh(*index)?.iter().flat_map(|word| word.to_be_bytes())),
                }
            }
            file.write_at(&bytes, at)?;
            at += bytes.len() as u64;
        }
        file.write_at(&l1, at)?;
        Ok(at)
    }
}
