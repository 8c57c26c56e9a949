//! Cells: the pieces that keys, values, lists and data are stored in.
//!
//! A cell begins with its length as a signed number, negative while it is in use.

use crate::base::BASE_BLOCK;
use crate::bytes::{at, index, part};
use storage::{Error, Result};

/// The offset that means "none".
pub(crate) const NONE: u32 = u32::MAX;

/// All cells of a hive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'h> {
    hive: &'h [u8],
}

/// A cell in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'h> {
    /// Where it is, counted from the first bin.
    pub(crate) offset: u32,
    /// What is in it.
    pub(crate) content: &'h [u8],
}

impl<'h> Cells<'h> {
    pub(crate) fn new(hive: &'h [u8]) -> Self {
        Cells { hive }
    }

    /// Bytes in the whole hive: what bounds the number of anything in it.
    pub(crate) fn len(&self) -> usize {
        self.hive.len()
    }

    /// The cell at an offset.
    pub(crate) fn get(&self, offset: u32) -> Result<Cell<'h>> {
        let bad = |what: &str| Err(broken(offset, what));
        if !offset.is_multiple_of(8) {
            return bad("a cell is not where one can be");
        }
        let start = BASE_BLOCK.saturating_add(index(offset));
        let Some(size) = self.hive.get(start..).and_then(|bytes| at(bytes, 0)).map(i32::from_le_bytes) else {
            return bad("a cell lies past the end of the hive");
        };
        if size >= 0 {
            return bad("a cell is referred to that is not in use");
        }
        let Some(len) = index(size.unsigned_abs()).checked_sub(4) else {
            return bad("a cell is shorter than its head");
        };
        match part(self.hive, start + 4, len) {
            Some(content) => Ok(Cell { offset, content }),
            None => bad("a cell is longer than what is left of the hive"),
        }
    }
}

impl Cell<'_> {
    /// That something is wrong here.
    pub(crate) fn broken(&self, what: &str) -> Error {
        broken(self.offset, what)
    }
}

/// An error in the cell at that offset.
pub(crate) fn broken(offset: u32, what: &str) -> Error {
    Error::corrupt(u64::from(offset).saturating_add(BASE_BLOCK as u64), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_within_the_hive() {
        let mut hive = vec![0; BASE_BLOCK + 64];
        let put = |hive: &mut Vec<u8>, offset: usize, size: i32| {
            hive[BASE_BLOCK + offset..][..4].copy_from_slice(&size.to_le_bytes());
        };
        put(&mut hive, 0, -16);
        put(&mut hive, 16, 16);
        put(&mut hive, 24, -48);
        put(&mut hive, 32, i32::MIN);
        put(&mut hive, 40, -2);
        let cells = Cells::new(&hive);
        assert_eq!(cells.get(0).unwrap().content.len(), 12);
        for offset in [4, 16, 24, 32, 40, 48, 64, 4096, NONE, NONE - 7] {
            assert!(cells.get(offset).is_err(), "{offset}");
        }
    }
}
