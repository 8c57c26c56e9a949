//! From the blocks of a file to bytes of the volume: direct block numbers, and trees of them.
//!
//! A block number counts fragments; zero is a hole. The blocks of a tree are read as far as the wanted bytes ask for.

use super::geometry::Geometry;
use crate::field::{le32, le64};
use crate::pieces::Piece;
use storage::{Error, ReadAt, Result, read_vec, to_usize};

/// Block numbers in an inode that lead to content at once; three more lead to trees.
pub(super) const DIRECT: usize = 12;
/// Pieces of one file that are remembered, and blocks of its trees that are read: a file of 1 TiB in the largest pieces,
/// or a kernel in the smallest, is far below both.
const MAX_PIECES: usize = 1 << 20;
const MAX_TREE_BLOCKS: u32 = 1 << 16;

/// Finds the pieces of a file.
pub(super) struct Map<'a> {
    volume: &'a dyn ReadAt,
    geometry: &'a Geometry,
    /// Bytes that are still to be found.
    left: u64,
    /// Blocks of trees that may still be read.
    budget: u32,
    pieces: Vec<Piece>,
}

impl<'a> Map<'a> {
    /// The pieces of the first `wanted` bytes of a file with these block numbers.
    pub(super) fn pieces(
        volume: &'a dyn ReadAt,
        geometry: &'a Geometry,
        numbers: &[u64; 15],
        wanted: u64,
    ) -> Result<Vec<Piece>> {
        let mut map = Map { volume, geometry, left: wanted, budget: MAX_TREE_BLOCKS, pieces: Vec::new() };
        for (slot, &number) in numbers.iter().enumerate() {
            let depth = u32::try_from((slot + 1).saturating_sub(DIRECT)).unwrap_or(0);
            map.follow(number, depth)?;
        }
        match map.left {
            0 => Ok(map.pieces),
            _ => Err(Error::corrupt(0, "UFS: a file is longer than its block numbers can lead")),
        }
    }

    /// Every call finds some bytes, so that no tree can lead in circles.
    fn follow(&mut self, number: u64, depth: u32) -> Result<()> {
        let (block, pointer) = (self.geometry.block, self.geometry.pointer());
        if self.left == 0 {
            return Ok(());
        }
        if number == 0 {
            let spanned = (block / pointer).checked_pow(depth).and_then(|blocks| blocks.checked_mul(block));
            return self.push(None, spanned.unwrap_or(u64::MAX));
        }
        if depth == 0 {
            let len = block.min(self.left);
            let at = self.check(number, len)?;
            return self.push(Some(at), len);
        }
        self.budget = self.budget.checked_sub(1).ok_or_else(|| {
            Error::unsupported(format!(
                "UFS: a file with more than the {MAX_TREE_BLOCKS} blocks of numbers that are read"
            ))
        })?;
        let at = self.check(number, block)?;
        for number in read_vec(self.volume, at, block)?.chunks_exact(to_usize(pointer)?) {
            let number = if pointer == 4 { le32(number, 0).into() } else { le64(number, 0) };
            self.follow(number, depth - 1)?;
        }
        Ok(())
    }

    /// Where a block, or the first `len` bytes of it, begins.
    fn check(&self, number: u64, len: u64) -> Result<u64> {
        let fragments = len.div_ceil(self.geometry.fragment);
        match number.checked_add(fragments) {
            Some(end) if end <= self.geometry.end => Ok(number * self.geometry.fragment),
            _ => Err(Error::corrupt(
                number.saturating_mul(self.geometry.fragment),
                format!("UFS: a block number leads to fragment {number} of {}", self.geometry.end),
            )),
        }
    }

