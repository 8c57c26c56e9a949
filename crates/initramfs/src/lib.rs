//! What an initramfs holds.
//!
//! On disk: a sequence of segments, each an uncompressed cpio archive (`newc`, magic `070701` or `070702`), zero
//! padding, or one compressed frame (gzip, xz, zstd, lz4, bzip2, lzma) of more cpio archives and padding. Microcode and,
//! on Ubuntu, the kernel modules come as uncompressed archives before the compressed one, so every segment is read.
//! Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst and init/initramfs.c.
//!
//! Everything streams: memory is bounded by one decompressor's window (at most 128 MiB, and only where a frame really
//! uses it) and what a visitor asks for. Not read: lzo, and the older cpio formats, which Linux refuses too.

mod bytes;
mod codec;
mod cpio;
mod lz4;

use codec::Codec;
use cpio::Walk;
use std::io;
use storage::{Error, Result};

/// Bounds on the work, all in bytes or counts; what exceeds them ends the reading with [`Summary::complete`] false.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of cpio in all segments together.
    pub unpacked: u64,
    /// Entries in all archives together.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { unpacked: 2 << 30, entries: 1 << 20 }
    }
}

/// One file in an archive.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Path without a leading `/` or `./`.
    pub path: &'a [u8],
    /// Type and permission bits as in `st_mode`.
    pub mode: u32,
    /// Length of its content.
    pub size: u64,
}

/// Sees the entries go by.
pub trait Visitor {
    /// Called for each entry; `true` asks for its content (of a regular file or link, at most [`CONTENT_LIMIT`] bytes).
    fn entry(&mut self, entry: &Entry<'_>) -> bool;
    /// The content that was asked for; longer ones are cut at [`CONTENT_LIMIT`].
    ///
    /// Of several hard links only the last carries the content: it is then given for the earlier ones as well.
    fn content(&mut self, entry: &Entry<'_>, content: &[u8]) {
        let _ = (entry, content);
    }
    /// Whether the visitor has seen all that it came for: `true` ends the walk behind the current entry.
    fn is_done(&self) -> bool {
        false
    }
}

/// Most bytes of one entry's content that a visitor is given.
pub const CONTENT_LIMIT: usize = 16 << 20;

/// Most segments in one file: real ones have up to five, and each costs a decompressor.
const MAX_SEGMENTS: usize = 1024;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The segments in order: `cpio`, `gzip`, `xz`, `zstd`, `lz4`, `bzip2`, `lzma`; also `lz4-frame`, the modern lz4
    /// format that Linux does not unpack, and `lzo`, which is not read here.
    pub segments: Vec<&'static str>,
    /// Bytes of cpio seen.
    pub unpacked: u64,
    /// Number of entries.
    pub entries: u64,
    /// All of it was read.
    pub complete: bool,
    /// The visitor ended the walk ([`Visitor::is_done`]).
    pub ended: bool,
    /// Why not, if not: an unknown segment, damage, a limit; with the byte of the file.
    pub stopped: Option<String>,
}

/// Walks all segments. Damage does not fail the walk: what was seen before it stands, and the summary says where it
/// ended. Only a file that is no initramfs at all is an error.
pub fn read(bytes: &[u8], limits: &Limits, visitor: &mut dyn Visitor) -> Result<Summary> {
    let mut walk = Walk::new(limits, visitor);
    let mut segments = Vec::new();
    let stopped = read_segments(bytes, &mut walk, &mut segments).err();
    if segments.is_empty() {
        let reason = stopped.as_deref().unwrap_or("it is empty, or only zeros");
        return Err(Error::corrupt(0, format!("no initramfs: {reason}")));
    }
    Ok(Summary {
        segments,
        unpacked: walk.unpacked,
        entries: walk.entries,
        complete: stopped.is_none() && !walk.ended,
        ended: walk.ended,
        stopped,
    })
}

fn read_segments(file: &[u8], walk: &mut Walk<'_>, segments: &mut Vec<&'static str>) -> Result<(), String> {
    let mut rest = file;
    loop {
        rest = &rest[rest.iter().position(|&byte| byte != 0).unwrap_or(rest.len())..];
        if rest.is_empty() || walk.ended {
            return Ok(());
        }
        let start = file.len() - rest.len();
        if segments.len() == MAX_SEGMENTS {
            return Err(format!("more than {MAX_SEGMENTS} segments; what begins at byte {start} was not read"));
        }
        let (name, result) = if rest.starts_with(cpio::MAGIC_STEM) {
            ("cpio", walk.archive(&mut rest).map_err(|error| (error, start)))
        } else if let Some(codec) = Codec::of(rest) {
            (codec.name, unpack(codec, &mut rest, walk).map_err(|error| (error, file.len() - rest.len())))
        } else {
            return Err(format!("what begins at byte {start} is neither cpio nor a known compression"));
        };
        segments.push(name);
        result.map_err(|(error, reached)| {
            format!("segment {} ({name}, at byte {start}, read to byte {reached}): {error}", segments.len())
        })?;
    }
}

/// One compressed frame; afterwards `rest` begins behind it.
fn unpack(codec: &Codec, rest: &mut &[u8], walk: &mut Walk<'_>) -> io::Result<()> {
    let mut frame = codec.open(rest)?;
    walk.archives(&mut *frame)
}
