//! The compressions of an initramfs, by their first bytes.
//!
//! Each decoder reads exactly one frame and leaves the rest of the file alone, as the kernel's do. Source of the
//! magics: Linux lib/decompress.c, here longer where the format has more. Adding one: a line in [`CODECS`] and a function that opens it.

use crate::lz4;
use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream;
use std::io::{self, BufRead, BufReader, Read};

/// One piece of unpacked data: small enough to stay in the processor's cache.
const BUFFER: usize = 256 << 10;

/// Most memory that liblzma may use: a dictionary of 128 MiB, twice that of `xz -9`, and its own state.
const LZMA_MEMORY: u64 = (128 << 20) + (1 << 20);

/// A compression.
pub(crate) struct Codec {
    pub(crate) name: &'static str,
    magic: &'static [u8],
    open: for<'a, 'b> fn(&'a mut &'b [u8]) -> io::Result<Box<dyn BufRead + 'a>>,
}

static CODECS: [Codec; 8] = [
    Codec { name: "gzip", magic: b"\x1f\x8b", open: |rest| Ok(buffered(unpack::gzip(Box::new(rest))?)) },
    Codec { name: "xz", magic: b"\xfd7zXZ\0", open: |rest| Ok(buffered(unpack::xz(Box::new(rest))?)) },
    Codec { name: "zstd", magic: b"\x28\xb5\x2f\xfd", open: |rest| Ok(buffered(unpack::zstd(Box::new(rest))?)) },
    Codec { name: "lz4", magic: &lz4::LEGACY_MAGIC, open: lz4::legacy },
    Codec { name: "lz4-frame", magic: b"\x04\x22\x4d\x18", open: lz4::frame },
    Codec { name: "bzip2", magic: b"BZh", open: |rest| Ok(buffered(unpack::bzip2(Box::new(rest))?)) },
    Codec { name: "lzma", magic: b"\x5d\0", open: lzma },
    Codec { name: "lzo", magic: b"\x89LZO", open: lzo },
];

impl Codec {
    /// The one whose frame `bytes` begin with.
    pub(crate) fn of(bytes: &[u8]) -> Option<&'static Codec> {
        CODECS.iter().find(|codec| bytes.starts_with(codec.magic))
    }

    /// Unpacks the frame at the beginning of `rest`, which moves on as it is read.
    pub(crate) fn open<'a>(&self, rest: &'a mut &[u8]) -> io::Result<Box<dyn BufRead + 'a>> {
        (self.open)(rest)
    }
}

fn buffered<'a>(decoder: impl Read + 'a) -> Box<dyn BufRead + 'a> {
    Box::new(BufReader::with_capacity(BUFFER, decoder))
}

fn lzma<'a>(rest: &'a mut &[u8]) -> io::Result<Box<dyn BufRead + 'a>> {
    let stream = Stream::new_lzma_decoder(LZMA_MEMORY)?;
    Ok(buffered(XzDecoder::new_stream(rest, stream)))
}

fn lzo<'a>(_: &'a mut &[u8]) -> io::Result<Box<dyn BufRead + 'a>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "lzo is not read by this program"))
}
