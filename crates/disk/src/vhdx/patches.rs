//! The file as it would be if the log had been replayed into it.

use super::entry::SECTOR_LEN;
use std::collections::BTreeMap;
use std::ops::Range;
use storage::{Error, Extent, ReadAt, Result, State, check_range, read_array, to_usize};

/// Places that a log may change; more than the sectors of the longest log that is replayed, and few enough to keep.
const MAX_PATCHES: usize = 1 << 18;

/// A changed place: whole sectors of the log's.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    pub(super) range: Range<u64>,
    /// Where its sector of data is in the file, and the bytes that belong at the start and the end of that; `None` for
    /// zeros.
    pub(super) sector: Option<(u64, [u8; 8], [u8; 4])>,
}

/// All changed places, by where they end. Nothing at all in most files.
#[derive(Debug)]
pub(super) struct Patches {
    size: u64,
    by_end: BTreeMap<u64, Patch>,
}

impl Patches {
    /// A file of `size` bytes in which nothing is changed.
    pub(super) fn none(size: u64) -> Self {
        Patches { size, by_end: BTreeMap::new() }
    }

    /// Number of changed places.
    pub(super) fn len(&self) -> usize {
        self.by_end.len()
    }

    /// Changes a place, after and over all that was changed before.
    pub(super) fn push(&mut self, patch: Patch) -> Result<()> {
        let Range { start, end } = patch.range;
        if start == end {
            return Ok(());
        }
        while let Some(old) = self.next(start).filter(|old| old.range.start < end).cloned() {
            self.by_end.remove(&old.range.end);
            // Sectors are covered as a whole, so that what is left over is zeros.
            for range in [old.range.start..start, end..old.range.end] {
                if range.start < range.end {
                    self.by_end.insert(range.end, Patch { range, sector: None });
                }
            }
            if old.range.end >= end {
                break;
            }
        }
        self.by_end.insert(end, patch);
        self.size = self.size.max(end);
        if self.by_end.len() > MAX_PATCHES {
            let what = format!("more than {MAX_PATCHES} changes are not replayed; attach the disk to a machine once");
            return Err(Error::unsupported(what));
        }
        Ok(())
    }

    /// The first changed place that ends behind `offset`.
    fn next(&self, offset: u64) -> Option<&Patch> {
        self.by_end.range(offset.saturating_add(1)..).next().map(|(_, patch)| patch)
    }

    /// The run that begins at `offset` and is changed as a whole or not at all.
    fn run(&self, offset: u64) -> (u64, Option<&Patch>) {
        match self.next(offset) {
            Some(patch) if patch.range.start <= offset => (patch.range.end, Some(patch)),
            Some(patch) => (patch.range.start, None),
            None => (self.size, None),
        }
    }

    /// How many of `len` bytes from `offset` are in the file as they are, and stay so.
    pub(super) fn plain(&self, file: &dyn ReadAt, offset: u64, len: u64) -> u64 {
        match self.run(offset) {
            (end, None) => len.min(end.min(file.size()).saturating_sub(offset)),
            (_, Some(_)) => 0,
        }
    }
}

/// A file and its changes: the file's size, bytes and holes are those after the replay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replayed<'a> {
    pub(super) file: &'a dyn ReadAt,
    pub(super) patches: &'a Patches,
}

impl Replayed<'_> {
    /// Reads within one run.
    fn read_run(&self, buf: &mut [u8], offset: u64, patch: Option<&Patch>) -> Result<()> {
        match patch {
            None => {
                // A replay may make the file longer.
                let stored = self.file.size().saturating_sub(offset).min(buf.len() as u64);
                let (stored, beyond) = buf.split_at_mut(to_usize(stored)?);
                beyond.fill(0);
                if stored.is_empty() { Ok(()) } else { self.file.read_at(stored, offset) }
            }
            Some(Patch { sector: None, .. }) => {
                buf.fill(0);
                Ok(())
            }
            Some(Patch { range, sector: Some((from, leading, trailing)) }) => {
                let mut sector: [u8; SECTOR_LEN] = read_array(self.file, *from)?;
                sector[..leading.len()].copy_from_slice(leading);
                sector[SECTOR_LEN - trailing.len()..].copy_from_slice(trailing);
                buf.copy_from_slice(&sector[to_usize(offset - range.start)?..][..buf.len()]);
                Ok(())
            }
        }
    }
}

