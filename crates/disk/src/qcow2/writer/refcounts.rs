//! Refcounts of a new image: blocks of those that change no more in passing, then a table and the other blocks at the
//! end of the file.

use super::pieces::{PIECE, Pieces};
use super::shape::Shape;
use crate::qcow2::header::MAX_REFCOUNT_TABLE_BYTES;
use std::collections::VecDeque;
use std::ops::Range;
use storage::{Error, Result, WriteAt, to_usize};

/// How many users each cluster of the file has. In memory: the blocks that may still change, and eight bytes for each
/// of the others.
pub(super) struct Refcounts {
    cluster_size: u64,
    order: u32,
    /// Places of the blocks that are written.
    written: Vec<u64>,
    /// The blocks behind those, as on disk.
    open: VecDeque<Box<[u8]>>,
    /// Clusters that were counted. Those behind have one user each.
    counted: u64,
}

/// Where the table is.
pub(super) struct Table {
    pub(super) offset: u64,
    pub(super) clusters: u64,
}

impl Refcounts {
    /// As long as nothing is counted, all clusters of the file will have one user.
    pub(super) fn new(shape: &Shape) -> Self {
        let (cluster_size, order) = (shape.cluster_size, shape.refcount_order);
        Refcounts { cluster_size, order, written: Vec::new(), open: VecDeque::new(), counted: 0 }
    }

    fn per_block(&self) -> u64 {
        (self.cluster_size * 8) >> self.order
    }

    /// Counted users of a cluster whose block may still change.
    pub(super) fn users(&self, cluster: u64) -> u64 {
        let Some((block, i)) = self.find(cluster) else { return 0 };
        self.open.get(block).map_or(0, |block| get(block, i, self.order))
    }

    /// Number of the cluster's block among the open ones, and the cluster's number in that.
    fn find(&self, cluster: u64) -> Option<(usize, usize)> {
        let block = (cluster / self.per_block()).checked_sub(self.written.len() as u64)?;
        Some((usize::try_from(block).ok()?, usize::try_from(cluster % self.per_block()).ok()?))
    }

    /// More or fewer users of clusters.
    pub(super) fn change(&mut self, clusters: Range<u64>, by: i64) -> Result<()> {
        self.counted = self.counted.max(clusters.end);
        for cluster in clusters {
            let Some((block, i)) = self.find(cluster) else {
                let what = "a cluster that lies before segments that are written already cannot be replaced";
                return Err(Error::unsupported(what));
            };
            while self.open.len() <= block {
                self.open.push_back(vec![0; to_usize(self.cluster_size)?].into());
            }
            let users = get(&self.open[block], i, self.order).checked_add_signed(by);
            put(&mut self.open[block], i, self.order, users.expect("counted as often up as down"));
        }
        Ok(())
    }

    /// Gives blocks their places, from `end` on, and them away, if all their clusters lie before that. What they count
    /// does not change any more.
    pub(super) fn take_whole(&mut self, end: &mut u64, pieces: &mut Pieces) -> Result<()> {
        while (self.written.len() as u64 + 1) * self.per_block() <= *end / self.cluster_size
            && let Some(block) = self.open.pop_front()
        {
            let own = *end / self.cluster_size;
            pieces.push(*end, &block);
            self.written.push(*end);
            self.refuse_too_many(self.written.len() as u64)?;
            *end += self.cluster_size;
            self.change(own..own + 1, 1)?;
        }
        Ok(())
    }

    fn refuse_too_many(&self, blocks: u64) -> Result<()> {
        if (blocks * 8).next_multiple_of(self.cluster_size) <= MAX_REFCOUNT_TABLE_BYTES {
            return Ok(());
        }
        let what = "the disk is too large for this cluster_size and refcount_bits; choose larger clusters";
        Err(Error::unsupported(what))
    }

    /// How many blocks a file needs whose other clusters end at `end`, and clusters for their table.
    fn needed(&self, end: u64) -> Result<(u64, u64)> {
        let (used, written) = (end / self.cluster_size, self.written.len() as u64);
        let (mut blocks, mut table) = (written, 0);
        loop {
            let wanted = (used + (blocks - written) + table).div_ceil(self.per_block());
            if (blocks, table) == (wanted, (wanted * 8).div_ceil(self.cluster_size)) {
                return Ok((blocks, table));
            }
            self.refuse_too_many(wanted)?;
            (blocks, table) = (wanted, (wanted * 8).div_ceil(self.cluster_size));
        }
    }

    /// Length of a file whose other clusters end at `end`.
    pub(super) fn end(&self, end: u64) -> Result<u64> {
        let (blocks, table) = self.needed(end)?;
        Ok(end + (blocks - self.written.len() as u64 + table) * self.cluster_size)
    }

