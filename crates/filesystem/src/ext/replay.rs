//! A volume as it will be when its journal has been replayed.

use super::superblock;
use crate::overlay::overlay;
use std::collections::BTreeMap;
use storage::{Extent, ReadAt, Result, Source, State};

/// Blocks whose newest content is in the journal; by number of the block on the volume.
pub(super) type Replaced = BTreeMap<u64, Copy>;

/// The newest content of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy {
    /// The block of the volume that holds it.
    pub(super) at: u64,
    /// Its first four bytes were those that begin a block of the journal's own; zeros stand in their place.
    pub(super) escaped: bool,
}

/// Reads the volume through the journal, with another superblock.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) volume: Source,
    pub(super) block_size: u64,
    pub(super) replaced: Replaced,
    /// 1024 bytes.
    pub(super) superblock: Vec<u8>,
}

impl ReadAt for Replayed {
    fn size(&self) -> u64 {
        self.volume.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.volume.read_at(buf, offset)?;
        let blocks = offset / self.block_size..(offset + buf.len() as u64).div_ceil(self.block_size);
        for (&number, copy) in self.replaced.range(blocks) {
            let mut block = storage::read_vec(&*self.volume, copy.at * self.block_size, self.block_size)?;
            if copy.escaped {
                block[..4].copy_from_slice(&super::journal::MAGIC.to_be_bytes());
            }
            overlay(buf, offset, &block, number * self.block_size)?;
        }
        overlay(buf, offset, &self.superblock, superblock::OFFSET)
    }

    /// What was a hole may have been replaced.
    fn extent_at(&self, offset: u64) -> Result<Extent> {
        storage::check_range(self.size(), offset, 1)?;
        Ok(Extent { range: offset..self.size(), state: State::Data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn replaced_blocks_are_seen_in_reads_of_any_shape() {
        let volume: Vec<u8> = (0..8u8).flat_map(|block| [block; 1024]).collect();
        let mut expected = volume.clone();
        expected[1024..2048].fill(0x55);
        expected[3072..4096].fill(6);
        expected[5120..6144].fill(7);
        expected[5120..5124].copy_from_slice(&[0xC0, 0x3B, 0x39, 0x98]);
        let replayed = Replayed {
            volume: Arc::new(volume),
            block_size: 1024,
            replaced: [(3, Copy { at: 6, escaped: false }), (5, Copy { at: 7, escaped: true })].into(),
            superblock: vec![0x55; 1024],
        };
        for start in (0..8192).step_by(509) {
            for end in (start..8192).step_by(701) {
                let mut buf = vec![0; end - start];
                replayed.read_at(&mut buf, start as u64).unwrap();
                assert!(buf == expected[start..end], "{start}..{end}");
            }
        }
        assert!(replayed.read_at(&mut [0; 2], 8191).is_err());
    }
}
