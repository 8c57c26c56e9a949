//! What is remembered of a disk that was copied, to say where another one differs.

use crate::digest::{Hash, SEGMENT, node, zero_node};
use std::ops::Range;

/// Nodes kept, at least 2: 64 GiB of data by the megabyte. What is more is kept by two megabytes, by four, and so on.
const MOST: usize = 1 << 16;

/// Nodes of one level of the tree, those over zeros left out.
#[derive(Clone, Debug)]
pub(crate) struct Checksums {
    /// Above that of the segments.
    level: u32,
    /// By index, ascending.
    nodes: Vec<(u64, Hash)>,
    most: usize,
}

impl Checksums {
    pub(crate) fn new() -> Self {
        Self::of_at_most(MOST)
    }

    fn of_at_most(most: usize) -> Self {
        Checksums { level: 0, nodes: Vec::new(), most }
    }

    /// Told every node of the tree as it becomes complete, first to last; those over zeros may be left out.
    pub(crate) fn note(&mut self, level: u32, index: u64, hash: &Hash) {
        if level != self.level || *hash == zero_node(level) {
            return;
        }
        self.nodes.push((index, *hash));
        let mut path = index;
        while self.nodes.len() > self.most {
            // The node above the last one is noted itself, now or when its right half is complete.
            while self.nodes.pop_if(|(last, _)| *last / 2 == path / 2).is_some() {}
            self.rise();
            path /= 2;
        }
    }

    /// Goes up one level.
    fn rise(&mut self) {
        let zeros = zero_node(self.level);
        let mut above: Vec<(u64, Hash)> = Vec::with_capacity(self.nodes.len() / 2 + 1);
        let mut rest = self.nodes.iter().peekable();
        while let Some((index, hash)) = rest.next() {
            let both = if index.is_multiple_of(2) {
                let right = rest.next_if(|(next, _)| *next == index + 1).map_or(&zeros, |(_, right)| right);
                node(hash, right)
            } else {
                node(&zeros, hash)
            };
            above.push((index / 2, both));
        }
        self.nodes = above;
        self.level += 1;
    }

    /// The first range in which the two differ. Both are complete.
    pub(crate) fn first_difference(mut self, mut other: Checksums) -> Option<Range<u64>> {
        while self.level < other.level {
            self.rise();
        }
        while other.level < self.level {
            other.rise();
        }
        let same = self.nodes.iter().zip(&other.nodes).take_while(|(a, b)| a == b).count();
        let [a, b] = [&self, &other].map(|all| all.nodes.get(same).map(|(index, _)| *index));
        // Where one has a node and the other has none, that one is zeros.
        let index = a.into_iter().chain(b).min()?;
        let size = SEGMENT << self.level;
        Some(index * size..(index + 1).saturating_mul(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Tree;

    /// The checksums of a disk whose segments at `indexes` hold data that depends on `salt`.
    fn of(indexes: &[u64], salt: u8, most: usize) -> Checksums {
        let mut tree = Tree::noting(Checksums::of_at_most(most));
        for (number, index) in (0u64..).zip(indexes) {
            tree.add(number, *index, [u8::try_from(index % 200).unwrap() + salt; 32]);
        }
        tree.end().1
    }

    #[test]
    fn the_first_difference_is_found_with_any_bound() {
        let disks: [Vec<u64>; 4] = [(0..100).collect(), (0..50).map(|i| i * i).collect(), vec![7], vec![]];
        for indexes in disks {
            for most in [2, 3, 10, 1000] {
                let whole = of(&indexes, 1, most);
                assert!(whole.nodes.len() <= most, "{} {most}", whole.nodes.len());
                assert_eq!(whole.clone().first_difference(of(&indexes, 1, 1000)), None);
                for without in 0..indexes.len() {
                    let mut other = indexes.clone();
                    let missing = other.remove(without) * SEGMENT;
                    for most in [2, 4, 1000] {
                        let found = whole.clone().first_difference(of(&other, 1, most)).unwrap();
                        assert!(found.contains(&missing), "{found:?} {missing}");
                        let found = of(&other, 1, most).first_difference(whole.clone()).unwrap();
                        assert!(found.contains(&missing), "{found:?} {missing}");
                    }
                }
                if let Some(first) = indexes.first() {
                    let found = whole.clone().first_difference(of(&indexes, 2, 1000)).unwrap();
                    assert!(found.contains(&(first * SEGMENT)), "{found:?}");
                }
            }
        }
    }
}
