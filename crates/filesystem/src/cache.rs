//! A small read-ahead cache, for parsers that read a few bytes at a time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use storage::{Extent, ReadAt, Result, Source, check_range};

/// Bytes fetched at once: a group of inodes, a directory, a stretch of a FAT.
const CHUNK: u64 = 64 << 10;
/// Chunks kept: 4 MiB in all.
const CHUNKS: usize = 64;

/// A source whose small reads go through aligned chunks of 64 KiB. Reads of a chunk or more pass straight through.
#[derive(Debug)]
pub(crate) struct Cached {
    source: Source,
    chunks: Mutex<Chunks>,
}

#[derive(Debug, Default)]
struct Chunks {
    /// By number; with the time of last use.
    kept: HashMap<u64, (u64, Vec<u8>)>,
    clock: u64,
}

impl Cached {
    pub(crate) fn new(source: Source) -> Self {
        Cached { source, chunks: Mutex::default() }
    }

    /// Copies from the chunk that holds `offset`; gives how many bytes that were.
    fn copy(&self, buf: &mut [u8], offset: u64) -> Result<usize> {
        let number = offset / CHUNK;
        let start = number * CHUNK;
        // A poisoned cache is still a cache: chunks are put in whole.
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.clock += 1;
        let now = chunks.clock;
        if !chunks.kept.contains_key(&number) {
            let len = CHUNK.min(self.source.size() - start);
            let chunk = storage::read_vec(&*self.source, start, len)?;
            if chunks.kept.len() >= CHUNKS
                && let Some(&oldest) = chunks.kept.iter().min_by_key(|(_, (used, _))| used).map(|(number, _)| number)
            {
                chunks.kept.remove(&oldest);
            }
            chunks.kept.insert(number, (now, chunk));
        }
        let Some((used, chunk)) = chunks.kept.get_mut(&number) else { return Ok(0) };
        *used = now;
        let from = storage::to_usize(offset - start)?;
        let len = buf.len().min(chunk.len() - from);
        buf[..len].copy_from_slice(&chunk[from..from + len]);
        Ok(len)
    }
}

impl ReadAt for Cached {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        if buf.len() as u64 >= CHUNK {
            return self.source.read_at(buf, offset);
        }
        while !buf.is_empty() {
            let len = self.copy(buf, offset)?;
            buf = &mut buf[len..];
            offset += len as u64;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.source.extent_at(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Debug, Default)]
    struct Counted(AtomicUsize);

    impl ReadAt for Counted {
        fn size(&self) -> u64 {
            CHUNK * 100 + 10
        }
        fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
            check_range(self.size(), offset, buf.len() as u64)?;
            self.0.fetch_add(1, Ordering::Relaxed);
            for (i, byte) in (offset..).zip(buf) {
                *byte = (i % 251) as u8;
            }
            Ok(())
        }
    }

    #[test]
    fn reads_the_same_bytes_in_fewer_reads() {
        let below = Arc::new(Counted::default());
        let cached = Cached::new(below.clone());
        for offset in (0..CHUNK * 2).step_by(1000) {
            let mut buf = [0; 1500];
            cached.read_at(&mut buf, offset).unwrap();
            assert!((offset..).zip(buf).all(|(i, byte)| byte == (i % 251) as u8));
        }
        assert_eq!(below.0.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn keeps_a_bounded_number_of_chunks_and_the_end_in_sight() {
        let cached = Cached::new(Arc::new(Counted::default()));
        for chunk in 0..=100 {
            cached.read_at(&mut [0; 5], chunk * CHUNK).unwrap();
        }
        assert_eq!(cached.chunks.lock().unwrap().kept.len(), CHUNKS);
        let mut tail = [0; 10];
        cached.read_at(&mut tail, CHUNK * 100).unwrap();
        assert_eq!(u64::from(tail[9]), (CHUNK * 100 + 9) % 251);
        assert!(cached.read_at(&mut tail, CHUNK * 100 + 1).is_err());
    }
}
