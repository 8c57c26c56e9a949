//! How long an image will be, before it is written.

use super::refcounts::Refcounts;
use super::shape::{Preallocation, Shape};
use crate::{CreateOptions, Ranges, blocks};
use storage::Result;

/// As long as if nothing compressed.
pub(in crate::qcow2) fn measure(options: &CreateOptions, data: &mut Ranges<'_>) -> Result<u64> {
    let shape = Shape::new(options)?;
    let size = shape.cluster_size;
    let mut all = std::iter::once(Ok(0..shape.size));
    let data = if shape.preallocation == Preallocation::Off { data } else { &mut all };
    let counts = blocks::count(data, &[size, size * shape.per_table()])?;
    let (clusters, tables) = (counts[0], counts[1]);
    let header_and_l1 = size + (shape.l1_size() * 8).next_multiple_of(size);
    Refcounts::new(&shape).end(header_and_l1 + (clusters + tables) * size)
}
