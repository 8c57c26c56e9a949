//! The first byte that differs, exactly.

use crate::disks::{Disk, LAYOUTS, Random, SIZES, content};
use convert::Comparison::{Differ, Same};
use convert::compare;
use storage::{Memory, WriteAt};

#[test]
fn the_same_content_in_any_two_layouts_is_the_same() {
    for (seed, size) in SIZES.into_iter().enumerate() {
        let bytes = content(size, 200 + seed as u64);
        for a in LAYOUTS {
            for b in LAYOUTS {
                let (a, b) = (Disk::new(bytes.clone(), a), Disk::new(bytes.clone(), b));
                assert_eq!(compare(&a, &b, 2, &()).unwrap(), Same, "{size} {:?} {:?}", a.layout, b.layout);
            }
        }
    }
}

#[test]
fn the_lowest_difference_is_found_whatever_the_threads_do() {
    let mut random = Random(1);
    for round in 0..150 {
        let size = 1 + random.below(6 << 20);
        let bytes = content(size, round);
        let mut other = bytes.clone();
        for _ in 0..=random.below(3) {
            let at = usize::try_from(random.below(size)).unwrap();
            other[at] = other[at].wrapping_add(1);
        }
        let expected = bytes.iter().zip(&other).position(|(a, b)| a != b).map_or(Same, |at| Differ(at as u64));
        let layout = |n: u64| LAYOUTS[usize::try_from(n).unwrap() % LAYOUTS.len()];
        let (a, b) = (Disk::new(bytes, layout(round)), Disk::new(other, layout(round / 5)));
        for workers in [1, 2, 5] {
            assert_eq!(compare(&a, &b, workers, &()).unwrap(), expected, "round {round}");
            assert_eq!(compare(&b, &a, workers, &()).unwrap(), expected, "round {round}");
        }
    }
}

#[test]
fn the_rest_of_the_longer_one_must_be_zeros() {
    for (seed, size) in SIZES.into_iter().enumerate() {
        let bytes = content(size, 300 + seed as u64);
        for more in [1, 511, 70_000, 2_500_000] {
            let mut longer = bytes.clone();
            longer.resize(bytes.len() + more, 0);
            for layout in LAYOUTS {
                let (a, b) = (Disk::new(bytes.clone(), layout), Disk::new(longer.clone(), layout));
                assert_eq!(compare(&a, &b, 2, &()).unwrap(), Same);
                let mut ends = longer.clone();
                *ends.last_mut().unwrap() = 1;
                let expected = Differ(ends.len() as u64 - 1);
                assert_eq!(compare(&Disk::new(ends.clone(), layout), &a, 2, &()).unwrap(), expected);
                assert_eq!(compare(&a, &Disk::new(ends, layout), 2, &()).unwrap(), expected);
            }
        }
    }
}

#[test]
fn huge_empty_disks_are_compared_without_reading() {
    let (a, b) = (Memory::new(1 << 60), Memory::new((1 << 60) + 1));
    assert_eq!(compare(&a, &b, 0, &()).unwrap(), Same);
    b.write_at(&[1], 1 << 60).unwrap();
    a.write_at(&[3, 0, 5], 1 << 41).unwrap();
    b.write_at(&[3, 0, 4], 1 << 41).unwrap();
    assert_eq!(compare(&a, &b, 0, &()).unwrap(), Differ((1 << 41) + 2));
    assert_eq!(compare(&Memory::new(0), &Memory::new(0), 0, &()).unwrap(), Same);
}
