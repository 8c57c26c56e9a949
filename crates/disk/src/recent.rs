//! What was unpacked last, for readers that take less than a cluster at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Clusters by a number of theirs, as many as fit into some memory.
#[derive(Debug)]
pub(crate) struct Recent {
    capacity: usize,
    /// The last used in front.
    clusters: Mutex<VecDeque<(u64, Arc<[u8]>)>>,
}

impl Recent {
    /// For clusters of `size` bytes: at least one, at most `most`, and no more than `memory` holds.
    pub(crate) fn new(size: usize, memory: usize, most: usize) -> Self {
        Recent { capacity: (memory / size).clamp(1, most), clusters: Mutex::default() }
    }

    pub(crate) fn get(&self, number: u64) -> Option<Arc<[u8]>> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let at = clusters.iter().position(|&(other, _)| other == number)?;
        let found = clusters.remove(at)?;
        clusters.push_front(found);
        clusters.front().map(|(_, cluster)| cluster.clone())
    }

    pub(crate) fn put(&self, number: u64, cluster: Arc<[u8]>) {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.truncate(self.capacity - 1);
        clusters.push_front((number, cluster));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let cache = Recent::new(8 << 20, 16 << 20, 512);
        let cluster: Arc<[u8]> = Arc::from([0u8; 4]);
        for number in [1, 2, 3] {
            cache.put(number, cluster.clone());
            assert!(cache.get(1).is_some() || number == 3);
        }
        assert!(cache.get(2).is_none() && cache.get(3).is_some());
        assert_eq!(cache.clusters.lock().unwrap().len(), 2);
    }
}
