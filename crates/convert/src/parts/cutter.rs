//! The target: threads write into it, and others take out what is whole.

use super::Part;
use super::cut::Cut;
use super::part::Done;
use super::state::{Claim, Phase, State};
use crate::crew::lock;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use storage::{Error, Result, Turn, WriteAt, is_zero, to_usize};

/// A file that is passed on in parts.
pub(super) struct Cutter {
    state: Mutex<State>,
    least: u64,
    /// There is room, or there will be none.
    room: Condvar,
    /// There is a part, or there will be none.
    ready: Condvar,
}

impl Cutter {
    pub(super) fn new(cut: &Cut) -> Result<Self> {
        let (state, least) = (Mutex::new(State::new(cut)?), Cut::least_memory(cut.part_size));
        Ok(Cutter { state, least, room: Condvar::new(), ready: Condvar::new() })
    }

    /// The next part that is whole; waits for it. None where there will be no more.
    pub(super) fn next(&self) -> Option<Part<'_>> {
        let waits = |state: &mut State| state.phase == Phase::Open && state.ready.is_empty();
        let mut state = self.ready.wait_while(lock(&self.state), waits).unwrap_or_else(PoisonError::into_inner);
        let done: Done = state.ready.pop_front()?;
        state.taken += 1;
        Some(Part { cutter: self, done })
    }

    /// A part is not needed any more, and its memory, which holds zeros, is free for `room` chunks.
    pub(super) fn let_go(&self, chunks: Vec<Box<[u8]>>, room: usize) {
        let mut state = lock(&self.state);
        state.taken -= 1;
        state.used -= room as u64;
        if room > 0 {
            state.free.extend(chunks);
        }
        drop(state);
        self.room.notify_all();
    }

    /// There will be no file: nobody takes its parts, or makes it.
    pub(super) fn fail(&self) {
        let mut state = lock(&self.state);
        state.phase = Phase::Failed;
        state.ready.clear();
        drop(state);
        self.room.notify_all();
        self.ready.notify_all();
    }

    /// The file is complete. Its length, and how many parts it has.
    pub(super) fn close(&self) -> Result<(u64, u32)> {
        let closed = self.opened().and_then(|mut state| state.close());
        self.ready.notify_all();
        closed
    }

    fn opened(&self) -> Result<MutexGuard<'_, State>> {
        let state = lock(&self.state);
        // Never shown: what the others failed with is.
        if state.phase == Phase::Open { Ok(state) } else { Err(Error::interrupted()) }
    }

    /// Fails for all where one did.
    fn or_fail<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.fail();
        }
        result
    }

    /// Gives a range within part `i` its memory; waits until there is some.
    fn make_room<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        i: u64,
        range: &Range<u64>,
    ) -> Result<MutexGuard<'s, State>> {
        while let Some(chunk) = state.missing(i, range)? {
            while !state.has_room(i) {
                if !state.may_have_room() {
                    let what = "the memory for parts is full of parts that cannot become whole; write to a file";
                    return Err(Error::refused(what));
                }
                state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
                if state.phase != Phase::Open {
                    return Err(Error::interrupted());
                }
            }
            state.add(i, chunk)?;
        }
        Ok(state)
    }

    fn tell(&self, writes: &[Range<u64>], open: Range<u64>, end: u64) -> Result<()> {
        let mut state = self.opened()?;
        for (i, range) in state.check_told(writes, end)? {
            state = self.make_room(state, i, &range)?;
        }
        state.tell(writes, open, end)?;
        self.call(&state);
        Ok(())
    }

    /// The memory for bytes within part `i`; none where they need none.
    fn begin(&self, i: u64, range: &Range<u64>, bytes: &[u8]) -> Result<Option<Vec<Claim>>> {
        let mut state = self.opened()?;
        let told = state.was_told(i, range)?;
        if !told {
            if state.is_bare(i, range)? && is_zero(bytes) {
                state.lengthen(range.end);
                return Ok(None);
            }
            state = self.make_room(state, i, range)?;
        }
        state.claim(i, range, told).map(Some)
    }

    fn write(&self, i: u64, range: &Range<u64>, bytes: &[u8]) -> Result<()> {
        let Some(claims) = self.begin(i, range, bytes)? else { return Ok(()) };
        let mut rest = bytes;
        for (chunk, within) in claims {
            let (now, behind) = rest.split_at(within.len());
            lock(&chunk)[within].copy_from_slice(now);
            rest = behind;
        }
        let mut state = self.opened()?;
        state.written(i, bytes.len() as u64)?;
        self.call(&state);
        Ok(())
    }

    /// Wakes those for whom there is something new.
    fn call(&self, state: &State) {
        if !state.ready.is_empty() {
            self.ready.notify_all();
        }
        if !state.may_have_room() {
            self.room.notify_all();
        }
    }

    fn write_all(&self, buf: &[u8], offset: u64) -> Result<()> {
        let end = offset.checked_add(buf.len() as u64).ok_or_else(|| Error::out_of_memory(u64::MAX))?;
        let geometry = lock(&self.state).geometry;
        geometry.split(offset..end).try_for_each(|(i, range)| {
            let start = to_usize(range.start - offset)?;
            self.write(i, &range, &buf[start..start + to_usize(range.end - range.start)?])
        })
    }
}

impl WriteAt for Cutter {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.or_fail(self.write_all(buf, offset))
    }

    /// The order of the disk is that of the file.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        let range = |&(offset, bytes): &(u64, &[u8])| offset..offset.saturating_add(bytes.len() as u64);
        let writes: Vec<_> = pieces.iter().map(range).collect();
        let end = writes.last().map_or(0, |last| last.end);
        turn.take(&mut || self.foretell(&writes, end..end, end))?;
        pieces.iter().try_for_each(|&(offset, bytes)| self.write_at(bytes, offset))
    }

    fn reserve(&self, range: Range<u64>) -> Result<()> {
        self.or_fail(self.opened().and_then(|mut state| state.reserve(&range, self.least)))
    }

    fn foretell(&self, writes: &[Range<u64>], open: Range<u64>, end: u64) -> Result<()> {
        self.or_fail(self.tell(writes, open, end))
    }

    /// Where nothing was written, zeros are.
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        Err(Error::unsupported("what is passed on in parts is zeros from the start, and cannot be made so again"))
    }

    /// The parts that are left are whole when all writers are done, not one of them.
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
