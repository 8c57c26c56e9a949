//! The bytes of a logical volume.

use std::ops::Range;
use std::sync::Arc;
use storage::{Error, Extent, ReadAt, Result, Source, State, check_range};

/// A logical volume that reads through to where its extents are.
#[derive(Debug)]
pub(super) struct Logical {
    /// `group/volume`.
    pub(super) name: String,
    /// In order, and without gaps from 0.
    pub(super) runs: Vec<Run>,
}

/// A run of bytes of a logical volume.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) range: Range<u64>,
    pub(super) target: Target,
}

/// Where a run is.
#[derive(Debug)]
pub(super) enum Target {
    /// In one piece.
    Linear(Piece),
    /// Dealt out in stripes of so many bytes, which is not 0.
    Striped(u64, Vec<Piece>),
    Zero,
    /// Nowhere that can be read, for this reason.
    Unreadable(Arc<str>),
}

/// Bytes from an offset of something on.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) source: Source,
    pub(super) offset: u64,
    /// Where that is, if it is known to be one run of a disk.
    pub(super) place: Option<Place>,
}

/// A byte of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) disk: usize,
    pub(super) byte: u64,
}

impl Place {
    /// So many bytes later.
    pub(super) fn forward(self, bytes: u64) -> Option<Place> {
        Some(Place { byte: self.byte.checked_add(bytes)?, ..self })
    }
}

impl Logical {
    /// Where it begins, if it is in one piece on a disk.
    pub(super) fn place(&self) -> Option<Place> {
        let mut first = None;
        let mut next = None;
        for run in &self.runs {
            let Target::Linear(piece) = &run.target else { return None };
            let place = piece.place?;
            first.get_or_insert(place);
            if *next.get_or_insert(place) != place {
                return None;
            }
            next = place.forward(run.range.end - run.range.start);
        }
        next.and(first)
    }

    /// Whether all of it can be read, as far as the metadata tells.
    pub(super) fn is_readable(&self) -> bool {
        !self.runs.iter().any(|run| matches!(run.target, Target::Unreadable(_)))
    }

    /// The run that holds a byte, which must be less than the size.
    fn run_at(&self, offset: u64) -> &Run {
        &self.runs[self.runs.partition_point(|run| run.range.end <= offset)]
    }

    fn blame(&self, error: Error) -> Error {
        error.within(format!("logical volume {}", self.name))
    }
}

impl Run {
    /// Where a byte of the run is, and for how many bytes it goes on there.
    fn piece_at(&self, offset: u64) -> Result<Option<(&Piece, u64, u64)>> {
        let (within, left) = (offset - self.range.start, self.range.end - offset);
        match &self.target {
            Target::Linear(piece) => Ok(Some((piece, piece.offset.saturating_add(within), left))),
            Target::Striped(size, pieces) => {
                let (stripe, byte) = (within / size, within % size);
                let count = pieces.len() as u64;
                let piece = &pieces[storage::to_usize(stripe % count)?];
                let at = stripe / count * size + byte;
                Ok(Some((piece, piece.offset.saturating_add(at), left.min(size - byte))))
            }
            Target::Zero => Ok(None),
            Target::Unreadable(why) => Err(Error::unsupported(why.to_string())),
        }
    }
}

impl ReadAt for Logical {
    fn size(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.range.end)
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64).map_err(|error| self.blame(error))?;
        while !buf.is_empty() {
            let run = self.run_at(offset);
            let found = run.piece_at(offset).map_err(|error| self.blame(error))?;
            let left = found.map_or(run.range.end - offset, |(_, _, left)| left);
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
            let (part, rest) = buf.split_at_mut(len);
            match found {
                Some((piece, at, _)) => piece.source.read_at(part, at).map_err(|error| self.blame(error))?,
                None => part.fill(0),
            }
            (buf, offset) = (rest, offset + len as u64);
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let run = self.run_at(offset);
        match run.piece_at(offset) {
            Ok(Some((piece, at, left))) => {
                let below = piece.source.extent_at(at).map_err(|error| self.blame(error))?;
                let len = (below.range.end - at).min(left);
                Ok(Extent { range: offset..offset + len, state: below.state })
            }
            Ok(None) => Ok(Extent { range: offset..run.range.end, state: State::Zero }),
            // Reading it says why it cannot be read.
            Err(_) => Ok(Extent { range: offset..run.range.end, state: State::Data }),
        }
    }
}
