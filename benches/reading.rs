//! Reading a file by `pread` into a buffer that is used again: what size of read is best, and what the copy costs beside
//! hashing bytes that are in memory already.
//!
//! Bootworthy does not map files, though a mapping would save that copy:
//!
//! - A mapped file that is truncated by another process kills the reader by a signal (SIGBUS) that safe code cannot
//!   turn into an error. The images that are read lie on network filesystems and are written by other programs.
//! - An I/O error does the same, where `pread` returns it with its cause.
//! - What a mapped image holds can change between the check of a field and its use; a buffer holds still.
//! - Mapping needs `unsafe`, which the whole workspace forbids.
//!
//! The last row is the bound: no way of reading can be faster than having read.

#![allow(missing_docs, reason = "criterion's macro writes the entry point")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use storage::{File, ReadAt};

const SIZE: usize = 256 << 20;

fn reading(c: &mut Criterion) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), vec![7; SIZE]).expect("a temporary file");
    let source = File::open(file.path()).expect("just written");
    let mut group = c.benchmark_group("read and hash 256 MiB");
    group.throughput(Throughput::Bytes(SIZE as u64)).sample_size(10);
    for piece in [64 << 10, 256 << 10, 1 << 20, 4 << 20] {
        let mut buffer = vec![0; piece];
        group.bench_function(format!("pread of {} KiB", piece >> 10), |b| {
            b.iter(|| {
                let mut hasher = blake3::Hasher::new();
                for offset in (0..SIZE).step_by(piece) {
                    source.read_at(&mut buffer, offset as u64).expect("the file is there");
                    hasher.update(&buffer);
                }
                black_box(hasher.finalize())
            });
        });
    }
    let bytes = vec![7; SIZE];
    group.bench_function("nothing", |b| b.iter(|| blake3::hash(black_box(&bytes))));
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
