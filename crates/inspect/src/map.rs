//! Where on a disk there is something, in so many buckets.

use crate::unused::unused;
use facts::DiskMap;
use std::ops::Range;
use storage::{ErrorKind, Extents, ReadAt as _, Result, Source, State};

/// Entries of a map, at most; a picture is seldom wider.
const BUCKETS: u64 = 512;
/// A bucket is no smaller.
const SMALLEST: u64 = 64 << 10;
/// Runs that are looked at. A disk in more pieces than that is not drawn to its end.
const MAX_RUNS: usize = 4 << 20;

/// The map of a disk. An error is a failure of this machine; what is damaged is drawn as stored.
pub fn map(disk: &Source) -> Result<DiskMap> {
    let size = disk.size();
    let bucket = size.div_ceil(BUCKETS).max(SMALLEST).next_multiple_of(512);
    let (mut stored, mut free) = (Sums::new(size, bucket), Sums::new(size, bucket));
    for extent in Extents::new(disk).take(MAX_RUNS) {
        match extent {
            Ok(extent) if extent.state != State::Unmapped => stored.add(&extent.range),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(_) => break,
        }
    }
    match unused(disk) {
        Ok(found) => found.ranges.iter().for_each(|range| free.add(range)),
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        // A disk that cannot be divided has nothing that is marked free.
        Err(_) => {}
    }
    Ok(DiskMap { bucket, stored: stored.percent(), free: free.percent() })
}

/// Bytes in each bucket.
struct Sums {
    size: u64,
    bucket: u64,
    bytes: Vec<u64>,
}

impl Sums {
    fn new(size: u64, bucket: u64) -> Self {
        let count = usize::try_from(size.div_ceil(bucket)).unwrap_or(0);
        Sums { size, bucket, bytes: vec![0; count] }
    }

    fn add(&mut self, range: &Range<u64>) {
        let mut at = range.start;
        let end = range.end.min(self.size);
        while at < end {
            let index = at / self.bucket;
            let next = ((index + 1) * self.bucket).min(end);
            if let Some(sum) = usize::try_from(index).ok().and_then(|index| self.bytes.get_mut(index)) {
                *sum += next - at;
            }
            at = next;
        }
    }

    fn percent(&self) -> Vec<u8> {
        let mut left = self.size;
        let percent = |bytes: &u64| {
            let whole = left.min(self.bucket);
            left -= whole;
            // A little is not nothing, and almost all is not all.
            let share = bytes.saturating_mul(100) / whole.max(1);
            u8::try_from(if *bytes > 0 { share.clamp(1, 100) } else { 0 }).unwrap_or(100)
        };
        self.bytes.iter().map(percent).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn buckets_hold_what_lies_in_them() {
        let mut sums = Sums::new(250, 100);
        sums.add(&(50..120));
        sums.add(&(240..400));
        assert_eq!(sums.percent(), [50, 20, 20]);
        sums.add(&(0..0));
        assert_eq!(Sums::new(0, 100).percent(), [0_u8; 0]);
    }

    #[test]
    fn a_disk_without_volumes_is_stored_and_not_free() {
        let disk: Source = Arc::new(vec![1_u8; 200 << 10]);
        let map = map(&disk).unwrap();
        assert_eq!((map.bucket, map.stored, map.free), (64 << 10, vec![100; 4], vec![0; 4]));
    }
}
