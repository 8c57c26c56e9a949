//! The end of writing: refcounts behind all else, and the header.

use super::refcounts::{Refcounts, Table};
use super::shape::Shape;
use crate::qcow2::MAGIC;
use crate::qcow2::features::LAZY_REFCOUNTS;
use storage::{Error, Result, WriteAt};

/// Writes the refcounts of clusters that end at `end`, behind those, and the header.
pub(super) fn write(file: &dyn WriteAt, shape: &Shape, refcounts: &Refcounts, end: u64) -> Result<()> {
    let table = refcounts.finish(file, end)?;
    file.write_at(&header(shape, &table)?, 0)
}

/// The header and, in zeros, the end mark of its extensions.
fn header(shape: &Shape, refcounts: &Table) -> Result<[u8; 512]> {
    let field32 = |n: u64| u32::try_from(n).map_err(|_| Error::unsupported("the qcow2 would be too large"));
    let mut bytes = [0; 512];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, MAGIC);
    put(4, &shape.version.to_be_bytes());
    put(20, &shape.cluster_size.trailing_zeros().to_be_bytes());
    put(24, &shape.size.to_be_bytes());
    put(36, &field32(shape.l1_size())?.to_be_bytes());
    put(40, &shape.l1_offset().to_be_bytes());
    put(48, &refcounts.offset.to_be_bytes());
    put(56, &field32(refcounts.clusters)?.to_be_bytes());
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
