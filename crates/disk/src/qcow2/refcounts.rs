//! Refcounts: a table of blocks, each an array of counts, one for each cluster of the file.

use super::header::Header;
use crate::fields::be64;
use storage::{Error, ReadAt, Result, check_range, read_vec, to_usize};

/// The low bits of a table entry are reserved.
const RESERVED: u64 = 0x1ff;

/// Where the refcount blocks are.
#[derive(Debug)]
pub(super) struct Refcounts {
    order: u32,
    cluster_size: u64,
    /// Number and place of each block that is there, in order.
    blocks: Vec<(u64, u64)>,
}

impl Refcounts {
    /// Reads the table; the blocks are read when they are needed.
    pub(super) fn read(file: &dyn ReadAt, header: &Header) -> Result<Self> {
        let (offset, cluster_size) = (header.refcount_table_offset, header.cluster_size());
        let len = header.refcount_table_clusters * cluster_size;
        if offset == 0 || len == 0 || !header.is_aligned(offset) {
            return Err(Error::corrupt(48, format!("qcow2 header: the refcount table cannot be at byte {offset}")));
        }
        check_range(file.size(), offset, len).map_err(|error| error.within("qcow2 refcount table"))?;
        let table = read_vec(file, offset, len)?;
        let mut blocks = Vec::new();
        for (i, entry) in (0u64..).zip(table.chunks_exact(8)) {
            let place = be64(entry, 0);
            if place == 0 {
                continue;
            }
            if place & RESERVED != 0 || !header.is_aligned(place) {
                let what = format!("qcow2 refcount table entry {i}: a block cannot be at byte {place}");
                return Err(Error::corrupt(offset + i * 8, what));
            }
            check_range(file.size(), place, cluster_size)
                .map_err(|error| error.within(format!("qcow2 refcount block {i}")))?;
            blocks.push((i, place));
        }
        Ok(Refcounts { order: header.refcount_order, cluster_size, blocks })
    }

    /// Number and place of each block.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (u64, u64)> {
        self.blocks.iter().copied()
    }

    /// Counts in a block.
    pub(super) fn per_block(&self) -> u64 {
        (self.cluster_size * 8) >> self.order
    }

    /// All counts of the block at `offset`.
    pub(super) fn read_block(&self, file: &dyn ReadAt, offset: u64) -> Result<Vec<u64>> {
        let bytes = read_vec(file, offset, self.cluster_size)?;
        let width = 1 << self.order;
        Ok((0..to_usize(self.per_block())?).map(|i| count(&bytes, i * width, width)).collect())
    }

    /// The count of one cluster; 0 where there is no block for it.
    pub(super) fn get(&self, file: &dyn ReadAt, cluster: u64) -> Result<u64> {
        let (block, i) = (cluster / self.per_block(), cluster % self.per_block());
        let Ok(at) = self.blocks.binary_search_by_key(&block, |&(number, _)| number) else { return Ok(0) };
        let bit = i << self.order;
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..(1usize << self.order).div_ceil(8)];
        file.read_at(bytes, self.blocks[at].1 + bit / 8)?;
        Ok(count(bytes, to_usize(bit % 8)?, 1 << self.order))
    }
}

/// The count of `width` bits that begins at `bit`.
fn count(bytes: &[u8], bit: usize, width: usize) -> u64 {
    match width {
        1..8 => u64::from(bytes[bit / 8] >> (bit % 8)) & ((1 << width) - 1),
        _ => bytes[bit / 8..][..width / 8].iter().fold(0, |count, &byte| (count << 8) | u64::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_every_width() {
        let file = vec![0b1110_0100u8; 512];
        let read = |order| {
            let refcounts = Refcounts { order, cluster_size: 512, blocks: vec![(0, 0)] };
            let counts = refcounts.read_block(&file, 0).unwrap();
            assert_eq!(counts.len() as u64, refcounts.per_block());
            for (i, count) in (0..).zip(&counts) {
                assert_eq!(refcounts.get(&file, i).unwrap(), *count);
            }
            assert_eq!(refcounts.get(&file, refcounts.per_block()).unwrap(), 0);
            counts[..4].to_vec()
        };
        assert_eq!(read(0), [0, 0, 1, 0]);
        assert_eq!(read(1), [0, 1, 2, 3]);
        assert_eq!(read(2), [4, 14, 4, 14]);
        assert_eq!(read(3)[0], 0xe4);
        assert_eq!(read(4)[0], 0xe4e4);
        assert_eq!(read(6)[0], 0xe4e4_e4e4_e4e4_e4e4);
    }
}
