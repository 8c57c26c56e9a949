//! Numbers of users, cluster by cluster, as runs of like numbers.

use std::ops::Range;

/// Runs of clusters with the same number of users, in order; what is in no run has none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    runs: Vec<(Range<u64>, u64)>,
}

impl Counts {
    /// Adds a run behind all others.
    pub(super) fn push(&mut self, clusters: Range<u64>, count: u64) {
        if count == 0 || clusters.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some((last, same)) if *same == count && last.end == clusters.start => last.end = clusters.end,
            _ => self.runs.push((clusters, count)),
        }
    }

    pub(super) fn get(&self, cluster: u64) -> u64 {
        let after = self.runs.partition_point(|(run, _)| run.start <= cluster);
        match after.checked_sub(1).map(|i| &self.runs[i]) {
            Some((run, count)) if run.contains(&cluster) => *count,
            _ => 0,
        }
    }

    /// The last cluster before `end` that has users.
    pub(super) fn last_before(&self, end: u64) -> Option<u64> {
        let runs = self.runs.partition_point(|(run, _)| run.start < end);
        let (run, _) = &self.runs[runs.checked_sub(1)?];
        Some(run.end.min(end) - 1)
    }

    /// Where two differ: the clusters, the number here, the number there.
    pub(super) fn differences(&self, other: &Self) -> Vec<(Range<u64>, u64, u64)> {
        let mut edges: Vec<u64> =
            [self, other].iter().flat_map(|counts| &counts.runs).flat_map(|(run, _)| [run.start, run.end]).collect();
        edges.sort_unstable();
        edges.dedup();
        let spans = edges.windows(2).map(|pair| (pair[0]..pair[1], self.get(pair[0]), other.get(pair[0])));
        spans.filter(|(_, here, there)| here != there).collect()
    }
}

/// Collects users in any order.
#[derive(Debug, Default)]
pub(super) struct Users {
    parts: Vec<(Range<u64>, u64)>,
}

impl Users {
    /// Adds `weight` users of each cluster.
    pub(super) fn add(&mut self, clusters: Range<u64>, weight: u64) {
        match self.parts.last_mut() {
            Some((last, same)) if *same == weight && last.end == clusters.start => last.end = clusters.end,
            _ if clusters.is_empty() => {}
            _ => self.parts.push((clusters, weight)),
        }
    }

    pub(super) fn count(self) -> Counts {
        let mut edges: Vec<(u64, i128)> = self
            .parts
            .iter()
            .flat_map(|(part, weight)| [(part.start, i128::from(*weight)), (part.end, -i128::from(*weight))])
            .collect();
        edges.sort_unstable();
        let mut counts = Counts::default();
        let (mut begun, mut users) = (0, 0i128);
        for (at, change) in edges {
            counts.push(begun..at, u64::try_from(users).unwrap_or(u64::MAX));
            begun = at;
            users += change;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_add_up_and_differences_are_found() {
        let mut users = Users::default();
        for (part, weight) in [(5..10, 1), (0..3, 1), (7..8, 2), (10..12, 1)] {
            users.add(part, weight);
        }
        let used = users.count();
        let numbers: Vec<_> = (0..13).map(|cluster| used.get(cluster)).collect();
        assert_eq!(numbers, [1, 1, 1, 0, 0, 1, 1, 3, 1, 1, 1, 1, 0]);
        let mut stored = Counts::default();
        stored.push(0..7, 1);
        stored.push(7..8, 3);
        stored.push(8..11, 1);
        assert_eq!(stored.differences(&used), [(3..5, 1, 0), (11..12, 0, 1)]);
        assert_eq!(used.differences(&used), []);
        assert_eq!(
            [0, 1, 3, 5, 6, 99].map(|end| used.last_before(end)),
            [None, Some(0), Some(2), Some(2), Some(5), Some(11)]
        );
    }
}
