//! Sizes and speeds, ours and others', over the clusters of a file that are not all zero:
//! `cargo run --release -p bootworthy-deflate --example measure -- disk.raw`.
//!
//! What others make of a cluster counts as no more than the cluster: a disk image stores it as it is then. The speed is
//! that of the best of five rounds, in turns, by the time that this thread was running.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use deflate::{Compressor, Window};

const CLUSTER: usize = 65536;
const ROUNDS: usize = 5;

/// Appends what it makes of the first to the second.
type Compress = Box<dyn FnMut(&[u8], &mut Vec<u8>)>;

struct Contender {
    name: String,
    compress: Compress,
    size: usize,
    fastest: Duration,
}

impl Contender {
    fn new(name: impl Into<String>, compress: impl FnMut(&[u8], &mut Vec<u8>) + 'static) -> Self {
        Contender { name: name.into(), compress: Box::new(compress), size: 0, fastest: Duration::MAX }
    }

    fn ours(window: Window) -> Self {
        let mut compressor = Compressor::new(window);
        Contender::new(format!("ours, {window:?}"), move |input, output| compressor.compress(input, output))
    }

    fn zlib_rs(level: u32) -> Self {
        let mut compressor = flate2::Compress::new_with_window_bits(flate2::Compression::new(level), false, 12);
        Contender::new(format!("zlib-rs, 4 KiB, level {level}"), move |input, output| {
            compressor.reset();
            output.reserve(input.len() + 1000);
            compressor.compress_vec(input, output, flate2::FlushCompress::Finish).unwrap();
        })
    }

    fn libdeflate(level: i32) -> Self {
        let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(level).unwrap());
        Contender::new(format!("libdeflate, 32 KiB, level {level}"), move |input, output| {
            output.resize(compressor.deflate_compress_bound(input.len()), 0);
            let size = compressor.deflate_compress(input, output).unwrap();
            output.truncate(size);
        })
    }

    fn round(&mut self, clusters: &[&[u8]]) {
        let mut output = Vec::new();
        self.size = 0;
        let start = running_time();
        for cluster in clusters {
            output.clear();
            (self.compress)(cluster, &mut output);
            self.size += output.len().min(cluster.len());
        }
        self.fastest = self.fastest.min(running_time() - start);
    }
}

fn main() {
    let path = std::env::args().nth(1).expect("the file to compress");
    let bytes = std::fs::read(path).unwrap();
    let clusters: Vec<&[u8]> = bytes.chunks(CLUSTER).filter(|cluster| cluster.iter().any(|byte| *byte != 0)).collect();
    let total: usize = clusters.iter().map(|cluster| cluster.len()).sum();
    let mut contenders = [
        Contender::ours(Window::Small),
        Contender::ours(Window::Large),
        Contender::zlib_rs(3),
        Contender::zlib_rs(6),
        Contender::libdeflate(1),
        Contender::libdeflate(4),
    ];
    for _ in 0..ROUNDS {
        contenders.iter_mut().for_each(|contender| contender.round(&clusters));
    }
    println!("{total} bytes in {} clusters", clusters.len());
    for Contender { name, size, fastest, .. } in &contenders {
        let ratio = *size as f64 / total as f64;
        let speed = total as f64 / fastest.as_secs_f64() / 1e6;
        println!("{name:28} {size:12} {ratio:.4} {speed:7.1} MB/s");
    }
}

/// How long this thread was running, or where the kernel does not say, how long the program.
fn running_time() -> Duration {
    let of_thread = || {
        let status = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(status.split(' ').next()?.parse().ok()?))
    };
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    of_thread().unwrap_or_else(|| START.elapsed())
}
