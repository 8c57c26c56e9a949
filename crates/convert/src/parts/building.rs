//! A part that is not whole yet.

use std::sync::{Arc, Mutex, PoisonError};
use storage::{Error, Result};

/// Some bytes of a part. Threads write to different places in it.
pub(super) type Chunk = Arc<Mutex<Box<[u8]>>>;

/// What there is of a part.
#[derive(Debug, Default)]
pub(super) struct Building {
    /// By number; nothing where all is zeros.
    chunks: Vec<Option<Chunk>>,
    /// Bytes that will be written, or are just now.
    pub(super) pending: u64,
}

impl Building {
    pub(super) fn chunk(&self, number: usize) -> Option<&Chunk> {
        self.chunks.get(number)?.as_ref()
    }

    /// Adds memory, which holds zeros.
    pub(super) fn add(&mut self, number: usize, memory: Box<[u8]>) {
        if self.chunks.len() <= number {
            self.chunks.resize(number + 1, None);
        }
        self.chunks[number] = Some(Arc::new(Mutex::new(memory)));
    }

    /// The memory, when nobody writes to it.
    pub(super) fn into_memory(self) -> Result<Vec<Option<Box<[u8]>>>> {
        let memory = |chunk: Option<Chunk>| {
            let Some(chunk) = chunk else { return Ok(None) };
            let chunk = Arc::into_inner(chunk)
                .ok_or_else(|| Error::unsupported("a part is still written to that was said to be whole"))?;
            Ok(Some(chunk.into_inner().unwrap_or_else(PoisonError::into_inner)))
        };
        self.chunks.into_iter().map(memory).collect()
    }
}
