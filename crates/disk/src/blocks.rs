//! Blocks of a disk that ranges of it touch.

use crate::Ranges;
use storage::Result;

/// How many blocks of each of `sizes` the ranges touch, which are in order and apart.
pub(crate) fn count(data: &mut Ranges<'_>, sizes: &[u64]) -> Result<Vec<u64>> {
    let mut counts = vec![0; sizes.len()];
    // One behind the last block that was counted.
    let mut ends = vec![0; sizes.len()];
    for range in data {
        let range = range?;
        for ((count, end), size) in counts.iter_mut().zip(&mut ends).zip(sizes) {
            let (first, behind) = ((range.start / size).max(*end), range.end.div_ceil(*size));
            *count += behind.saturating_sub(first);
            *end = behind.max(*end);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_counted_once() {
        let ranges = [0..1, 5..10, 9..9, 25..26, 29..31, 40..1 << 60];
        let counts = count(&mut ranges.into_iter().filter(|range| !range.is_empty()).map(Ok), &[10, 1 << 62]).unwrap();
        // 0, 2, 3, and from 4 on.
        assert_eq!(counts, [3 + (1u64 << 60).div_ceil(10) - 4, 1]);
        assert_eq!(count(&mut std::iter::empty(), &[1]).unwrap(), [0]);
    }
}
