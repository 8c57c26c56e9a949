//! The digest against a second implementation, written from the specification only.

use crate::disks::{Disk, LAYOUTS, Random, SIZES, content};
use convert::{Digest, Options, copy, digest};
use storage::{Memory, ReadAt, WriteAt};

fn h(key: &str, bytes: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    padded[..key.len()].copy_from_slice(key.as_bytes());
    *blake3::Hasher::new_keyed(&padded).update(bytes).finalize().as_bytes()
}

/// Node `index` of `level` over `bytes`, which are followed by zeros.
fn node(bytes: &[u8], level: usize, index: u64, zeros: &[[u8; 32]]) -> [u8; 32] {
    let start = u128::from(index) << (16 + level);
    if start >= bytes.len() as u128 && level < zeros.len() {
        return zeros[level];
    }
    if level == 0 {
        let mut chunk: Vec<u8> = bytes.iter().copied().skip(usize::try_from(start).unwrap()).take(65_536).collect();
        chunk.resize(65_536, 0);
        return h("bootworthy bw1 chunk", &chunk);
    }
    let (left, right) = (2 * index, 2 * index + 1);
    let both = [node(bytes, level - 1, left, zeros), node(bytes, level - 1, right, zeros)].concat();
    h("bootworthy bw1 node", &both)
}

fn naive(bytes: &[u8], size: u64) -> Digest {
    let mut zeros = Vec::new();
    for level in 0..48 {
        let zero = node(&[], level, 0, &zeros);
        zeros.push(zero);
    }
    let mut end = node(bytes, 48, 0, &zeros).to_vec();
    end.extend(size.to_le_bytes());
    Digest(h("bootworthy bw1 disk", &end))
}

#[test]
fn is_what_the_specification_says_in_every_layout() {
    for (seed, size) in SIZES.into_iter().enumerate() {
        let bytes = content(size, 100 + seed as u64);
        let expected = naive(&bytes, bytes.len() as u64);
        for layout in LAYOUTS {
            let source = Disk::new(bytes.clone(), layout);
            for workers in [1, 2, 7] {
                assert_eq!(digest(&source, workers, &()).unwrap(), expected, "{size} {layout:?} {workers}");
            }
        }
    }
}

#[test]
fn copying_gives_the_same_digest_whatever_is_skipped() {
    let bytes = content(9_999_999, 3);
    let expected = naive(&bytes, bytes.len() as u64);
    for layout in LAYOUTS {
        for (workers, sparse) in [(1, 0), (2, 512), (3, 4096), (4, 1 << 20)] {
            let target = Memory::new(9_999_999);
            let options = Options { workers, sparse, ..Options::default() };
            let copied = copy(&Disk::new(bytes.clone(), layout), &target, &options, &()).unwrap();
            assert_eq!(copied.digest, expected, "{layout:?} {options:?}");
            assert_eq!(digest(&target, 2, &()).unwrap(), expected);
        }
    }
}

/// Every power of two boundary of the upper tree is crossed by runs of zeros of every length.
#[test]
fn data_far_apart_on_huge_disks() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let size = (1 << 40) + random.below(1 << 50);
        let (memory, dense) = (Memory::new(size), Memory::new(size));
        for _ in 0..20 {
            dense.write_at(&[0], random.below(size)).unwrap();
        }
        for _ in 0..random.below(12) {
            let bits = random.below(50);
            let at = random.below(1 << bits).min(size - 1);
            memory.write_at(&[9], at).unwrap();
            dense.write_at(&[9], at).unwrap();
        }
        let expected = digest(&memory, 1, &()).unwrap();
        assert_eq!(digest(&memory, 3, &()).unwrap(), expected, "seed {seed}");
        assert_eq!(digest(&dense, 3, &()).unwrap(), expected, "seed {seed}");
    }
}

#[test]
fn one_bit_or_one_byte_more_is_another_disk() {
    let bytes = content(300_000, 8);
    let of = |bytes: Vec<u8>| digest(&bytes, 1, &()).unwrap();
    let mut other = bytes.clone();
    other[200_000] ^= 1;
    let mut longer = bytes.clone();
    longer.push(0);
    let all = [of(bytes), of(other), of(longer), of(vec![]), of(vec![0]), of(vec![0; 65_536]), of(vec![0; 65_537])];
    for (i, digest) in all.iter().enumerate() {
        assert!(!all[i + 1..].contains(digest), "{i}");
    }
}

/// The digest is published: once released, these never change.
#[test]
fn published_values() {
    #[derive(Debug)]
    struct Zeros(u64);
    impl ReadAt for Zeros {
        fn size(&self) -> u64 {
            self.0
        }
        fn read_at(&self, _: &mut [u8], _: u64) -> storage::Result<()> {
            panic!("holes are not read")
        }
        fn extent_at(&self, offset: u64) -> storage::Result<storage::Extent> {
            Ok(storage::Extent { range: offset..self.0, state: storage::State::Unmapped })
        }
    }
    let counting: Vec<u8> = (0..1_000_000u32).flat_map(u32::to_le_bytes).collect();
    let values = [
        (
            digest(&Zeros(0), 0, &()),
            naive(&[], 0),
            "bw1:b80654f251581111f54d64b5291143ae3de169fa2980b36267cf6685a9fe7cb5",
        ),
        (
            digest(&Zeros(1 << 40), 0, &()),
            naive(&[], 1 << 40),
            "bw1:062630a716de6132b51bd728f9e5cdc90871cfb3bac5b0054ebba3a5e16029ae",
        ),
        (
            digest(&Zeros(u64::MAX), 0, &()),
            naive(&[], u64::MAX),
            "bw1:1e91fddb77e01d677ea93fb9712e0c4248f4d5edb66e60421808d90a04bb7e6c",
        ),
        (
            digest(&counting, 0, &()),
            naive(&counting, 4_000_000),
            "bw1:678441134fd318d5bd3d6313e73c3853e6dcdcf4dd98a5564b23ac308ef368c7",
        ),
    ];
    for (digest, naive, text) in values {
        assert_eq!(digest.unwrap(), naive);
        assert_eq!(naive.to_string(), text);
    }
}

#[test]
fn reads_what_it_writes() {
    let digest = naive(b"disk", 4);
    assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
    let text = digest.to_string();
    let broken = [&text[1..], &text[..67], &text.to_uppercase(), &format!("{text}0"), &text.replace("bw1", "bw2"), ""];
    for wrong in broken {
        assert!(wrong.parse::<Digest>().is_err(), "{wrong:?}");
    }
    assert!(format!("bw1:{}", "é".repeat(32)).parse::<Digest>().is_err());
    assert!(format!("bw1:+{}", "0".repeat(63)).parse::<Digest>().is_err());
}
