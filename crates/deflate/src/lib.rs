//! Raw deflate (RFC 1951) for the clusters of disk images.
//!
//! A cluster of a qcow2 image is deflated by itself, mostly 64 KiB at a time, and must be inflated by readers that keep
//! no more than 4 KiB of history. This is an encoder for that job: blocks that are there as a whole, a window that fits
//! the first level of a processor's cache, one quality. There are no levels, no streaming, no dictionaries, no wrappers.
//!
//! # How it works
//! The input is taken in segments that can be addressed with 16 bits (`text`), and these in pieces of 8 KiB:
//! 1. *Find* (`tables`, `matches`): for every position the longer of two candidates, the last with the same three and
//!    the last with the same seven bytes. This is done without branches that depend on the data. A match of eight
//!    bytes or more is measured, compared with a few earlier ones, and taken.
//! 2. *Choose* (`prices`, `parse`): the cheapest way through the piece, backwards. Prices are those of the codes that
//!    the pieces before would have liked best.
//! 3. *Split* (`split`): pieces of the segment whose codes are worth sharing become one block.
//! 4. *Write* (`block`, `huffman`, `header`, `words`, `bits`): each block in the shortest of the three ways.
//!
//! # What it achieves
//! 1536 clusters of 64 KiB that are not all zero, drawn from an ext4 image of the /usr of a Debian machine; one thread
//! of a virtual AMD EPYC (Zen 4, 3.6 GHz), time on the processor, best of five rounds in turns (`examples/measure.rs`);
//! zlib 1.2.13 itself as Python calls it, in the way of qemu-img (level 6, 4 KiB, memLevel 9):
//!
//! | | size | to zlib | MB/s | to zlib |
//! | --- | --- | --- | --- | --- |
//! | zlib, as qemu-img | 0.3726 | 1 | 41 | 1 |
//! | [`Window::Small`] | 0.3711 | 0.996 | 169 | 4.1 |
//! | [`Window::Large`] | 0.3667 | 0.984 | 213 | 5.2 |
//! | zlib-rs, 4 KiB, level 3 / 6 | 0.3885 / 0.3822 | 1.043 / 1.026 | 123 / 94 | 3.0 / 2.3 |
//! | libdeflate, 32 KiB, level 1 / 4 | 0.3739 / 0.3537 | 1.003 / 0.949 | 240 / 153 | 5.9 / 3.7 |
//!
//! Since these figures the large window enters fewer positions of long matches, which made it 8% faster and its output
//! 0.8% larger on a sample of the same clusters.
//!
//! It is not the best at everything. With the small window a tenth of the clusters come out 2% or more larger than zlib
//! makes them, and one in a hundred 8% or more: tables of numbers, where a longer search pays. With the large window,
//! which is searched less, that is 7% and 38%. As many gain as much, from better prices and more blocks. Bytes that
//! cannot be compressed take no less time than others.
#![forbid(unsafe_code)]

mod bits;
mod block;
mod encoder;
mod header;
mod huffman;
mod matches;
mod narrow;
mod parse;
mod prices;
mod split;
mod symbols;
mod tables;
mod text;
mod words;

use encoder::Encoder;
use tables::{Pair, Single};

/// How far back a match may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// 4 KiB: what qemu writes, and all that a reader of qcow2 has to provide.
    #[default]
    Small,
    /// 32 KiB: all that deflate can express. Faster and smaller than [`Window::Small`], but qemu writes no such image,
    /// and a reader may refuse it.
    Large,
}

/// Compresses one block of bytes after another; each stands for itself.
///
/// What it makes of a block depends on nothing but the block. It keeps about a megabyte of memory.
#[derive(Debug)]
pub struct Compressor {
    encoder: EitherEncoder,
}

#[derive(Debug)]
enum EitherEncoder {
    Small(Encoder<Pair<{ 1 << 12 }>>),
    Large(Encoder<Single<{ 1 << 15 }>>),
}

impl Compressor {
    /// For a window.
    pub fn new(window: Window) -> Self {
        let encoder = match window {
            Window::Small => EitherEncoder::Small(Encoder::new()),
            Window::Large => EitherEncoder::Large(Encoder::new()),
        };
        Compressor { encoder }
    }

    /// Appends the deflate stream of all of `input`, of any length, to `output`.
    ///
    /// It is longer than `input` by at most five bytes for every 32 KiB begun, and ten.
    pub fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        match &mut self.encoder {
            EitherEncoder::Small(encoder) => encoder.compress(input, output),
            EitherEncoder::Large(encoder) => encoder.compress(input, output),
        }
    }
}
