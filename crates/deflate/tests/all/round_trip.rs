//! What goes in comes out, whoever reads it, within the window, and the same every time.

use deflate::{Compressor, Window};
use flate2::{Decompress, FlushDecompress, Status};

use crate::samples::{self, Random};
use crate::strict;

/// Both windows, with compressors that are used again and again.
struct Both(Vec<(Compressor, Window, usize)>);

impl Both {
    fn new() -> Self {
        Both(
            [(Window::Small, 1 << 12), (Window::Large, 1 << 15)]
                .map(|(window, size)| (Compressor::new(window), window, size))
                .into(),
        )
    }

    fn check(&mut self, name: &str, input: &[u8]) {
        for (compressor, window, size) in &mut self.0 {
            let name = format!("{name}, {} bytes, {window:?}", input.len());
            let mut output = b"before".to_vec();
            compressor.compress(input, &mut output);
            assert_eq!(&output[..6], b"before", "{name}");
            let stream = &output[6..];
            let mut fresh = Vec::new();
            Compressor::new(*window).compress(input, &mut fresh);
            assert!(fresh == stream, "{name}: a fresh compressor makes something else");
            assert!(stream.len() <= input.len() + 5 * (input.len() / 32768 + 2), "{name}: {} bytes", stream.len());
            assert!(strict::inflate(stream, *size).expect(&name) == input, "{name}: strict");
            assert!(libdeflate(stream, input.len()) == input, "{name}: libdeflate");
            assert!(zlib(stream, input.len(), size.ilog2() as u8) == input, "{name}: zlib");
        }
    }
}

fn libdeflate(stream: &[u8], length: usize) -> Vec<u8> {
    let mut output = vec![0; length];
    let got = libdeflater::Decompressor::new().deflate_decompress(stream, &mut output).expect("libdeflate reads it");
    assert_eq!(got, length);
    output
}

fn zlib(stream: &[u8], length: usize, window_bits: u8) -> Vec<u8> {
    // In small portions, so that copies must come from the window of the reader and not from the output.
    let mut inflater = Decompress::new_with_window_bits(false, window_bits);
    let mut output = Vec::with_capacity(length + 1);
    let mut portion = [0; 1000];
    loop {
        let (read, written) = (inflater.total_in() as usize, output.len());
        let status = inflater.decompress(&stream[read..], &mut portion, FlushDecompress::None).expect("zlib reads it");
        output.extend_from_slice(&portion[..inflater.total_out() as usize - written]);
        if status == Status::StreamEnd {
            assert_eq!(inflater.total_in() as usize, stream.len());
            return output;
        }
    }
}

#[test]
fn every_short_length() {
    let mut both = Both::new();
    let samples =
        [samples::text(300), samples::records(300), vec![7; 300], Random::new(9).bytes(300), samples::periodic(9, 300)];
    for sample in samples {
        for length in 0..=sample.len() {
            both.check("short", &sample[..length]);
        }
    }
}

#[test]
fn lengths_about_every_boundary() {
    let mut both = Both::new();
    let longest = 131_072 + 9;
    for (name, sample) in
        [("mixed", samples::mixed(6, longest)), ("zeros", vec![0; longest]), ("random", Random::new(6).bytes(longest))]
    {
        for boundary in [512usize, 4096, 8192, 32768, 61440, 65535, 65536, 65536 + 32768, 126_976, 131_072] {
            for length in boundary - 9..=boundary + 9 {
                if length % 3 == 0 || boundary.abs_diff(length) < 2 {
                    both.check(name, &sample[..length]);
                }
            }
        }
    }
}

#[test]
fn a_cluster_of_everything() {
    let mut both = Both::new();
    for (name, sample) in samples::all(65536) {
        both.check(&name, &sample);
    }
}

#[test]
fn many_segments_of_everything() {
    let mut both = Both::new();
    for (name, sample) in samples::all(200_000) {
        both.check(&name, &sample);
    }
    both.check("mixed", &samples::mixed(7, 2 << 20));
    both.check("text", &samples::text(1 << 20));
}

#[test]
fn whatever_the_generator_says() {
    let mut both = Both::new();
    let mut random = Random::new(10);
    for seed in 100..260 {
        let length = random.below(1 << (8 + seed % 10));
        both.check(&format!("seed {seed}"), &samples::mixed(seed, length));
    }
}

/// The code of this very test.
#[test]
fn machine_code() {
    let mut both = Both::new();
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    for cluster in program.chunks(65536).step_by(1 + program.len() / (24 * 65536)) {
        both.check("program", cluster);
    }
}

/// Pages that differ by a few bytes are compressed by the page before, exactly as far away as the small window goes.
#[test]
fn the_whole_window_is_used() {
    for (window, size) in [(Window::Small, 4096), (Window::Large, 32768)] {
        let mut output = Vec::new();
        Compressor::new(window).compress(&samples::periodic(size, 4 * size), &mut output);
        assert!(output.len() < size + size / 8, "{window:?}: {}", output.len());
        output.clear();
        Compressor::new(window).compress(&samples::periodic(size + 1, 4 * size), &mut output);
        assert!(output.len() > 4 * size, "{window:?}: {}", output.len());
    }
}
