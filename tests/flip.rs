//! The whole way from bytes to report on fixtures with bytes flipped: nothing panics, nothing runs away.
//!
//! Seeded, so that a failure can be had again: the message says which fixture and which seed.

use crate::program::{in_tree, noise};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{Extents, ReadAt, Source};

const FIXTURES: [&str; 5] = ["tiny.raw", "tiny.qcow2", "tiny.vhd", "debian-like.qcow2", "broken.qcow2"];
const SEEDS: u64 = 250;
/// Far more than any needs; a walk without a bound needs for ever.
const LONG: Duration = Duration::from_secs(20);

/// Changes one to eight bytes, half of the time all of them near each other.
fn flip(bytes: &mut [u8], seed: u64) {
    let noise = noise(seed, 8 * 9);
    let word = |index: usize| u64::from_le_bytes(noise[index * 8..index * 8 + 8].try_into().expect("eight bytes"));
    let (count, near) = (word(8) % 8 + 1, word(8) & 0x100 != 0);
    let len = bytes.len() as u64;
    for index in 0..usize::try_from(count).expect("small") {
        let place = if near { word(0) % len + word(index) % 512 } else { word(index) };
        let place = usize::try_from(place % len).expect("in the file");
        bytes[place] ^= u8::try_from(word(index) >> 56).expect("eight bits").max(1);
    }
}

/// As `preflight` does it, and a look at every extent as `convert` would take.
fn judge(bytes: Vec<u8>) {
    let file: Source = Arc::new(bytes);
    let facts = match disk::open(file.clone(), None, &disk::Closed) {
        Ok(disk) => {
            for extent in Extents::new(&disk) {
                let Ok(extent) = extent else { break };
                let mut buf = vec![0; usize::try_from(extent.size().min(4096)).expect("small")];
                let _ = disk.read_at(&mut buf, extent.range.start);
            }
            inspect::inspect("disk", &file, &disk).expect("memory does not fail")
        }
        Err(error) => inspect::unreadable("disk", &file, &error),
    };
    let report = preflight::check(&facts, &preflight::Target::default());
    let mut out = Vec::new();
    for name in ["text", "json"] {
        let reporter = report::reporter(name).expect("there is one");
        reporter
            .write(&[report::Judged { report: &report, facts: &facts }], &report::Style::default(), &mut out)
            .expect("memory does not fail");
    }
    assert!(!out.contains(&0x1b), "an escape sequence came through");
}

#[test]
fn flipped_bytes_never_panic_and_always_end() {
    for name in FIXTURES {
        let original = std::fs::read(in_tree("fixtures").join(name)).expect("the fixture");
        judge(original.clone());
        for seed in 0..SEEDS {
            let mut bytes = original.clone();
            flip(&mut bytes, seed + 1);
            let begun = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| judge(bytes)));
            assert!(outcome.is_ok(), "{name} with seed {seed}");
            assert!(begun.elapsed() < LONG, "{name} with seed {seed} took {:?}", begun.elapsed());
        }
    }
}

/// Cut anywhere, an image gives a verdict that is not "ready", or is refused.
#[test]
fn a_cut_image_is_never_ready() {
    for name in ["debian-like.qcow2", "tiny.vhd"] {
        let original = std::fs::read(in_tree("fixtures").join(name)).expect("the fixture");
        for end in (0..original.len()).step_by(original.len() / 64) {
            let file: Source = Arc::new(original[..end].to_vec());
            let facts = match disk::open(file.clone(), None, &disk::Closed) {
                Ok(disk) => inspect::inspect("disk", &file, &disk).expect("memory does not fail"),
                Err(error) => inspect::unreadable("disk", &file, &error),
            };
            let report = preflight::check(&facts, &preflight::Target::default());
            assert_ne!(report.verdict, preflight::Verdict::Ready, "{name} cut at {end}");
        }
    }
}
