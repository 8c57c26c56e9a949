//! Metadata on its way to the file.

use std::ops::Range;
use storage::{Result, WriteAt};

/// Metadata is gathered to about this many bytes, and then written at once.
pub(super) const PIECE: u64 = 1 << 20;

/// Bytes that have a place and are not written yet; neighbours as one.
#[derive(Default)]
pub(super) struct Pieces(Vec<(u64, Vec<u8>)>);

impl Pieces {
    pub(super) fn push(&mut self, place: u64, bytes: &[u8]) {
        self.run(place).extend_from_slice(bytes);
    }

    /// As on disk, big-endian.
    pub(super) fn push_words(&mut self, place: u64, words: &[u64]) {
        let run = self.run(place);
        run.reserve(words.len() * 8);
        run.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    }

    /// What the bytes of that place follow.
    fn run(&mut self, place: u64) -> &mut Vec<u8> {
        if self.0.last().is_none_or(|(first, run)| *first + run.len() as u64 != place) {
            self.0.push((place, Vec::new()));
        }
        &mut self.0.last_mut().expect("was pushed if there was none").1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the bytes go.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.0.iter().map(|(place, bytes)| *place..place + bytes.len() as u64)
    }

    /// Writes what goes to the end of the file, which is `end` with it, but for what has its place in front.
    pub(super) fn append(&self, file: &dyn WriteAt, end: u64) -> Result<()> {
        file.foretell(&self.ranges().collect::<Vec<_>>(), end..end, end)?;
        self.write(file)
    }

    pub(super) fn write(&self, file: &dyn WriteAt) -> Result<()> {
        self.0.iter().try_for_each(|(place, bytes)| file.write_at(bytes, *place))
    }
}
