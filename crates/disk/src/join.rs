//! Runs of a map that are extents of one kind.

use std::ops::Range;
use storage::{Extent, Result};

/// Runs that one extent may span: whoever walks extents step by step must not pay for the whole map each time.
const MAX_LOOK: usize = 256;

/// Joins to `extent` the `runs` behind it, as far as they go on where it ends, in its state. `start` is where a run
/// begins, and `of` what is there.
pub(crate) fn runs(
    mut extent: Extent,
    runs: Range<usize>,
    start: impl Fn(usize) -> u64,
    of: impl Fn(usize) -> Result<Extent>,
) -> Result<Extent> {
    for i in runs.take(MAX_LOOK - 1) {
        if extent.range.end != start(i) {
            break;
        }
        let next = of(i)?;
        if next.state != extent.state {
            break;
        }
        extent.range.end = next.range.end;
    }
    Ok(extent)
}
