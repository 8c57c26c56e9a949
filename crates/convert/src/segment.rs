//! The bytes that one thread has in hand.

use crate::digest::{CHUNK, SEGMENT, SEGMENT_CHUNKS, Tree, segment_hash};
use crate::plan::Task;
use std::ops::Range;
use std::sync::Mutex;
use storage::{Error, ReadAt, Result, to_usize};

/// What direct I/O wants memory to be aligned to.
const ALIGNMENT: usize = 4096;

/// The bytes of one segment; the buffer is used again for the next.
pub(crate) struct Segment {
    memory: Vec<u8>,
    /// Where the bytes begin in it: at an aligned address.
    start: usize,
    /// Which chunks hold data; the bytes of the others are old.
    loaded: [bool; SEGMENT_CHUNKS],
}

impl Segment {
    pub(crate) fn new() -> Result<Self> {
        let len = to_usize(SEGMENT)? + ALIGNMENT;
        let mut memory = Vec::new();
        memory.try_reserve_exact(len).map_err(|_| Error::out_of_memory(len as u64))?;
        memory.resize(len, 0);
        // Where no alignment can be had, direct I/O takes a detour.
        let start = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Ok(Segment { memory, start, loaded: [false; SEGMENT_CHUNKS] })
    }

    /// All bytes, those of chunks that were not loaded included.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[self.start..][..CHUNK * SEGMENT_CHUNKS]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..][..CHUNK * SEGMENT_CHUNKS]
    }

    fn chunks(&self) -> &[[u8; CHUNK]] {
        self.bytes().as_chunks().0
    }

    pub(crate) fn load(&mut self, source: &dyn ReadAt, task: &Task) -> Result<()> {
        self.loaded.fill(false);
        for range in &task.data {
            let part = within(task, range)?;
            self.prepare(&part);
            source.read_at(&mut self.bytes_mut()[part], range.start)?;
        }
        Ok(())
    }

    /// Chunks that `part` enters first and does not fill have zeros around it.
    fn prepare(&mut self, part: &Range<usize>) {
        for i in part.start / CHUNK..part.end.div_ceil(CHUNK) {
            let filled = part.start <= i * CHUNK && (i + 1) * CHUNK <= part.end;
            if !self.loaded[i] && !filled {
                self.clear(i);
            }
            self.loaded[i] = true;
        }
    }

    fn clear(&mut self, chunk: usize) {
        self.bytes_mut()[chunk * CHUNK..][..CHUNK].fill(0);
    }

    /// Adds the task's node to the tree, if it has data.
    pub(crate) fn hash_into(&self, tree: &Mutex<Tree>, task: &Task) {
        if !task.data.is_empty() {
            let chunks = self.chunks();
            let hash = segment_hash(|i| self.loaded[i].then_some(&chunks[i]));
            crate::crew::lock(tree).add(task.number, task.range.start / SEGMENT, hash);
        }
    }

    /// All bytes of the segment, with zeros where nothing was loaded.
    pub(crate) fn whole(&mut self) -> &[u8] {
        for i in 0..SEGMENT_CHUNKS {
            if !self.loaded[i] {
                self.clear(i);
                self.loaded[i] = true;
            }
        }
        self.bytes()
    }
}

/// A range of the disk as a range of the task's segment.
pub(crate) fn within(task: &Task, range: &Range<u64>) -> Result<Range<usize>> {
    Ok(to_usize(range.start - task.range.start)?..to_usize(range.end - task.range.start)?)
}
