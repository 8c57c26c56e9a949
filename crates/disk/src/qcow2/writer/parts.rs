//! Clusters of which parts were written: they wait until they are whole.

use std::collections::BTreeMap;
use std::ops::Range;

/// A cluster, with zeros where nothing was written.
pub(super) struct Part {
    pub(super) bytes: Box<[u8]>,
    /// What was written, in order, apart.
    written: Vec<Range<usize>>,
}

/// Waiting clusters by their number. Each takes a cluster's memory.
#[derive(Default)]
pub(super) struct Parts {
    parts: BTreeMap<u64, Part>,
}

impl Parts {
    /// Writes into a cluster of `cluster_size` bytes, and gives it back if its first `len` bytes are written by now.
    pub(super) fn add(
        &mut self,
        cluster: u64,
        at: usize,
        bytes: &[u8],
        len: usize,
        cluster_size: usize,
    ) -> Option<Box<[u8]>> {
        let fresh = || Part { bytes: vec![0; cluster_size].into(), written: Vec::new() };
        let part = self.parts.entry(cluster).or_insert_with(fresh);
        part.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        part.mark(at..at + bytes.len());
        if part.is_written(len) { self.parts.remove(&cluster).map(|part| part.bytes) } else { None }
    }

    /// The waiting cluster of that number.
    pub(super) fn get(&mut self, cluster: u64) -> Option<&mut Part> {
        self.parts.get_mut(&cluster)
    }

    /// No longer waits for these.
    pub(super) fn forget(&mut self, clusters: Range<u64>) {
        self.take(clusters);
    }

    /// Takes what waits of these.
    pub(super) fn take(&mut self, clusters: Range<u64>) -> BTreeMap<u64, Part> {
        if clusters.is_empty() {
            return BTreeMap::new();
        }
        let mut behind = self.parts.split_off(&clusters.start);
        let mut rest = behind.split_off(&clusters.end);
        self.parts.append(&mut rest);
        behind
    }
}

impl Part {
    fn is_written(&self, len: usize) -> bool {
        matches!(self.written.as_slice(), [all] if *all == (0..len))
    }

    fn mark(&mut self, range: Range<usize>) {
        self.written.push(range);
        self.written.sort_unstable_by_key(|range| range.start);
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(self.written.len());
        for range in self.written.drain(..) {
            match joined.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        self.written = joined;
    }
}
