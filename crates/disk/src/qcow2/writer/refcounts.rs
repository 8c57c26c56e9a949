//! Refcounts of a new image: a table, then its blocks, at the end of the file.

use crate::qcow2::header::MAX_REFCOUNT_TABLE_BYTES;
use storage::{Error, Result, WriteAt, to_usize};

/// Blocks are written in pieces of about this length.
const PIECE: u64 = 1 << 20;

/// Where they are.
#[derive(Debug)]
pub(super) struct RefcountLayout {
    cluster_size: u64,
    order: u32,
    pub(super) table_offset: u64,
    pub(super) table_clusters: u64,
    blocks: u64,
    /// Clusters of the whole file, these too.
    clusters: u64,
}

impl RefcountLayout {
    /// For a file whose other clusters end at `end`.
    pub(super) fn new(end: u64, cluster_size: u64, order: u32) -> Result<Self> {
        let per_block = (cluster_size * 8) >> order;
        let used = end / cluster_size;
        let (mut blocks, mut table_clusters) = (0, 0);
        loop {
            let clusters = used + blocks + table_clusters;
            let wanted = clusters.div_ceil(per_block);
            if (blocks, table_clusters) == (wanted, (wanted * 8).div_ceil(cluster_size)) {
                if table_clusters * cluster_size > MAX_REFCOUNT_TABLE_BYTES {
                    let what = "the disk is too large for this cluster_size and refcount_bits; choose larger clusters";
                    return Err(Error::unsupported(what));
                }
                return Ok(RefcountLayout { cluster_size, order, table_offset: end, table_clusters, blocks, clusters });
            }
            blocks = wanted;
            table_clusters = (wanted * 8).div_ceil(cluster_size);
        }
    }

    /// Where the file ends.
    pub(super) fn end(&self) -> u64 {
        self.clusters * self.cluster_size
    }

    /// `users` says how many users each cluster of the file has.
    pub(super) fn write(&self, file: &dyn WriteAt, users: impl Fn(u64) -> u64) -> Result<()> {
        let first = self.table_offset + self.table_clusters * self.cluster_size;
        let mut table: Vec<u8> = (0..self.blocks).flat_map(|i| (first + i * self.cluster_size).to_be_bytes()).collect();
        table.resize(to_usize(self.table_clusters * self.cluster_size)?, 0);
        file.write_at(&table, self.table_offset)?;
        let per_block = (self.cluster_size * 8) >> self.order;
        let blocks_per_piece = (PIECE / self.cluster_size).max(1);
        for i in (0..self.blocks).step_by(to_usize(blocks_per_piece)?) {
            let blocks = blocks_per_piece.min(self.blocks - i);
            let clusters = i * per_block..((i + blocks) * per_block).min(self.clusters);
            let mut piece = vec![0; to_usize(blocks * self.cluster_size)?];
            for (at, cluster) in clusters.enumerate() {
                put(&mut piece, at, self.order, users(cluster));
            }
            file.write_at(&piece, first + i * self.cluster_size)?;
        }
        Ok(())
    }
}

/// Count number `i` of `1 << order` bits. Narrow ones fill a byte from its low end, wide ones are big-endian.
fn put(block: &mut [u8], i: usize, order: u32, count: u64) {
    let bytes = count.to_be_bytes();
    match order {
        0..3 => block[i >> (3 - order)] |= bytes[7] << ((i << order) & 7),
        _ => {
            let width = 1 << (order - 3);
            block[i * width..][..width].copy_from_slice(&bytes[8 - width..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refcounts_count_themselves() {
        for used in [1, 2, 255, 256, 300, 20_000, 70_000] {
            for order in 0..=6 {
                let layout = RefcountLayout::new(used * 512, 512, order).unwrap();
                assert_eq!(layout.clusters, used + layout.blocks + layout.table_clusters);
                assert!(layout.blocks * (4096 >> order) >= layout.clusters);
                assert!(layout.table_clusters * 64 >= layout.blocks);
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
            let mut block = [0; 32];
            for (i, count) in [1, 0, 1].into_iter().enumerate() {
                put(&mut block, i, order, count);
            }
            assert_eq!(block[..4], wanted, "{order}");
        }
    }
}
