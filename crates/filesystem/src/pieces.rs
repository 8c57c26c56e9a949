//! Content that lies on a volume in pieces.

use crate::field::zeros;
use storage::{Error, ReadAt, Result, to_usize};

/// Neighbouring bytes of a file that are neighbours on the volume too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it begins, in bytes; none if it was never written and reads as zeros.
    pub(crate) at: Option<u64>,
    /// Bytes.
    pub(crate) len: u64,
}

/// The first `len` bytes of what lies in `pieces`; who calls has held `len` to a limit.
pub(crate) fn read(volume: &dyn ReadAt, pieces: &[Piece], len: u64) -> Result<Vec<u8>> {
    check(volume, pieces, len)?;
    let mut content = zeros(len)?;
    let mut rest = &mut content[..];
    for piece in pieces {
        let part;
        (part, rest) = rest.split_at_mut(rest.len().min(to_usize(piece.len)?));
        if let Some(at) = piece.at {
            volume.read_at(part, at)?;
        }
    }
    Ok(content)
}

/// Before memory is taken: whether all written pieces of the first `len` bytes lie on the volume.
fn check(volume: &dyn ReadAt, pieces: &[Piece], len: u64) -> Result<()> {
    let mut left = len;
    for piece in pieces {
        let part = piece.len.min(left);
        if let Some(at) = piece.at {
            storage::check_range(volume.size(), at, part)?;
        }
        left -= part;
    }
    match left {
        0 => Ok(()),
        _ => Err(Error::corrupt(0, format!("its extents end {left} bytes before it does"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_cut() {
        let volume: Vec<u8> = (0..100).collect();
        let piece = |at, len| Piece { at, len };
        let pieces = [piece(Some(10), 3), piece(None, 2), piece(Some(50), 3)];
        assert_eq!(read(&volume, &pieces, 8).unwrap(), [10, 11, 12, 0, 0, 50, 51, 52]);
        assert_eq!(read(&volume, &pieces, 4).unwrap(), [10, 11, 12, 0]);
        assert!(read(&volume, &pieces, 9).is_err());
        assert_eq!(read(&volume, &[], 0).unwrap(), []);
        assert!(read(&volume, &[piece(Some(90), 20)], 11).is_err());
        assert!(read(&volume, &[piece(Some(u64::MAX), 20)], 2).is_err());
        // What is not read need not be there.
        assert_eq!(read(&volume, &[piece(Some(98), 20)], 2).unwrap(), [98, 99]);
    }
}
