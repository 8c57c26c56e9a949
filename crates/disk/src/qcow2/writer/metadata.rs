//! All metadata of a new image, behind its clusters; the header last.

use super::refcounts::RefcountLayout;
use super::shape::Shape;
use super::tables::Tables;
use crate::qcow2::MAGIC;
use crate::qcow2::features::LAZY_REFCOUNTS;
use storage::{Error, Result, WriteAt};

/// Writes what makes an image of the clusters that end at `end`. `users` says how many users each of those has.
pub(super) fn write(
    file: &dyn WriteAt,
    shape: &Shape,
    tables: &Tables,
    end: u64,
    users: impl Fn(u64) -> u64,
) -> Result<()> {
    let l1_offset = tables.write(file, end, shape.l1_size())?;
    let behind = (l1_offset + shape.l1_size() * 8).next_multiple_of(shape.cluster_size);
    let refcounts = RefcountLayout::new(behind, shape.cluster_size, shape.refcount_order)?;
    let clusters = end / shape.cluster_size;
    refcounts.write(file, |cluster| if cluster < clusters { users(cluster) } else { 1 })?;
    file.write_at(&header(shape, l1_offset, &refcounts)?, 0)
}

/// The header and, in zeros, the end mark of its extensions.
fn header(shape: &Shape, l1_offset: u64, refcounts: &RefcountLayout) -> Result<[u8; 512]> {
    let field32 = |n: u64| u32::try_from(n).map_err(|_| Error::unsupported("the qcow2 would be too large"));
    let mut bytes = [0; 512];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, MAGIC);
    put(4, &shape.version.to_be_bytes());
    put(20, &shape.cluster_size.trailing_zeros().to_be_bytes());
    put(24, &shape.size.to_be_bytes());
    put(36, &field32(shape.l1_size())?.to_be_bytes());
    put(40, &l1_offset.to_be_bytes());
    put(48, &refcounts.table_offset.to_be_bytes());
    put(56, &field32(refcounts.table_clusters)?.to_be_bytes());
    if shape.version >= 3 {
        put(72, &shape.incompatible().to_be_bytes());
        put(80, &if shape.lazy_refcounts { LAZY_REFCOUNTS } else { 0 }.to_be_bytes());
        put(96, &shape.refcount_order.to_be_bytes());
        // The field of the compression type is there where it is needed.
        let number = shape.compression().number();
        put(100, &if number == 0 { 104u32 } else { 112 }.to_be_bytes());
        put(104, &[number]);
    }
    Ok(bytes)
}
