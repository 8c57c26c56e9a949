//! What is known of the file while it is written.

use super::building::{Building, Chunk};
use super::cut::{Cut, Geometry};
use super::part::Done;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use storage::{Error, Result, to_usize};

/// A piece of memory, where in it, and which of the bytes that are written.
pub(super) type Claim = (Chunk, Range<usize>);

/// Whether there will be more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// All parts are whole.
    Closed,
    /// There will be no file.
    Failed,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) geometry: Geometry,
    pub(super) phase: Phase,
    /// Whether something was written or foretold.
    begun: bool,
    /// Before this, only what was foretold and what is open.
    settled: u64,
    open: Range<u64>,
    /// Parts before this one, by number from 0, lie before `settled`.
    passed: u64,
    /// Those that are not passed on.
    parts: BTreeMap<u64, Building>,
    /// Where the last byte ends.
    end: u64,
    /// Bytes that will be written or are just now, in parts that wait for them.
    pub(super) pending: u64,
    /// Chunks in use, and how many there may be.
    pub(super) used: u64,
    pub(super) most: u64,
    pub(super) free: Vec<Box<[u8]>>,
    pub(super) ready: VecDeque<Done>,
    /// Parts that are taken, and not let go.
    pub(super) taken: u64,
}

/// What a writer did that it said it would not.
fn broken(offset: u64, what: &str) -> Error {
    Error::unsupported(format!("byte {offset} of the file is written {what}: it cannot be made in parts"))
}

impl State {
    pub(super) fn new(cut: &Cut) -> Result<Self> {
        let geometry = Geometry::new(cut.part_size)?;
        let least = Cut::least_memory(cut.part_size);
        if cut.memory < least {
            let Cut { part_size, memory } = cut;
            let what = format!("{memory} bytes of memory are too few for parts of {part_size}; {least} are needed");
            return Err(Error::refused(what));
        }
        Ok(State {
            geometry,
            phase: Phase::Open,
            begun: false,
            settled: 0,
            open: 0..0,
            passed: 0,
            parts: BTreeMap::new(),
            end: 0,
            pending: 0,
            used: 0,
            most: cut.memory / geometry.chunk(),
            free: Vec::new(),
            ready: VecDeque::new(),
            taken: 0,
        })
    }

    /// Keeps the first bytes until the end.
    pub(super) fn reserve(&mut self, range: &Range<u64>, least: u64) -> Result<()> {
        if self.begun || range.start != 0 || self.geometry.head_chunks() > 0 {
            return Err(Error::unsupported("only the front of a file can be reserved, once, before it is written"));
        }
        if range.is_empty() {
            return Ok(());
        }
        self.geometry.reserve(range.end)?;
        let (chunk, chunks) = (self.geometry.chunk(), self.geometry.head_chunks());
        match self.most.checked_sub(chunks).filter(|rest| rest * chunk >= least) {
            Some(rest) => self.most = rest,
            None => {
                let (bytes, needed) = (range.end, chunks.saturating_mul(chunk).saturating_add(least));
                return Err(Error::refused(format!(
                    "the first {bytes} bytes of the file are written last, and {needed} bytes of memory are needed to \
                     wait for them; write to a file, or without preallocation"
                )));
            }
        }
        Ok(())
    }

    /// Refuses what was not left open.
    /// What of it needs memory, by part.
    pub(super) fn check_told(&mut self, writes: &[Range<u64>], end: u64) -> Result<Vec<(u64, Range<u64>)>> {
        self.begun = true;
        if end < self.settled {
            return Err(broken(end, "after what is behind it was settled"));
        }
        let geometry = self.geometry;
        // The first part waits for all in any case.
        let told = writes.iter().flat_map(|range| geometry.split(range.clone()));
        let told: Vec<_> = told.filter(|(i, _)| !geometry.is_head(*i)).collect();
        for (_, range) in &told {
            let start = self.settled.min(range.end);
            let before = range.start..start;
            if range.end > end || !before.is_empty() && !contains(&self.open, &before) {
                return Err(broken(range.start, "where nothing was to change any more"));
            }
        }
        Ok(told)
    }

    /// All is in memory that `writes` needs: parts wait for that, and no longer for what is settled.
    pub(super) fn tell(&mut self, writes: &[Range<u64>], open: Range<u64>, end: u64) -> Result<()> {
        for range in writes {
            self.end = self.end.max(range.end);
            for (i, range) in self.geometry.split(range.clone()) {
                self.expect(i, &range);
            }
        }
        (self.settled, self.open) = (end, open);
        while self.geometry.range(self.passed).end <= self.settled {
            self.parts.entry(self.passed).or_default();
            self.passed += 1;
        }
        let waiting: Vec<_> = self.parts.range(..self.passed).map(|(i, _)| *i).collect();
        waiting.into_iter().try_for_each(|i| self.pass_on(i))
    }

    fn expect(&mut self, i: u64, range: &Range<u64>) {
        if !self.geometry.is_head(i) {
            let len = range.end - range.start;
            self.parts.entry(i).or_default().pending += len;
            self.pending += len;
        }
    }

    /// Whether there is no memory yet for any of a range within a part.
    pub(super) fn is_bare(&self, i: u64, range: &Range<u64>) -> Result<bool> {
        let Some(part) = self.parts.get(&i) else { return Ok(true) };
        let chunks = self.geometry.chunks(i, range.clone())?;
        Ok(chunks.into_iter().all(|(number, _)| part.chunk(number).is_none()))
    }

