//! The metadata of a new image, as on disk: header and refcounts.

use super::MAGIC;
use super::features::LAZY_REFCOUNTS;
use super::header::MAX_REFCOUNT_TABLE_BYTES;
use storage::{Error, Result, WriteAt, to_usize};

/// What the header of a new image says; everything else in it is zero.
pub(super) struct HeaderFields {
    pub(super) version: u32,
    pub(super) cluster_size: u64,
    pub(super) size: u64,
    pub(super) l1_size: u64,
    pub(super) l1_offset: u64,
    pub(super) refcounts: RefcountLayout,
    pub(super) lazy_refcounts: bool,
}

impl HeaderFields {
    /// The header and, in zeros, the end mark of its extensions.
    pub(super) fn to_bytes(&self) -> Result<[u8; 512]> {
        let field32 = |n: u64| u32::try_from(n).map_err(|_| Error::unsupported("the qcow2 would be too large"));
        let mut bytes = [0; 512];
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        put(0, MAGIC);
        put(4, &self.version.to_be_bytes());
        put(20, &self.cluster_size.trailing_zeros().to_be_bytes());
        put(24, &self.size.to_be_bytes());
        put(36, &field32(self.l1_size)?.to_be_bytes());
        put(40, &self.l1_offset.to_be_bytes());
        put(48, &self.refcounts.table_offset.to_be_bytes());
        put(56, &field32(self.refcounts.table_clusters)?.to_be_bytes());
        if self.version >= 3 {
            put(80, &if self.lazy_refcounts { LAZY_REFCOUNTS } else { 0 }.to_be_bytes());
            put(96, &self.refcounts.order.to_be_bytes());
            put(100, &104u32.to_be_bytes());
        }
        Ok(bytes)
    }
}

/// Refcounts of a file in which every cluster has one user: a table, then its blocks, at the end of the file.
#[derive(Debug)]
pub(super) struct RefcountLayout {
    cluster_size: u64,
    order: u32,
    table_offset: u64,
    table_clusters: u64,
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

    pub(super) fn write(&self, file: &dyn WriteAt) -> Result<()> {
        let first = self.table_offset + self.table_clusters * self.cluster_size;
        let places = (0..self.blocks).map(|i| first + i * self.cluster_size);
        let mut table: Vec<u8> = places.clone().flat_map(u64::to_be_bytes).collect();
        table.resize(to_usize(self.table_clusters * self.cluster_size)?, 0);
        file.write_at(&table, self.table_offset)?;
        let per_block = (self.cluster_size * 8) >> self.order;
        let full = self.ones(per_block)?;
        for (i, place) in (0u64..).zip(places) {
            let counts = self.clusters - i * per_block;
            if counts >= per_block {
                file.write_at(&full, place)?;
            } else {
                file.write_at(&self.ones(counts)?, place)?;
            }
        }
        Ok(())
    }

    /// A block of which the first `n` counts are 1.
    fn ones(&self, n: u64) -> Result<Vec<u8>> {
        let mut block = vec![0; to_usize(self.cluster_size)?];
        let width = 1usize << self.order;
        for i in 0..to_usize(n)? {
            if width < 8 {
                block[i * width / 8] |= 1 << (i * width % 8);
            } else {
                block[(i + 1) * width / 8 - 1] = 1;
            }
        }
        Ok(block)
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
}
