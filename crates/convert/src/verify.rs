//! Reading back what was written.

use crate::copy::{Copied, Options, summed};
use crate::crew::Progress;
use crate::digest::Digest;
use std::ops::Range;
use storage::{ReadAt, Result};

/// What was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Of what was written, with its own length.
    pub digest: Digest,
    /// Its length.
    pub size: u64,
    /// Where it first differs from what was read; as near as the checksums say, which is a megabyte where the disk
    /// holds less than 64 GiB of data.
    pub differs: Option<Range<u64>>,
}

impl Verified {
    /// The difference in words; none where the same disk was read back.
    pub fn difference(&self) -> Option<String> {
        let differs = self.differs.as_ref()?;
        Some(if differs.start >= self.size {
            format!("it ends at byte {}", self.size)
        } else {
            format!("the first difference lies between bytes {} and {}", differs.start, differs.end)
        })
    }
}

/// Reads `written` and compares it with what was copied. It may be longer than that; the rest must be zeros.
pub fn verify(written: &dyn ReadAt, copied: &Copied, options: &Options, progress: &dyn Progress) -> Result<Verified> {
    let (top, checksums) = summed(written, options, progress)?;
    let size = written.size();
    let same = size >= copied.size && Digest::new(&top, copied.size) == copied.digest;
    let differs = (!same).then(|| {
        let found = copied.checksums.clone().first_difference(checksums);
        let longer = copied.size.max(size);
        // Without any difference it is the length alone.
        found.map_or(size..copied.size, |range| range.start..range.end.min(longer))
    });
    Ok(Verified { digest: Digest::new(&top, size), size, differs })
}