    /// The first chunk of a range within a part for which there is no memory.
    pub(super) fn missing(&self, i: u64, range: &Range<u64>) -> Result<Option<usize>> {
        let part = self.parts.get(&i);
        let chunks = self.geometry.chunks(i, range.clone())?;
        let missing = |number: &usize| part.is_none_or(|part| part.chunk(*number).is_none());
        Ok(chunks.into_iter().map(|(number, _)| number).find(missing))
    }

    /// Whether there is room for one chunk more in part `i`.
    pub(super) fn has_room(&self, i: u64) -> bool {
        self.geometry.is_head(i) || self.used < self.most
    }

    /// Whether anything will make room.
    pub(super) fn may_have_room(&self) -> bool {
        self.pending > 0 || self.taken > 0 || self.ready.iter().any(|done| done.room() > 0)
    }

    /// Gives part `i` memory for one chunk more.
    pub(super) fn add(&mut self, i: u64, chunk: usize) -> Result<()> {
        let len = to_usize(self.geometry.chunk())?;
        let memory = self.free.pop().map_or_else(|| fresh(len), Ok)?;
        self.parts.entry(i).or_default().add(chunk, memory);
        self.used += u64::from(!self.geometry.is_head(i));
        Ok(())
    }

    /// Whether a write was foretold; if not, it is now. It must not reach over what is settled.
    pub(super) fn was_told(&mut self, i: u64, range: &Range<u64>) -> Result<bool> {
        self.begun = true;
        if self.geometry.is_head(i) {
            return Ok(false);
        }
        if range.start >= self.settled {
            return Ok(false);
        }
        let len = range.end - range.start;
        let waits = self.parts.get(&i).is_some_and(|part| part.pending >= len);
        if range.end > self.settled || !waits {
            return Err(broken(range.start, "that was not to change any more"));
        }
        Ok(true)
    }

    /// Memory for a write, all of which is there.
    pub(super) fn claim(&mut self, i: u64, range: &Range<u64>, told: bool) -> Result<Vec<Claim>> {
        self.end = self.end.max(range.end);
        let chunks = self.geometry.chunks(i, range.clone())?;
        let part = self.parts.get(&i);
        let memory = |number| part.and_then(|part| part.chunk(number)).cloned();
        let claims = chunks.into_iter().map(|(number, within)| {
            memory(number).map(|chunk| (chunk, within)).ok_or_else(|| broken(range.start, "and was not foretold"))
        });
        let claims = claims.collect::<Result<_>>()?;
        if !told {
            self.expect(i, range);
        }
        Ok(claims)
    }

    /// Zeros are there already, where nothing else is.
    pub(super) fn lengthen(&mut self, end: u64) {
        self.end = self.end.max(end);
    }

    /// A write into part `i` is over.
    pub(super) fn written(&mut self, i: u64, len: u64) -> Result<()> {
        if self.geometry.is_head(i) {
            return Ok(());
        }
        let part = self.parts.get_mut(&i);
        let left = part.as_ref().and_then(|part| part.pending.checked_sub(len));
        let (Some(part), Some(left)) = (part, left) else {
            return Err(broken(self.geometry.range(i).start, "more often than was foretold"));
        };
        part.pending = left;
        self.pending -= len;
        self.pass_on(i)
    }

    /// Makes the part ready if it is whole.
    fn pass_on(&mut self, i: u64) -> Result<()> {
        let range = self.geometry.range(i);
        let is_open = self.open.start < range.end && range.start < self.open.end && !self.open.is_empty();
        let waits = self.parts.get(&i).is_none_or(|part| part.pending > 0);
        if self.geometry.is_head(i) || i >= self.passed || is_open || waits { Ok(()) } else { self.ready(i) }
    }

    fn ready(&mut self, i: u64) -> Result<()> {
        let range = self.geometry.range(i);
        let chunks = self.parts.remove(&i).unwrap_or_default().into_memory()?;
        let number = u32::try_from(i + 1).map_err(|_| Error::unsupported("the file would have too many parts"))?;
        let size = if self.phase == Phase::Closed { range.end.min(self.end) } else { range.end } - range.start;
        let (chunk, counted) = (self.geometry.chunk(), !self.geometry.is_head(i));
        self.ready.push_back(Done { number, offset: range.start, size, chunk, chunks, counted });
        Ok(())
    }

    /// Nothing more is written: passes on all that is left. Length of the file, and how many parts it has.
    pub(super) fn close(&mut self) -> Result<(u64, u32)> {
        let last = self.passed.checked_sub(1).filter(|last| !self.geometry.is_head(*last));
        if self.pending > 0 || last.is_some_and(|last| self.geometry.range(last).end > self.end) {
            return Err(broken(self.end, "never, though it was foretold"));
        }
        self.phase = Phase::Closed;
        let count = if self.end == 0 { 0 } else { self.geometry.part_at(self.end - 1) + 1 };
        for i in 0..count {
            if i >= self.passed || self.parts.contains_key(&i) {
                self.ready(i)?;
            }
        }
        Ok((self.end, u32::try_from(count).map_err(|_| Error::unsupported("the file has too many parts"))?))
    }
}

/// Memory that holds zeros.
fn fresh(len: usize) -> Result<Box<[u8]>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(len).map_err(|_| Error::out_of_memory(len as u64))?;
    memory.resize(len, 0);
    Ok(memory.into_boxed_slice())
}

fn contains(outer: &Range<u64>, inner: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
