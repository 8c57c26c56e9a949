//! All tables and all markers, against each other and the file. What is compressed is not unpacked.

use super::Found;
use super::header::Header;
use super::kind::{self, Kind};
use super::marker::Gap;
use super::sparse::Sparse;
use super::tables::byte;
use crate::Checked;
use storage::{Error, Result, Source, read_vec, to_usize};

/// Bytes between grains that are read in one step.
const STEP: u64 = 1 << 20;

/// Walks the extent in `file`.
pub(super) fn check(file: &Source) -> Result<Checked> {
    match Kind::expect(file)? {
        Kind::Sparse => {}
        Kind::Cowd => return Err(kind::unread("COWD (vmfsSparse)")),
        Kind::SeSparse => return Err(kind::unread("seSparse")),
        Kind::Text => {
            return Err(Error::unsupported("the VMDK is a descriptor; check the extents that it names"));
        }
    }
    let mut checked = Checked::default();
    let mut found = |error| checked.find(error);
    match walk(file, &mut found) {
        Ok(sparse) => {
            checked.total_clusters = sparse.tables.grains();
            checked.allocated_clusters = sparse.tables.stored();
            checked.fragmented_clusters = sparse.tables.fragmented();
            checked.compressed_clusters = if sparse.header.is_compressed() { sparse.tables.stored() } else { 0 };
            checked.image_end_offset = sparse.used;
        }
        Err(error) => checked.find(error)?,
    }
    Ok(checked)
}

fn walk(file: &Source, found: Found<'_>) -> Result<Sparse> {
    let header = Header::read(file)?;
    let sparse = Sparse::open(file.clone(), &header, found)?;
    if sparse.header.is_compressed() {
        let mut markers = Markers { sparse: &sparse, end: None };
        if sparse.tables.is_ascending() {
            sparse.tables.stored_from(0).try_for_each(|grain| markers.next(grain, found))?;
        } else {
            let mut grains: Vec<_> = sparse.tables.stored_from(0).collect();
            grains.sort_unstable_by_key(|&(_, sector)| sector);
            grains.into_iter().try_for_each(|grain| markers.next(grain, found))?;
        }
        markers.gap(sparse.end, found)?;
    }
    Ok(sparse)
}

/// The markers of grains in the order of the file.
struct Markers<'a> {
    sparse: &'a Sparse,
    /// Byte behind the last grain, if it is known.
    end: Option<u64>,
}

impl Markers<'_> {
    fn next(&mut self, (i, sector): (u64, u32), found: Found<'_>) -> Result<()> {
        let at = byte(sector);
        if self.end.is_some_and(|end| end > at) {
            found(Error::corrupt(at, format!("VMDK: the grain before this one (grain {i}) overlaps it")))?;
        } else {
            self.gap(at, found)?;
        }
        self.end = match self.sparse.stored_end(i, sector) {
            Ok(end) => Some(end),
            Err(error) => {
                found(error)?;
                None
            }
        };
        Ok(())
    }

    /// What is between the last grain and `to`. Only a stream leaves nothing open there.
    fn gap(&self, to: u64, found: Found<'_>) -> Result<()> {
        let Some(mut at) = self.end.filter(|_| self.sparse.is_stream) else { return Ok(()) };
        let mut gap = Gap::new(at);
        while at < to {
            let len = (to - at).min(STEP);
            if let Err(error) = gap.check(&read_vec(&self.sparse.file, at, len)?) {
                return found(error);
            }
            at += to_usize(len)? as u64;
        }
        Ok(())
    }
}
