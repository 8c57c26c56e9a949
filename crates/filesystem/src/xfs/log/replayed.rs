//! A volume as it will be when its log has been replayed.

use crate::overlay::overlay;
use std::collections::BTreeMap;
use storage::{Error, Extent, ReadAt, Result, Source, State};

pub(super) const SECTOR: u64 = 512;
/// Sectors that may be changed: 128 MiB.
const MAX_SECTORS: usize = (128 << 20) / 512;

/// Reads the volume with some of its sectors replaced.
#[derive(Debug)]
pub(super) struct Replayed {
    volume: Source,
    /// By number.
    sectors: BTreeMap<u64, Box<[u8; 512]>>,
}

impl Replayed {
    pub(super) fn new(volume: Source) -> Self {
        Replayed { volume, sectors: BTreeMap::new() }
    }

    /// Sectors that were replaced.
    pub(super) fn len(&self) -> usize {
        self.sectors.len()
    }

    /// Replaces those sectors of `bytes`, which begin at `at`, that are not what they were.
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let before = storage::read_vec(self, at, bytes.len() as u64)?;
        for (i, (new, old)) in bytes.chunks_exact(512).zip(before.chunks_exact(512)).enumerate() {
            if new != old {
                let mut sector = Box::new([0; 512]);
                sector.copy_from_slice(new);
                self.sectors.insert(at / SECTOR + i as u64, sector);
            }
        }
        match self.sectors.len() <= MAX_SECTORS {
            true => Ok(()),
            false => Err(Error::unsupported(format!("XFS log: it changes more than {MAX_SECTORS} sectors"))),
        }
    }
}

impl ReadAt for Replayed {
    fn size(&self) -> u64 {
        self.volume.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.volume.read_at(buf, offset)?;
        let end = offset + buf.len() as u64;
        for (&number, sector) in self.sectors.range(offset / SECTOR..end.div_ceil(SECTOR)) {
            overlay(buf, offset, &sector[..], number * SECTOR)?;
        }
        Ok(())
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
    fn replaced_sectors_are_seen_in_reads_of_any_shape() {
        let volume: Vec<u8> = (0..8u8).flat_map(|sector| [sector; 512]).collect();
        let mut expected = volume.clone();
        let mut replayed = Replayed::new(Arc::new(volume));
        replayed.put(512, &expected[512..1024]).unwrap();
        assert_eq!(replayed.len(), 0);
        expected[1024..1536].fill(0x55);
        expected[2600..3000].fill(0x66);
        replayed.put(1024, &expected[1024..1536]).unwrap();
        replayed.put(2048, &expected[2048..4096]).unwrap();
        assert_eq!(replayed.len(), 2);
        for start in (0..4096).step_by(255) {
            for end in (start..4096).step_by(301) {
                let mut buf = vec![0; end - start];
                replayed.read_at(&mut buf, start as u64).unwrap();
                assert!(buf == expected[start..end], "{start}..{end}");
            }
        }
        assert!(replayed.read_at(&mut [0; 2], 4095).is_err());
        assert!(replayed.put(4096, &[1; 512]).is_err());
    }
}