    /// Writes the table at `offset`, where the other clusters end, and behind it all blocks that are not written.
    pub(super) fn finish(&self, file: &dyn WriteAt, offset: u64) -> Result<Table> {
        let ((blocks, clusters), end) = (self.needed(offset)?, self.end(offset)? / self.cluster_size);
        let (first, written) = (offset + clusters * self.cluster_size, self.written.len() as u64);
        let rest = (0..blocks - written).map(|i| first + i * self.cluster_size);
        let mut table: Vec<u64> = self.written.iter().copied().chain(rest).collect();
        table.resize(to_usize(clusters * self.cluster_size / 8)?, 0);
        for (i, part) in (0u64..).zip(table.chunks(to_usize(PIECE / 8)?)) {
            let (mut pieces, place) = (Pieces::default(), offset + i * PIECE);
            pieces.push_words(place, part);
            pieces.append(file, place + part.len() as u64 * 8)?;
        }
        let at_once = (PIECE / self.cluster_size).max(1);
        for start in (written..blocks).step_by(to_usize(at_once)?) {
            let mut pieces = Pieces::default();
            for number in start..blocks.min(start + at_once) {
                pieces.push(table[to_usize(number)?], &self.block(number, end)?);
            }
            let behind = pieces.ranges().last().map_or(offset, |run| run.end);
            pieces.append(file, behind)?;
        }
        Ok(Table { offset, clusters })
    }

    /// A block of a file of `end` clusters that is not written.
    fn block(&self, number: u64, end: u64) -> Result<Box<[u8]>> {
        let open = self.open.get(to_usize(number - self.written.len() as u64)?);
        let mut block = open.cloned().map_or_else(|| to_usize(self.cluster_size).map(|len| vec![0; len].into()), Ok)?;
        let first = number * self.per_block();
        for cluster in first.max(self.counted)..end.min(first + self.per_block()) {
            put(&mut block, to_usize(cluster - first)?, self.order, 1);
        }
        Ok(block)
    }
}

/// Count number `i` of `1 << order` bits. Narrow ones fill a byte from its low end, wide ones are big-endian.
fn get(block: &[u8], i: usize, order: u32) -> u64 {
    match order {
        0..3 => u64::from(block[i >> (3 - order)] >> ((i << order) & 7)) & ((1 << (1 << order)) - 1),
        _ => {
            let width = 1 << (order - 3);
            block[i * width..][..width].iter().fold(0, |count, byte| count << 8 | u64::from(*byte))
        }
    }
}

fn put(block: &mut [u8], i: usize, order: u32, count: u64) {
    let bytes = count.to_be_bytes();
    match order {
        0..3 => {
            let (byte, shift) = (&mut block[i >> (3 - order)], (i << order) & 7);
            let mask = ((1u8 << (1 << order)) - 1) << shift;
            *byte = *byte & !mask | bytes[7] << shift;
        }
        _ => {
            let width = 1 << (order - 3);
            block[i * width..][..width].copy_from_slice(&bytes[8 - width..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refcounts(order: u32) -> Refcounts {
        Refcounts { cluster_size: 512, order, written: Vec::new(), open: VecDeque::new(), counted: 0 }
    }

    #[test]
    fn refcounts_count_themselves() {
        for used in [1, 2, 255, 256, 300, 20_000, 70_000] {
            for order in 0..=6 {
                let (blocks, table) = refcounts(order).needed(used * 512).unwrap();
                assert!(blocks * (4096 >> order) >= used + blocks + table);
                assert!((blocks - 1) * (4096 >> order) < used + blocks + table);
                assert!(table * 64 >= blocks);
            }
        }
    }

    #[test]
    fn counts_of_every_width() {
        for (order, wanted) in [
            (0, [0b0000_0101, 0, 0, 0]),
            (1, [0b0001_0001, 0, 0, 0]),
            (2, [0x01, 0x01, 0, 0]),
            (3, [1, 0, 1, 0]),
            (4, [0, 1, 0, 0]),
        ] {
            let mut block = [0xff; 32];
            (0..(32 * 8) >> order).for_each(|i| put(&mut block, i, order, 0));
            for (i, count) in [1, 0, 1].into_iter().enumerate() {
                put(&mut block, i, order, count);
            }
            assert_eq!(block[..4], wanted, "{order}");
            assert_eq!([0, 1, 2].map(|i| get(&block, i, order)), [1, 0, 1], "{order}");
            let most = u64::MAX >> (64 - (1 << order));
            put(&mut block, 1, order, most);
            assert_eq!([0, 1, 2].map(|i| get(&block, i, order)), [1, most, 1], "{order}");
        }
    }

    /// Blocks that are written in passing make a file no longer, and are not kept.
    #[test]
    fn blocks_are_written_in_passing() {
        for order in 0..=6 {
            let (mut all, mut passing) = (refcounts(order), refcounts(order));
            let (mut end, mut pieces) = (0, Pieces::default());
            let mut others = 0;
            while others < 40_000 {
                let from = end / 512;
                all.change(others..others + 100, 1).unwrap();
                passing.change(from..from + 100, 1).unwrap();
                (others, end) = (others + 100, end + 100 * 512);
                passing.take_whole(&mut end, &mut pieces).unwrap();
                assert!(passing.open.len() as u64 <= 1 + 200 / passing.per_block());
            }
            assert!(passing.written.len() as u64 >= others / passing.per_block());
            assert_eq!(passing.end(end).unwrap(), all.end(others * 512).unwrap(), "{order}");
            assert!(passing.change(0..1, -1).is_err());
        }
    }
}
