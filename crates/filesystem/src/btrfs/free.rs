//! What lies in no extent, and in no chunk.
use super::superblock::Superblock;
use crate::tree::See;
use storage::{Error, ReadAt, Result};

pub(super) fn unused(volume: &dyn ReadAt, superblock: Superblock, see: &mut See<'_>) -> Result<()> {
    let _ = (volume, superblock, see);
    Err(Error::unsupported("not yet"))
}
