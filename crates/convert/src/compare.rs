//! Where two disks differ.

use crate::crew::{self, Limits, Progress};
use crate::digest::SEGMENT;
use crate::plan::{Plan, Task};
use std::ops::Range;
use storage::{ReadAt, Result, to_usize};

/// How two disks compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Byte for byte the same. With different sizes, the rest of the longer one is zeros.
    Same,
    /// First byte that differs.
    Differ(u64),
}

/// Compares two disks; the end of the shorter is followed by zeros. What both know to be zeros is not read.
pub fn compare(a: &dyn ReadAt, b: &dyn ReadAt, workers: usize, progress: &dyn Progress) -> Result<Comparison> {
    let limits = Limits { workers, memory: u64::MAX };
    let found = crew::run(Plan::new(&[a, b], u64::MAX), limits, progress, || {
        let mut buffers = [Vec::new(), Vec::new()];
        Ok(move |task: &Task| {
            for range in &task.data {
                let [of_a, of_b] = &mut buffers;
                let (of_a, of_b) = (read(a, range, of_a)?, read(b, range, of_b)?);
                // Comparing whole slices is fast; only where they differ is it worth knowing where.
                if of_a != of_b {
                    let at = of_a.iter().zip(of_b).take_while(|(a, b)| a == b).count();
                    return Ok(Some(range.start + at as u64));
                }
            }
            Ok(None)
        })
    })?;
    Ok(found.map_or(Comparison::Same, Comparison::Differ))
}

/// The bytes of `range`, no longer than a segment, with zeros after the end of `source`.
fn read<'a>(source: &dyn ReadAt, range: &Range<u64>, buffer: &'a mut Vec<u8>) -> Result<&'a [u8]> {
    buffer.resize(to_usize(SEGMENT)?, 0);
    let bytes = &mut buffer[..to_usize(range.end - range.start)?];
    let there = source.size().clamp(range.start, range.end) - range.start;
    let (before, after) = bytes.split_at_mut(to_usize(there)?);
    if !before.is_empty() {
        source.read_at(before, range.start)?;
    }
    after.fill(0);
    Ok(bytes)
}
