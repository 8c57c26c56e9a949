//! Compressed clusters, packed to the byte as qemu does.
//!
//! Whole clusters are compressed by the thread that writes them, many at once. A cluster of which only parts were
//! written waits in memory, uncompressed, until it is whole, until [`finish`](WriteAt::finish), or until a later
//! segment is written: whoever writes in parts should write neighbours one after another. A cluster that was
//! compressed can be replaced as a whole only.

use super::bench::{Bench, written_already};
use super::packing::Packing;
use super::parts::Parts;
use super::pieces::Pieces;
use super::shape::Shape;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::{Result, Turn, WriteAt, check_range, to_usize};

/// Segments begin and end at multiples of this; larger clusters are put together from several.
const SEGMENT: u64 = 1 << 20;

/// Writes an image whose clusters are compressed.
pub(super) struct Packed {
    file: Arc<dyn WriteAt>,
    shape: Shape,
    state: Mutex<State>,
    /// Those that no thread uses just now.
    benches: Mutex<Vec<Bench>>,
}

struct State {
    packing: Packing,
    parts: Parts,
}

impl Packed {
    pub(super) fn new(file: Arc<dyn WriteAt>, shape: Shape) -> Result<Self> {
        let state = State { packing: Packing::new(&shape)?, parts: Parts::default() };
        file.reserve(0..shape.start())?;
        Ok(Packed { file, shape, state: Mutex::new(state), benches: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with a bench that is empty before and after. After an error it is not used again.
    fn with_bench(&self, work: impl FnOnce(&mut Bench) -> Result<()>) -> Result<()> {
        let benches = || self.benches.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = benches().pop();
        let mut bench = idle.map_or_else(|| Bench::new(self.shape.method), Ok)?;
        work(&mut bench)?;
        bench.write(&*self.file)?;
        benches().push(bench);
        Ok(())
    }

    /// Says where all of the bench and of `metadata` goes.
    fn foretell(&self, bench: &Bench, metadata: &Pieces) -> Result<()> {
        let writes: Vec<_> = bench.ranges().chain(metadata.ranges()).collect();
        let (open, end) = self.lock().packing.open();
        self.file.foretell(&writes, open, end)
    }

    /// Calls `each` with number, place within, and bytes of what `bytes` has of each cluster.
    fn split<'b>(
        &self,
        bytes: &'b [u8],
        offset: u64,
        mut each: impl FnMut(u64, u64, &'b [u8]) -> Result<()>,
    ) -> Result<()> {
        let (mut rest, mut at) = (bytes, offset);
        while !rest.is_empty() {
            let within = at % self.shape.cluster_size;
            let len = (self.shape.cluster_size - within).min(rest.len() as u64);
            let (part, after) = rest.split_at(to_usize(len)?);
            each(at / self.shape.cluster_size, within, part)?;
            (rest, at) = (after, at + len);
        }
        Ok(())
    }

    /// Length of what a cluster has of the disk.
    fn len(&self, cluster: u64) -> u64 {
        (self.shape.size - cluster * self.shape.cluster_size).min(self.shape.cluster_size)
    }

    /// The last cluster may be longer than the disk.
    fn padded<'b>(&self, part: &'b [u8]) -> Result<Cow<'b, [u8]>> {
        let size = to_usize(self.shape.cluster_size)?;
        if part.len() == size {
            return Ok(Cow::Borrowed(part));
        }
        let mut whole = part.to_vec();
        whole.resize(size, 0);
        Ok(Cow::Owned(whole))
    }

    /// Compresses the clusters that lie in a segment as a whole. What was not written of them is zeros.
    fn compress(&self, pieces: &[(u64, &[u8])], bench: &mut Bench) -> Result<()> {
        let mut begun: Option<(u64, Vec<u8>)> = None;
        for (offset, bytes) in pieces {
            self.split(bytes, *offset, |cluster, within, part| {
                if begun.as_ref().is_some_and(|(number, _)| *number != cluster)
                    && let Some((number, whole)) = begun.take()
                {
                    bench.add(number, &whole)?;
                }
                if part.len() as u64 == self.shape.cluster_size {
                    return bench.add(cluster, part);
                }
                let size = to_usize(self.shape.cluster_size)?;
                let (_, whole) = begun.get_or_insert_with(|| (cluster, vec![0; size]));
                whole[to_usize(within)?..][..part.len()].copy_from_slice(part);
                Ok(())
            })?;
        }
        match begun {
            Some((number, whole)) => bench.add(number, &whole),
            None => Ok(()),
        }
    }

    /// Puts clusters together that are larger than a segment.
    fn gather(&self, pieces: &[(u64, &[u8])], state: &mut State, bench: &mut Bench) -> Result<()> {
        pieces.iter().try_for_each(|(offset, bytes)| {
            self.split(bytes, *offset, |cluster, within, part| self.add_part(state, cluster, within, part, bench))
        })
    }

    /// Keeps a part of a cluster; the last makes it go to the bench.
    fn add_part(&self, state: &mut State, cluster: u64, within: u64, part: &[u8], bench: &mut Bench) -> Result<()> {
        if state.packing.holds(cluster)? {
            return Err(written_already(cluster));
        }
        let (len, size) = (to_usize(self.len(cluster))?, to_usize(self.shape.cluster_size)?);
        match state.parts.add(cluster, to_usize(within)?, part, len, size) {
            Some(whole) => bench.add(cluster, &whole),
            None => Ok(()),
        }
    }
}

impl WriteAt for Packed {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.shape.size, offset, buf.len() as u64)?;
        self.with_bench(|bench| {
            self.split(buf, offset, |cluster, within, part| {
                if part.len() as u64 == self.len(cluster) {
                    self.lock().parts.forget(cluster..cluster + 1);
                    return bench.add(cluster, &self.padded(part)?);
                }
                self.add_part(&mut self.lock(), cluster, within, part, bench)
            })?;
            bench.place(&mut self.lock().packing)?;
            self.foretell(bench, &Pieces::default())
        })
    }

    /// In its turn, what was written before a segment is whole, and gets a place if it has none.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        pieces.iter().try_for_each(|(offset, bytes)| check_range(self.shape.size, *offset, bytes.len() as u64))?;
        let Some((start, _)) = pieces.first() else { return Ok(()) };
        let (first, large) = (start / self.shape.cluster_size, self.shape.cluster_size > SEGMENT);
        let mut metadata = Pieces::default();
        self.with_bench(|bench| {
            if !large {
                self.compress(pieces, bench)?;
            }
            turn.take(&mut || {
                let mut state = self.lock();
                bench.refuse_known(&state.packing)?;
                for (cluster, part) in state.parts.take(0..first) {
                    bench.add(cluster, &part.bytes)?;
                }
                if large {
                    self.gather(pieces, &mut state, bench)?;
                }
                bench.place(&mut state.packing)?;
                metadata = state.packing.pass(first)?;
                // To foretell may take its time.
                drop(state);
                self.foretell(bench, &metadata)
            })
        })?;
        metadata.write(&*self.file)
    }

    /// What was never written is zeros already.
    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.shape.size, range.start, range.end.saturating_sub(range.start))?;
        let size = self.shape.cluster_size;
        let mut state = self.lock();
        // From the first to the last cluster that lies in it as a whole.
        let whole = range.start.div_ceil(size)..if range.end == self.shape.size {
            self.shape.clusters()
        } else {
            range.end / size
        };
        state.parts.forget(whole.clone());
        state.packing.forget_all(whole.clone())?;
        for cluster in [range.start / size, range.end / size] {
            let (start, end) = (range.start.max(cluster * size), range.end.min((cluster + 1) * size));
            if whole.contains(&cluster) || start >= end {
                continue;
            }
            if state.packing.holds(cluster)? {
                return Err(written_already(cluster));
            }
            if let Some(part) = state.parts.get(cluster) {
                part.bytes[to_usize(start - cluster * size)?..to_usize(end - cluster * size)?].fill(0);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let waiting = self.lock().parts.take(0..u64::MAX);
        for (cluster, part) in waiting {
            self.with_bench(|bench| {
                bench.add(cluster, &part.bytes)?;
                bench.place(&mut self.lock().packing)?;
                self.foretell(bench, &Pieces::default())
            })?;
        }
        let Packed { file, shape, state, .. } = *self;
        state.into_inner().unwrap_or_else(PoisonError::into_inner).packing.finish(&*file, &shape)
    }
}
