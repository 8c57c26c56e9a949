//! A volume that is known to be there and cannot be read, for a reason.

use std::sync::Arc;
use storage::{Error, ReadAt, Result};

/// So many bytes that cannot be read.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) size: u64,
    /// The reason, as a sentence that names the volume.
    pub(crate) why: Arc<str>,
}

impl ReadAt for Closed {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, _: &mut [u8], _: u64) -> Result<()> {
        Err(Error::unsupported(self.why.to_string()))
    }
}
