//! From the segment in hand to the target: what is zeros is skipped or wiped, the rest is written in one call.

use crate::copy::Options;
use crate::digest::SEGMENT;
use crate::pace::{Pace, Real};
use crate::plan::Task;
use crate::segment::{Segment, within};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{Result, Turn, WriteAt, is_zero};

/// What all threads write to.
pub(crate) struct Writer<'a> {
    target: &'a dyn WriteAt,
    options: &'a Options,
    pace: Pace<Real>,
    stop: &'a (dyn Fn() -> bool + Sync),
    written: AtomicU64,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(target: &'a dyn WriteAt, options: &'a Options, stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Writer { target, options, pace: Pace::new(options.rate, Real::new()), stop, written: AtomicU64::new(0) }
    }

    /// Bytes written as data.
    pub(crate) fn written(self) -> u64 {
        self.written.into_inner()
    }

    pub(crate) fn write(&self, segment: &mut Segment, task: &Task, turn: &dyn Turn) -> Result<()> {
        if self.options.sparse == 0 {
            let whole = within(task, &task.range)?;
            return self.data(&[(task.range.start, &segment.whole()[whole])], turn);
        }
        let granule = self.options.sparse.min(SEGMENT);
        let (bytes, mut pieces) = (segment.bytes(), Vec::new());
        let mut at = task.range.start;
        for range in &task.data {
            let mut rest = range.clone();
            while let Some(run) = next_run(&bytes[within(task, &rest)?], rest.start, granule) {
                self.zeros(at..run.start)?;
                pieces.push((run.start, &bytes[within(task, &run)?]));
                at = run.end;
                rest.start = run.end;
            }
        }
        self.zeros(at..task.range.end)?;
        if pieces.is_empty() { Ok(()) } else { self.data(&pieces, turn) }
    }

    fn data(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        let bytes = pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        self.pace.wait(bytes, self.stop)?;
        self.written.fetch_add(bytes, Ordering::Relaxed);
        self.target.write_segment(pieces, turn)
    }

    fn zeros(&self, range: Range<u64>) -> Result<()> {
        if range.is_empty() || self.options.target_is_zero { Ok(()) } else { self.target.zero_at(range) }
    }
}

/// The first run of pieces that are not zeros in `bytes`, which lie at `offset` on the disk. Pieces end at multiples of
/// `granule`.
fn next_run(bytes: &[u8], offset: u64, granule: u64) -> Option<Range<u64>> {
    let end = offset + bytes.len() as u64;
    let mut run: Option<Range<u64>> = None;
    let (mut at, mut rest) = (offset, bytes);
    while at < end {
        let len = (granule - at % granule).min(end - at);
        let (piece, after) = rest.split_at(usize::try_from(len).expect("no longer than bytes"));
        match &mut run {
            found if !is_zero(piece) => found.get_or_insert(at..at).end = at + len,
            Some(_) => return run,
            None => {}
        }
        (at, rest) = (at + len, after);
    }
    run
}
