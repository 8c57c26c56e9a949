//! What identity costs: the search for zeros and the hash, over bytes in memory, and over holes.

#![allow(missing_docs, reason = "criterion's macro writes the entry point")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use storage::{Memory, WriteAt, is_zero};

const SIZE: usize = 16 << 20;

fn zero_scan(c: &mut Criterion) {
    let mut group = c.benchmark_group("is_zero");
    let zeros = vec![0; SIZE];
    for piece in [512, 4096, 65_536] {
        group.throughput(Throughput::Bytes(SIZE as u64));
        group.bench_function(format!("zeros by {piece}"), |b| {
            b.iter(|| black_box(&zeros).chunks(piece).filter(|piece| is_zero(piece)).count());
        });
    }
    let ones = vec![1; SIZE];
    group.bench_function("data by 4096", |b| {
        b.iter(|| black_box(&ones).chunks(4096).filter(|piece| is_zero(piece)).count());
    });
    group.finish();
}

fn digest(c: &mut Criterion) {
    let mut group = c.benchmark_group("digest");
    let data: Vec<u8> = (0..SIZE / 4).flat_map(|n| (n as u64).to_le_bytes().into_iter().take(4)).collect();
    group.throughput(Throughput::Bytes(SIZE as u64));
    group.bench_function("data, one thread", |b| b.iter(|| convert::digest(black_box(&data), 1, &()).expect("memory")));
    group.bench_function("stored zeros, one thread", |b| {
        let zeros = vec![0; SIZE];
        b.iter(|| convert::digest(black_box(&zeros), 1, &()).expect("memory"));
    });
    // The bound that the tree and the scan are measured against: BLAKE3 with nothing around it.
    group.bench_function("BLAKE3 alone", |b| b.iter(|| blake3::hash(black_box(&data))));
    group.finish();
    c.bench_function("digest of an empty petabyte", |b| {
        let empty = Memory::new(1 << 50);
        b.iter(|| convert::digest(black_box(&empty), 0, &()).expect("memory"));
    });
    c.bench_function("digest of 256 single bytes far apart", |b| {
        let sparse = || {
            let memory = Memory::new(1 << 40);
            (0..256).for_each(|i| memory.write_at(&[1], i << 32).expect("in range"));
            memory
        };
        b.iter_batched_ref(sparse, |sparse| convert::digest(sparse, 1, &()).expect("memory"), BatchSize::LargeInput);
    });
}

criterion_group!(benches, zero_scan, digest);
criterion_main!(benches);