impl ReadAt for Replayed<'_> {
    fn size(&self) -> u64 {
        self.patches.size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        while !buf.is_empty() {
            let (end, patch) = self.patches.run(offset);
            let len = to_usize((end - offset).min(buf.len() as u64))?;
            let (part, rest) = buf.split_at_mut(len);
            self.read_run(part, offset, patch)?;
            buf = rest;
            offset += len as u64;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let (end, patch) = self.patches.run(offset);
        let (end, state) = match patch {
            Some(Patch { sector: None, .. }) => (end, State::Zero),
            Some(_) => (end, State::Data),
            None if offset >= self.file.size() => (end, State::Unmapped),
            None => {
                let below = self.file.extent_at(offset)?;
                (end.min(below.range.end), below.state)
            }
        };
        Ok(Extent { range: offset..end, state })
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::SECTOR;
    use super::*;

    fn zeros(range: Range<u64>) -> Patch {
        Patch { range, sector: None }
    }

    fn view(patches: &Patches, file: &Vec<u8>) -> Vec<u8> {
        let replayed = Replayed { file, patches };
        let mut bytes = vec![1; usize::try_from(replayed.size()).unwrap()];
        replayed.read_at(&mut bytes, 0).unwrap();
        let mut offset = 0;
        while offset < replayed.size() {
            let extent = replayed.extent_at(offset).unwrap();
            let part = usize::try_from(offset).unwrap()..usize::try_from(extent.range.end).unwrap();
            assert!(extent.range.start == offset && (extent.is_data() || storage::is_zero(&bytes[part])));
            offset = extent.range.end;
        }
        bytes
    }

    #[test]
    fn later_changes_cover_earlier_ones() {
        let file: Vec<u8> = [[7; SECTOR_LEN], [8; SECTOR_LEN], [9; SECTOR_LEN], [10; SECTOR_LEN]].concat();
        let mut patches = Patches::none(file.size());
        assert_eq!(view(&patches, &file), file);
        patches.push(zeros(0..3 * SECTOR)).unwrap();
        let sector = Some((3 * SECTOR, *b"leadings", *b"tail"));
        patches.push(Patch { range: SECTOR..2 * SECTOR, sector }).unwrap();
        let mut wanted = [[0; SECTOR_LEN], [10; SECTOR_LEN], [0; SECTOR_LEN], [10; SECTOR_LEN]];
        wanted[1][..8].copy_from_slice(b"leadings");
        wanted[1][SECTOR_LEN - 4..].copy_from_slice(b"tail");
        assert_eq!(view(&patches, &file), wanted.concat());
        assert_eq!(patches.len(), 3);
        patches.push(zeros(SECTOR..2 * SECTOR)).unwrap();
        patches.push(zeros(0..0)).unwrap();
        wanted[1] = [0; SECTOR_LEN];
        assert_eq!(view(&patches, &file), wanted.concat());
        assert_eq!([0, 3, 4].map(|n| patches.plain(&file, n * SECTOR, 10 * SECTOR)), [0, SECTOR, 0]);
    }

    #[test]
    fn a_change_behind_the_end_makes_the_file_longer() {
        let file = vec![7; SECTOR_LEN];
        let mut patches = Patches::none(3 * SECTOR);
        patches.push(Patch { range: 4 * SECTOR..5 * SECTOR, sector: Some((0, [1; 8], [2; 4])) }).unwrap();
        let bytes = view(&patches, &file);
        assert_eq!(bytes.len(), 5 * SECTOR_LEN);
        assert!(bytes[..SECTOR_LEN] == file && storage::is_zero(&bytes[SECTOR_LEN..4 * SECTOR_LEN]));
        assert!(bytes[4 * SECTOR_LEN..].starts_with(&[1, 1, 1, 1, 1, 1, 1, 1, 7]));
        assert_eq!(patches.plain(&file, 100, 1 << 20), SECTOR - 100);
    }
}
