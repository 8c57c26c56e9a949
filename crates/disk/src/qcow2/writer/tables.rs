//! L2 tables as they are filled, and their places.

use super::l1::L1;
use super::pieces::{PIECE, Pieces};
use super::shape::{Preallocation, Shape};
use crate::qcow2::tables::COPIED;
use std::collections::BTreeMap;
use std::ops::Range;
use storage::{Error, Result, WriteAt, to_usize};

/// L2 tables that were written to. In memory: those that may still change, and about a [`PIECE`] of others.
pub(super) struct Tables {
    shape: Shape,
    per_table: u64,
    /// Words of an entry.
    words: usize,
    /// By number.
    tables: BTreeMap<u64, Box<[u64]>>,
    /// Tables before this one change no more.
    closed: u64,
    l1: L1,
}

impl Tables {
    pub(super) fn new(shape: &Shape) -> Result<Self> {
        let (per_table, words) = (shape.per_table(), to_usize(shape.words())?);
        Ok(Tables { shape: shape.clone(), per_table, words, tables: BTreeMap::new(), closed: 0, l1: L1::new(shape) })
    }

    /// The entry of a cluster, as on disk: one word, or two with subclusters.
    pub(super) fn entry(&mut self, cluster: u64) -> Result<&mut [u64]> {
        let (index, at) = self.find(cluster)?;
        if !self.tables.contains_key(&index) {
            let fresh = self.fresh(index)?;
            self.tables.insert(index, fresh);
        }
        let table = self.tables.get_mut(&index).expect("was inserted if it was not there");
        Ok(&mut table[at..][..self.words])
    }

    /// Whether the cluster has a place, as far as tables were written to.
    pub(super) fn holds(&self, cluster: u64) -> Result<bool> {
        let (index, at) = self.find(cluster)?;
        Ok(self.tables.get(&index).is_some_and(|table| table[at] != 0))
    }

    /// The entries that are in use in the tables that were written to, of these clusters.
    pub(super) fn used(&self, clusters: Range<u64>) -> Result<impl Iterator<Item = (u64, &[u64])>> {
        self.find(clusters.start)?;
        let tables = clusters.start / self.per_table..clusters.end.div_ceil(self.per_table);
        let entries = self.tables.range(tables).flat_map(|(index, table)| {
            let first = index * self.per_table;
            (first..).zip(table.chunks_exact(self.words))
        });
        Ok(entries.filter(move |(cluster, entry)| clusters.contains(cluster) && entry[0] != 0))
    }

    /// Number of the cluster's table, and which of its words is the first for the cluster.
    fn find(&self, cluster: u64) -> Result<(u64, usize)> {
        let index = cluster / self.per_table;
        if index < self.closed {
            let byte = cluster * self.shape.cluster_size;
            let what = format!("byte {byte} of the disk cannot be changed: segments behind it are written already");
            return Err(Error::unsupported(what));
        }
        Ok((index, to_usize(cluster % self.per_table)? * self.words))
    }

    /// A table that was not written to.
    fn fresh(&self, index: u64) -> Result<Box<[u64]>> {
        let mut table = vec![0; to_usize(self.per_table)? * self.words];
        if self.shape.preallocation != Preallocation::Off {
            let first = index * self.per_table;
            let clusters = first..self.shape.clusters().min(first + self.per_table);
            for (cluster, entry) in clusters.zip(table.chunks_exact_mut(self.words)) {
                entry[0] = COPIED | self.shape.preallocated(cluster);
            }
        }
        Ok(table.into())
    }

    /// Writes all tables of an image whose clusters have places from the start. Those that are written to will be
    /// written again.
    pub(super) fn preallocate(&mut self, file: &dyn WriteAt) -> Result<()> {
        let (tables, at_once) = (self.shape.tables(), (PIECE / self.shape.cluster_size).max(1));
        for first in (0..tables).step_by(to_usize(at_once)?) {
            let mut pieces = Pieces::default();
            for index in first..tables.min(first + at_once) {
                let place = self.shape.preallocated_table(index);
                self.l1.set(index, place, &mut pieces)?;
                pieces.push_words(place, &self.fresh(index)?);
            }
            pieces.write(file)?;
        }
        self.flush(file)
    }

    /// No cluster before this one changes any more.
    pub(super) fn close_before(&mut self, cluster: u64) {
        self.closed = self.closed.max(cluster / self.per_table);
    }

    /// Whether it is time to write tables.
    pub(super) fn are_due(&self) -> bool {
        self.tables.len() as u64 * self.shape.cluster_size >= PIECE
    }

    /// Gives tables that change no more their places, from `end` on, and them away; about a piece at a time.
    pub(super) fn take_closed(&mut self, end: &mut u64) -> Result<Pieces> {
        let (mut pieces, mut taken) = (Pieces::default(), 0);
        while taken < PIECE
            && let Some(first) = self.tables.first_entry().filter(|first| *first.key() < self.closed)
        {
            let (index, table) = first.remove_entry();
            let place = if self.shape.preallocation == Preallocation::Off {
                let place = *end;
                *end += self.shape.cluster_size;
                self.l1.set(index, place, &mut pieces)?;
                place
            } else {
                self.shape.preallocated_table(index)
            };
            pieces.push_words(place, &table);
            taken += self.shape.cluster_size;
        }
        Ok(pieces)
    }

    /// Writes all that is left, from `end` on.
    pub(super) fn finish(&mut self, file: &dyn WriteAt, end: &mut u64) -> Result<()> {
        self.closed = u64::MAX;
        loop {
            let pieces = self.take_closed(end)?;
            if pieces.is_empty() {
                return self.flush(file);
            }
            pieces.append(file, *end)?;
        }
    }

    fn flush(&mut self, file: &dyn WriteAt) -> Result<()> {
        let mut pieces = Pieces::default();
        self.l1.flush(&mut pieces);
        pieces.write(file)
    }
}
