//! Clusters as they are, in the order in which they are first written.

use super::metadata;
use super::pieces::Pieces;
use super::refcounts::Refcounts;
use super::shape::{Preallocation, Shape};
use super::tables::Tables;
use crate::qcow2::tables::{COPIED, OFFSET};
use crate::zeros::write_zeros;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::{Error, Result, Turn, WriteAt, check_range, to_usize};

/// Writes an image whose clusters are not compressed.
pub(super) struct Plain {
    file: Arc<dyn WriteAt>,
    shape: Shape,
    state: Mutex<Allocation>,
}

/// What has been given a place so far.
struct Allocation {
    /// Where the next cluster goes.
    next: u64,
    tables: Tables,
}

/// A part of what is written, and its place in the file.
type Part<'b> = (u64, &'b [u8]);

impl Plain {
    pub(super) fn new(file: Arc<dyn WriteAt>, shape: Shape) -> Result<Self> {
        let (next, mut tables) = (shape.start(), Tables::new(&shape)?);
        file.reserve(0..next)?;
        if next & !OFFSET != 0 {
            return Err(Error::unsupported("the qcow2 would be too large"));
        }
        if shape.preallocation == Preallocation::Full {
            write_zeros(&*file, shape.preallocated(0)..shape.preallocated(shape.clusters()))?;
        }
        if shape.preallocation != Preallocation::Off {
            tables.preallocate(&*file)?;
        }
        Ok(Plain { file, shape, state: Mutex::new(Allocation { next, tables }) })
    }

    fn lock(&self) -> MutexGuard<'_, Allocation> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the parts of `bytes` with their places, neighbours in the file as one.
    fn allocate<'b>(&self, bytes: &'b [u8], offset: u64, parts: &mut Vec<Part<'b>>) -> Result<()> {
        let mut state = self.lock();
        // The part that is being joined together: where it begins in `bytes` and in the file, and its length.
        let (mut start, mut place, mut len) = (0, 0, 0);
        while start + len < bytes.len() {
            let at = offset + (start + len) as u64;
            let left = (bytes.len() - start - len) as u64;
            let n = (self.shape.cluster_size - at % self.shape.cluster_size).min(left);
            let next = state.place(&self.shape, at..at + n)?;
            if len > 0 && next != place + len as u64 {
                parts.push((place, &bytes[start..start + len]));
                (start, len) = (start + len, 0);
            }
            if len == 0 {
                place = next;
            }
            len += to_usize(n)?;
        }
        if len > 0 {
            parts.push((place, &bytes[start..]));
        }
        Ok(())
    }

    /// Of the last cluster, the next segment may have the rest.
    fn foretell(&self, parts: &[Part<'_>], tables: &Pieces) -> Result<()> {
        let written = parts.iter().map(|(place, bytes)| *place..place + bytes.len() as u64);
        let writes: Vec<_> = written.chain(tables.ranges()).collect();
        let last = parts.last().map_or(0, |(place, bytes)| place + bytes.len() as u64);
        let end = self.lock().next;
        self.file.foretell(&writes, last..last.next_multiple_of(self.shape.cluster_size), end)
    }

    fn write(&self, parts: &[Part<'_>]) -> Result<()> {
        parts.iter().try_for_each(|(place, bytes)| self.file.write_at(bytes, *place))
    }
}

impl Allocation {
    /// Where a range that lies in one cluster goes; the cluster is given a place if it has none.
    fn place(&mut self, shape: &Shape, range: Range<u64>) -> Result<u64> {
        let entry = self.tables.entry(range.start / shape.cluster_size)?;
        if entry[0] == 0 {
            entry[0] = COPIED | self.next;
            self.next += shape.cluster_size;
        }
        let within = range.start % shape.cluster_size;
        if let [_, bitmap] = entry {
            let size = shape.cluster_size / 32;
            let end = within + (range.end - range.start);
            *bitmap |= (within / size..end.div_ceil(size)).fold(0, |bits, i| bits | 1 << i);
        }
        Ok((entry[0] & OFFSET) + within)
    }

    /// No cluster before this one changes any more. Gives away tables that are to be written.
    fn pass(&mut self, cluster: u64) -> Result<Pieces> {
        self.tables.close_before(cluster);
        if self.tables.are_due() { self.tables.take_closed(&mut self.next) } else { Ok(Pieces::default()) }
    }
}

impl WriteAt for Plain {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.shape.size, offset, buf.len() as u64)?;
        let mut parts = Vec::new();
        self.allocate(buf, offset, &mut parts)?;
        self.write(&parts)
    }

    /// Places are given in turn, bytes are written whenever.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        pieces.iter().try_for_each(|(offset, bytes)| check_range(self.shape.size, *offset, bytes.len() as u64))?;
        let Some((first, _)) = pieces.first() else { return Ok(()) };
        let (mut parts, mut tables) = (Vec::new(), Pieces::default());
        turn.take(&mut || {
            pieces.iter().try_for_each(|(offset, bytes)| self.allocate(bytes, *offset, &mut parts))?;
            tables = self.lock().pass(first / self.shape.cluster_size)?;
            self.foretell(&parts, &tables)
        })?;
        self.write(&parts)?;
        tables.write(&*self.file)
    }

    /// What was never written is zeros already.
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.shape.size, range.start, range.end.saturating_sub(range.start))?;
        let size = self.shape.cluster_size;
        let mut holes = Vec::new();
        for (cluster, entry) in self.lock().tables.used(range.start / size..range.end.div_ceil(size))? {
            let (guest, place) = (cluster * size, entry[0] & OFFSET);
            let (start, end) = (range.start.max(guest), range.end.min(guest + size));
            if start < end {
                holes.push(place + (start - guest)..place + (end - guest));
            }
        }
        holes.into_iter().try_for_each(|hole| self.file.zero_at(hole))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Allocation { mut next, mut tables } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        tables.finish(&*self.file, &mut next)?;
        // Each cluster of the file has one user.
        metadata::write(&*self.file, &self.shape, &Refcounts::new(&self.shape), next)
    }
}
