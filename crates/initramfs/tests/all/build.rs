//! Writers of cpio and of every compression, and a visitor that remembers.

use initramfs::{Entry, Limits, Summary, Visitor};
use std::io::Write;

pub(crate) const FILE: u32 = 0o100_644;
pub(crate) const DIRECTORY: u32 = 0o040_755;
pub(crate) const LINK: u32 = 0o120_777;

/// A cpio archive in the making.
pub(crate) struct Cpio {
    magic: &'static str,
    bytes: Vec<u8>,
    inode: u32,
}

impl Cpio {
    pub(crate) fn new() -> Self {
        Cpio { magic: "070701", bytes: Vec::new(), inode: 1 }
    }

    /// The variant with a sum of each content.
    pub(crate) fn summed() -> Self {
        Cpio { magic: "070702", ..Self::new() }
    }

    pub(crate) fn add(self, name: impl AsRef<[u8]>, mode: u32, content: impl AsRef<[u8]>) -> Self {
        let inode = self.inode;
        self.add_linked(name, mode, content, inode, 1)
    }

    pub(crate) fn add_linked(
        mut self,
        name: impl AsRef<[u8]>,
        mode: u32,
        content: impl AsRef<[u8]>,
        inode: u32,
        links: u32,
    ) -> Self {
        let (name, content) = (name.as_ref(), content.as_ref());
        let sum = match self.magic {
            "070702" => content.iter().fold(0u32, |sum, &byte| sum.wrapping_add(byte.into())),
            _ => 0,
        };
        let fields = [
            inode,
            mode,
            0,
            0,
            links,
            0,
            u32::try_from(content.len()).unwrap(),
            8,
            1,
            0,
            0,
            u32::try_from(name.len() + 1).unwrap(),
            sum,
        ];
        self.bytes.extend_from_slice(self.magic.as_bytes());
        self.bytes.extend(fields.iter().flat_map(|field| format!("{field:08x}").into_bytes()));
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.align(4);
        self.bytes.extend_from_slice(content);
        self.align(4);
        self.inode = self.inode.max(inode) + 1;
        self
    }

    fn align(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    /// With trailer and no more padding than the format asks for.
    pub(crate) fn end(self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, "").bytes
    }

    /// Without a trailer.
    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.bytes
    }
}

/// Microcode, as it stands before the compressed archive.
pub(crate) fn early() -> Vec<u8> {
    Cpio::new().add("kernel", DIRECTORY, "").add("kernel/x86/microcode/GenuineIntel.bin", FILE, [7; 1000]).end()
}

/// A small initramfs.
pub(crate) fn main() -> Vec<u8> {
    Cpio::new()
        .add(".", DIRECTORY, "")
        .add("./bin/sh", LINK, "busybox")
        .add("usr/lib/modules/6.1.0/kernel/drivers/block/virtio_blk.ko", FILE, [0x7f; 3001])
        .add("usr/lib/modules/6.1.0/modules.dep", FILE, "kernel/drivers/block/virtio_blk.ko:\n")
        .end()
}

pub(crate) type Compressor = fn(&[u8]) -> Vec<u8>;

/// Every compression, by the crates; those up to `lz4-frame` with a checksum of the content.
pub(crate) const COMPRESSORS: [(&str, Compressor); 7] = [
    ("gzip", gzip),
    ("xz", xz),
    ("zstd", zstd),
    ("bzip2", bzip2),
    ("lz4-frame", lz4_frame),
    ("lz4", lz4),
    ("lzma", lzma),
];

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
    let stream = liblzma::stream::Stream::new_lzma_encoder(&options).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn lz4_frame(bytes: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut out = 0x184c_2102u32.to_le_bytes().to_vec();
    for block in bytes.chunks(8 << 20) {
        let packed = lz4_flex::block::compress(block);
        out.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        out.extend(packed);
    }
    out
}

/// What went by.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) entries: Vec<(String, u32, u64)>,
    pub(crate) contents: Vec<(String, u64, Vec<u8>)>,
}

impl Seen {
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.entries.iter().map(|(path, ..)| path.as_str()).collect()
    }
}

impl Visitor for Seen {
    fn entry(&mut self, entry: &Entry<'_>) -> bool {
        self.entries.push((String::from_utf8_lossy(entry.path).into(), entry.mode, entry.size));
        true
    }

    fn content(&mut self, entry: &Entry<'_>, content: &[u8]) {
        self.contents.push((String::from_utf8_lossy(entry.path).into(), entry.size, content.to_vec()));
    }
}

/// Reads with the usual limits.
pub(crate) fn read(bytes: &[u8]) -> (Summary, Seen) {
    let mut seen = Seen::default();
    let summary = initramfs::read(bytes, &Limits::default(), &mut seen).unwrap();
    (summary, seen)
}
