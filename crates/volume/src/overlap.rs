//! Ranges that share something.

use std::ops::Range;

/// Pairs of numbers whose ranges overlap: every range that begins before another one ends is named once, beside the one
/// that reaches farthest.
pub(crate) fn overlaps(mut ranges: Vec<(u32, Range<u64>)>) -> Vec<(u32, u32)> {
    ranges.retain(|(_, range)| !range.is_empty());
    ranges.sort_by_key(|(number, range)| (range.start, *number));
    let mut farthest: Option<(u32, u64)> = None;
    let mut pairs = Vec::new();
    for (number, range) in ranges {
        match farthest {
            Some((other, end)) if range.start < end => pairs.push((other, number)),
            _ => {}
        }
        if farthest.is_none_or(|(_, end)| range.end > end) {
            farthest = Some((number, range.end));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_overlapping_range_is_named_once() {
        assert_eq!(overlaps(vec![(1, 0..10), (2, 10..20), (3, 20..20)]), []);
        assert_eq!(overlaps(vec![(3, 5..6), (1, 0..10), (2, 9..20), (4, 19..21)]), [(1, 3), (1, 2), (2, 4)]);
    }
}
