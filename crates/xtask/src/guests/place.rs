//! Volumes that were made in files of their own, put into a disk.

use crate::Result;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use storage::{Extents, ReadAt as _};

/// Most bytes that are copied at once.
const PIECE: u64 = 1 << 20;

/// Copies what is stored of a file into another one; the rest of both are holes.
pub(super) fn insert(from: &Path, to: &File, at: u64) -> Result<()> {
    let volume = storage::File::open(from)?;
    for extent in Extents::new(&volume) {
        let extent = extent?;
        if !extent.is_data() {
            continue;
        }
        for start in extent.range.clone().step_by(usize::try_from(PIECE)?) {
            let mut piece = vec![0; usize::try_from(PIECE.min(extent.range.end - start))?];
            volume.read_at(&mut piece, start)?;
            if piece.iter().any(|byte| *byte != 0) {
                to.write_all_at(&piece, at + start)?;
            }
        }
    }
    Ok(())
}
