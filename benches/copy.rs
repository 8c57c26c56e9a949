//! The copy engine from file to file, in the page cache, and the comparison of two files.

#![allow(missing_docs, reason = "criterion's macro writes the entry point")]

use convert::{Options, compare, copy};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::path::Path;
use storage::{File, NewFile};

const SIZE: u64 = 64 << 20;

/// Bytes without zeros in `path`, but for every `nth` block of 4 KiB; 0: none.
fn write(path: &Path, nth: usize) {
    let mut bytes: Vec<u8> =
        (0..SIZE / 8).flat_map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).to_le_bytes()).collect();
    if nth > 0 {
        bytes.chunks_mut(4096).step_by(nth).for_each(|block| block.fill(0));
    }
    std::fs::write(path, bytes).expect("a temporary file");
}

fn copying(c: &mut Criterion) {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("source");
    let mut group = c.benchmark_group("copy");
    group.throughput(Throughput::Bytes(SIZE)).sample_size(20);
    for (what, nth) in [("data", 0), ("every other block zeros", 2)] {
        write(&path, nth);
        let source = File::open(&path).expect("just written");
        for workers in [1, 2, 4] {
            let options = Options { workers, ..Options::default() };
            group.bench_function(format!("{what}, {workers} threads"), |b| {
                b.iter_batched_ref(
                    || NewFile::create(place.path().join("target"), true).expect("a new file"),
                    |target| copy(&source, target, &options, &()).expect("files"),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

fn comparing(c: &mut Criterion) {
    let place = tempfile::tempdir().expect("a temporary directory");
    let paths = [place.path().join("a"), place.path().join("b")];
    paths.iter().for_each(|path| write(path, 0));
    let [a, b] = paths.map(|path| File::open(path).expect("just written"));
    let mut group = c.benchmark_group("compare");
    group.throughput(Throughput::Bytes(SIZE)).sample_size(20);
    group.bench_function("two equal files", |bencher| bencher.iter(|| compare(&a, &b, 0, &()).expect("files")));
    group.finish();
}

criterion_group!(benches, copying, comparing);
criterion_main!(benches);