    /// Adds a piece, and joins it to the one before where that is possible.
    fn push(&mut self, at: Option<u64>, len: u64) -> Result<()> {
        let len = len.min(self.left);
        self.left -= len;
        match (self.pieces.last_mut(), at) {
            (Some(last), Some(at)) if last.at.is_some_and(|start| start + last.len == at) => last.len += len,
            (Some(last), None) if last.at.is_none() => last.len += len,
            _ => self.pieces.push(Piece { at, len }),
        }
        if self.pieces.len() > MAX_PIECES {
            return Err(Error::unsupported(format!("UFS: a file in more than the {MAX_PIECES} pieces that are read")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::superblock::Superblock;
    use super::super::superblock::tests::volume;
    use super::*;

    fn piece(at: Option<u64>, len: u64) -> Piece {
        Piece { at, len }
    }

    /// Block number `slot` of the block at fragment `number`.
    fn put(volume: &mut [u8], number: usize, slot: usize, value: u64) {
        volume[number * 512 + slot * 8..][..8].copy_from_slice(&value.to_le_bytes());
    }

    fn pieces(volume: &Vec<u8>, numbers: &[u64; 15], wanted: u64) -> Result<Vec<Piece>> {
        let geometry = Geometry::new(&Superblock::find(volume).unwrap().unwrap(), volume.len() as u64).unwrap();
        Map::pieces(volume, &geometry, numbers, wanted)
    }

    #[test]
    fn blocks_fragments_and_holes() {
        let mut numbers = [0; 15];
        numbers[..4].copy_from_slice(&[400, 408, 0, 500]);
        let volume = volume();
        let found = pieces(&volume, &numbers, 3 * 4096 + 700).unwrap();
        assert_eq!(found, [piece(Some(400 * 512), 8192), piece(None, 4096), piece(Some(500 * 512), 700)]);
        assert_eq!(pieces(&volume, &numbers, 100).unwrap(), [piece(Some(400 * 512), 100)]);
        assert_eq!(pieces(&volume, &numbers, 0).unwrap(), []);
        // Only as many fragments of the last block need to be there as bytes are wanted.
        numbers[0] = 2046;
        assert!(pieces(&volume, &numbers, 1024).is_ok());
        assert!(pieces(&volume, &numbers, 1025).is_err());
        numbers[0] = u64::MAX;
        assert!(pieces(&volume, &numbers, 1).is_err());
    }

    #[test]
    fn trees_of_three_depths() {
        let (mut volume, mut numbers) = (volume(), [0; 15]);
        numbers[12..].copy_from_slice(&[600, 608, 616]);
        put(&mut volume, 600, 511, 700);
        put(&mut volume, 608, 1, 624);
        put(&mut volume, 624, 0, 708);
        put(&mut volume, 616, 2, 632);
        put(&mut volume, 632, 0, 640);
        put(&mut volume, 640, 3, 716);
        let last = 12 + 512 + 512 * 512 + 2 * 512 * 512 + 3;
        let expected = [
            piece(None, (12 + 511) * 4096),
            piece(Some(700 * 512), 4096),
            piece(None, 512 * 4096),
            piece(Some(708 * 512), 4096),
            piece(None, (last - (12 + 512 + 512 + 1)) * 4096),
            piece(Some(716 * 512), 10),
        ];
        assert_eq!(pieces(&volume, &numbers, last * 4096 + 10).unwrap(), expected);
        let most = (12 + 512 + 512 * 512 + 512 * 512 * 512) * 4096;
        assert!(pieces(&volume, &[0; 15], most).is_ok());
        assert_eq!(pieces(&volume, &[0; 15], most + 1).unwrap_err().kind(), storage::ErrorKind::Corrupt);
    }

    #[test]
    fn a_tree_of_itself_ends() {
        let (mut volume, mut numbers) = (volume(), [0; 15]);
        numbers[14] = 600;
        for slot in 0..512 {
            put(&mut volume, 600, slot, 600);
        }
        let error = pieces(&volume, &numbers, 1 << 39).unwrap_err();
        assert_eq!(error.kind(), storage::ErrorKind::Unsupported, "{error}");
    }
}
