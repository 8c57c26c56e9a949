//! What is read back is the disk that was copied, or the place is named.

use crate::disks::{Disk, LAYOUTS, Layout, Random, SIZES, content};
use convert::{Copied, Options, copy, digest, verify};
use std::sync::Arc;
use storage::{Memory, Padded, ReadAt, Source, WriteAt};

fn options(workers: usize) -> Options {
    Options { workers, ..Options::default() }
}

fn copied(bytes: &[u8], to: &Memory) -> Copied {
    copy(&Disk::new(bytes.to_vec(), Layout::Blocks(4096)), to, &options(2), &()).unwrap()
}

#[test]
fn a_copy_is_the_same_in_any_layout_and_at_any_length_from_its_own() {
    for (seed, size) in SIZES.into_iter().enumerate() {
        let bytes = content(size, 900 + seed as u64);
        for more in [0, 1, 511, 1 << 20, 3_000_001] {
            let target = Memory::new(size + more);
            let copied = copied(&bytes, &target);
            let verified = verify(&target, &copied, &options(3), &()).unwrap();
            assert_eq!((verified.difference(), verified.size), (None, size + more));
            assert_eq!(verified.digest, digest(&target, 1, &()).unwrap());
            // The digest of the result can be had from the source as well.
            let source: Source = Arc::new(bytes.clone());
            let padded = Padded::new(source, size + more).unwrap();
            assert_eq!(digest(&padded, 2, &()).unwrap(), verified.digest);
            let target = Memory::new(size + more);
            let longer = copy(&padded, &target, &options(2), &()).unwrap();
            assert_eq!(longer.digest, verified.digest);
        }
        for layout in LAYOUTS {
            let copied = copied(&bytes, &Memory::new(size));
            let verified = verify(&Disk::new(bytes.clone(), layout), &copied, &options(1), &()).unwrap();
            assert_eq!((verified.difference(), verified.digest), (None, copied.digest));
        }
    }
}

#[test]
fn one_byte_anywhere_is_found_within_its_megabyte() {
    let mut random = Random(5);
    for round in 0..60 {
        let size = 1 + random.below(9 << 20);
        let bytes = content(size, round);
        let copied = copied(&bytes, &Memory::new(size));
        let mut other = bytes.clone();
        other.resize(bytes.len() + usize::try_from(random.below(3 << 20)).unwrap(), 0);
        let mut places: Vec<u64> = (0..=random.below(3)).map(|_| random.below(other.len() as u64)).collect();
        places.sort_unstable();
        for place in &places {
            other[usize::try_from(*place).unwrap()] ^= 0x40;
        }
        places.dedup();
        // Twice the same place is no difference.
        let Some(first) = places.iter().find(|place| {
            let at = usize::try_from(**place).unwrap();
            bytes.get(at).copied().unwrap_or(0) != other[at]
        }) else {
            continue;
        };
        let verified = verify(&Disk::new(other, LAYOUTS[1]), &copied, &options(2), &()).unwrap();
        let differs = verified.differs.clone().unwrap();
        assert!(differs.contains(first) && differs.end - differs.start <= 1 << 20, "{first} {differs:?}");
        assert!(verified.difference().unwrap().contains(&differs.start.to_string()));
    }
}

#[test]
fn a_shorter_one_is_another_disk() {
    let mut bytes = content(3_000_000, 1);
    bytes[2_000_000..].fill(0);
    let copied = copied(&bytes, &Memory::new(3_000_000));
    for len in [0, 1_999_000, 2_000_000, 2_999_999] {
        let verified = verify(&bytes[..len].to_vec(), &copied, &options(2), &()).unwrap();
        assert_ne!(verified.differs, None, "{len}");
        assert_eq!(
            len == 0 || len >= 2_000_000,
            verified.difference().unwrap().contains("ends at byte"),
            "{verified:?}"
        );
    }
}

#[test]
fn huge_disks_are_no_trouble() {
    let size = 100 << 40;
    let source = Memory::new(size);
    for at in [5, 1 << 41, size - 1] {
        source.write_at(&[1], at).unwrap();
    }
    let target = Memory::new(size);
    let copied = copy(&source, &target, &options(2), &()).unwrap();
    assert_eq!(verify(&target, &copied, &options(2), &()).unwrap().difference(), None);
    target.write_at(&[2], (1 << 45) + 7).unwrap();
    let differs = verify(&target, &copied, &options(2), &()).unwrap().differs.unwrap();
    assert_eq!(differs, 1 << 45..(1 << 45) + (1 << 20));
    assert_eq!(target.size(), size);
}
