//! The tree of free space: what is free in a chunk, as runs or as bits.
//!
//! Linux `include/uapi/linux/btrfs_tree.h` (`struct btrfs_free_space_info`).

use super::node::{Key, Pointer};
use super::trees::Trees;
use crate::field::le32;
use std::ops::Range;
use storage::{Error, ReadAt, Result};

const INFO: u8 = 198;
const EXTENT: u8 = 199;
const BITMAP: u8 = 200;

/// The free logical addresses in a chunk, in order and apart.
pub(super) fn read<V: ReadAt>(trees: &Trees<V>, tree: Pointer, chunk: &Range<u64>) -> Result<Vec<Range<u64>>> {
    let damaged = |at: u64| Error::corrupt(0, format!("btrfs: the tree of free space cannot be at logical {at}"));
    let (mut free, mut said) = (Runs::default(), None);
    trees.each(tree, Key::new(chunk.start, 0, 0), &mut |key, item| {
        if key.object >= chunk.end {
            return Ok(false);
        }
        let end = key.object.checked_add(key.offset).filter(|&end| end <= chunk.end && key.offset > 0);
        let end = end.ok_or_else(|| damaged(key.object))?;
        match key.kind {
            INFO if key.object == chunk.start && end == chunk.end && item.len() == 8 => said = Some(le32(item, 0)),
            EXTENT if item.is_empty() => free.put(key.object..end),
            BITMAP => bitmap(item, key.object..end, trees.superblock.sector(), &mut free)?,
            _ => return Err(damaged(key.object)),
        }
        Ok(true)
    })?;
    match said.is_some_and(|said| u64::from(said) == free.0.len() as u64) {
        true => Ok(free.0),
        false => Err(damaged(chunk.start)),
    }
}

/// A bit for each sector of a range: set where it is free.
fn bitmap(bits: &[u8], range: Range<u64>, sector: u64, free: &mut Runs) -> Result<()> {
    let count = (range.end - range.start) / sector;
    if count.div_ceil(8) != bits.len() as u64 {
        return Err(Error::corrupt(0, format!("btrfs: the bits of free space at logical {} cannot be", range.start)));
    }
    let all = bits.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 != 0));
    for (at, _) in (0..count).zip(all).filter(|(_, is_free)| *is_free) {
        let start = range.start + at * sector;
        free.put(start..start + sector);
    }
    Ok(())
}

/// Ranges, of which neighbours are joined.
#[derive(Default)]
struct Runs(Vec<Range<u64>>);

impl Runs {
    fn put(&mut self, range: Range<u64>) {
        match self.0.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.0.push(range),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_joined_to_runs() {
        let mut free = Runs::default();
        free.put(0..4096);
        bitmap(&[0b1000_0011, 0b101], 4096..4096 * 12, 4096, &mut free).unwrap();
        let run = |from: u64, to: u64| from * 4096..to * 4096;
        assert_eq!(free.0, [run(0, 3), run(8, 10), run(11, 12)]);
        assert!(bitmap(&[0], 0..4096 * 9, 4096, &mut free).is_err());
    }
}
