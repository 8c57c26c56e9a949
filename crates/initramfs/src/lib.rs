//! What an initramfs holds.
//!
//! On disk: a sequence of segments, each an uncompressed cpio archive (`newc`, magic `070701` or `070702`), zero
//! padding, or a compressed run (gzip, xz, zstd, lz4 legacy, bzip2, lzma) of more cpio archives. Source: Linux
//! Documentation/driver-api/early-userspace/buffer-format.rst and init/initramfs.c.

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
    fn content(&mut self, entry: &Entry<'_>, content: &[u8]) {
        let _ = (entry, content);
    }
}

/// Most bytes of one entry's content that a visitor is given.
pub const CONTENT_LIMIT: usize = 16 << 20;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The segments in order: `cpio`, `gzip`, `xz`, `zstd`, `lz4`, `bzip2`, `lzma`.
    pub segments: Vec<&'static str>,
    /// Bytes of cpio seen.
    pub unpacked: u64,
    /// Number of entries.
    pub entries: u64,
    /// All of it was read.
    pub complete: bool,
    /// Why not, if not: an unknown segment, damage, a limit; with the byte of the file.
    pub stopped: Option<String>,
}

/// Walks all segments. Damage does not fail the walk: what was seen before it stands, and the summary says where it
/// ended. Only a file that is no initramfs at all is an error.
pub fn read(bytes: &[u8], limits: &Limits, visitor: &mut dyn Visitor) -> Result<Summary> {
    let _ = (bytes, limits, visitor);
    Err(Error::unsupported("not written yet"))
}
