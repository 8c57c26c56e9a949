//! Raw deflate (RFC 1951) for the clusters of disk images.

use flate2::{Compress, Compression, FlushCompress};

/// How far back a match may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// 4 KiB: what qemu writes, and all that a reader of qcow2 has to provide.
    #[default]
    Small,
    /// 32 KiB: all that deflate can express.
    Large,
}

/// Compresses one block of bytes after another; each stands for itself.
#[derive(Debug)]
pub struct Compressor {
    stream: Compress,
}

impl Compressor {
    /// For a window.
    pub fn new(window: Window) -> Self {
        let bits = if window == Window::Small { 12 } else { 15 };
        Compressor { stream: Compress::new_with_window_bits(Compression::new(3), false, bits) }
    }

    /// Appends the deflate stream of all of `input` to `output`.
    pub fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.stream.reset();
        output.reserve(input.len() + input.len() / 1000 + 64);
        let status = self.stream.compress_vec(input, output, FlushCompress::Finish);
        debug_assert_eq!(status.ok(), Some(flate2::Status::StreamEnd));
    }
}
