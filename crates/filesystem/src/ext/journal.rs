//! The journal.
use super::features;
use super::superblock::{self, Superblock};
use std::sync::Arc;
use storage::{Extent, ReadAt, Result, Source};

/// A volume with another superblock.
#[derive(Debug)]
struct Presented {
    volume: Source,
    superblock: Vec<u8>,
}

impl ReadAt for Presented {
    fn size(&self) -> u64 {
        self.volume.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.volume.read_at(buf, offset)?;
        let end = offset + buf.len() as u64;
        let (from, to) = (offset.max(superblock::OFFSET), end.min(superblock::OFFSET + superblock::LEN as u64));
        if from < to {
            let index = |at: u64, base: u64| storage::to_usize(at - base);
            buf[index(from, offset)?..index(to, offset)?].copy_from_slice(
                &self.superblock[index(from, superblock::OFFSET)?..index(to, superblock::OFFSET)?],
            );
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.volume.extent_at(offset)
    }
}

pub(super) fn replayed(volume: Source, superblock: &Superblock) -> Result<(Source, Vec<String>)> {
    let bytes = superblock.with_incompat(superblock.incompat & !(features::NEEDS_RECOVERY | features::MMP));
    Ok((Arc::new(Presented { volume, superblock: bytes }), Vec::new()))
}
