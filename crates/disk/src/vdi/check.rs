//! Walking the block map to the end, whatever is wrong with it.

use super::header::Header;
use super::map;
use crate::Checked;
use storage::{ReadAt, Result};

/// Corruptions that are listed; more are counted.
const MAX_LISTED: usize = 100;

pub(super) fn check(file: &dyn ReadAt, header: &Header) -> Result<Checked> {
    let mut checked = Checked { total_clusters: u64::from(header.blocks), ..Checked::default() };
    let counted = map::read(file, header, &mut |error| checked.find(error));
    match counted {
        Ok(counted) => {
            checked.allocated_clusters = counted.allocated;
            checked.fragmented_clusters = counted.fragmented;
            checked.image_end_offset = counted.end;
        }
        Err(error) => checked.find(error)?,
    }
    checked.corruptions.truncate(MAX_LISTED);
    Ok(checked)
}
