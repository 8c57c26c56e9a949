//! Feature bits.

use crate::fields::be32;
use storage::{Error, Result};

/// Refcounts may be wrong.
pub(super) const DIRTY: u64 = 1 << 0;
/// A writer found damage.
pub(super) const CORRUPT: u64 = 1 << 1;
/// Data is in another file.
pub(super) const DATA_FILE: u64 = 1 << 2;
/// The header's compression type is not zlib.
pub(super) const COMPRESSION: u64 = 1 << 3;
/// L2 entries are of 16 bytes, with subclusters.
pub(super) const EXTENDED_L2: u64 = 1 << 4;
const KNOWN: u64 = DIRTY | CORRUPT | DATA_FILE | COMPRESSION | EXTENDED_L2;

/// Compatible feature: refcounts are updated lazily.
pub(super) const LAZY_REFCOUNTS: u64 = 1 << 0;

/// Autoclear feature: the bitmaps were kept up to date by the last writer.
pub(super) const BITMAPS: u64 = 1 << 0;
/// Autoclear feature: the data file is a raw image by itself.
pub(super) const DATA_FILE_RAW: u64 = 1 << 1;

const TABLE_ENTRY: usize = 48;

/// Refuses a disk with incompatible features that are not known here; `names` is the file's own table of names.
pub(super) fn refuse_unknown(incompatible: u64, names: &[u8]) -> Result<()> {
    let unknown = incompatible & !KNOWN;
    if unknown == 0 {
        return Ok(());
    }
    let bits: Vec<_> = (0..64u8).filter(|bit| unknown >> bit & 1 == 1).map(|bit| describe(bit, names)).collect();
    Err(Error::unsupported(format!("qcow2 header: needs a feature that is not known here: {}", bits.join(", "))))
}

/// The bit, and its name if the table has one; entries are type (0 incompatible), bit, and 46 bytes of name.
fn describe(bit: u8, names: &[u8]) -> String {
    let entry = names.chunks_exact(TABLE_ENTRY).find(|entry| entry[..2] == [0, bit]);
    let name = entry.map(|entry| entry[2..].split(|&byte| byte == 0).next().unwrap_or_default());
    match name {
        Some(name) => format!("bit {bit} {:?}", String::from_utf8_lossy(name)),
        None => format!("bit {bit}"),
    }
}

/// How clusters are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Zlib,
    Zstd,
}

impl Compression {
    /// By the header's type; the feature bit must be set for all but zlib, and for none else.
    pub(super) fn new(kind: u8, incompatible: u64) -> Result<Self> {
        let flagged = incompatible & COMPRESSION != 0;
        match (kind, flagged) {
            (0, false) => Ok(Compression::Zlib),
            (1, true) => Ok(Compression::Zstd),
            (0 | 1, _) => Err(Error::corrupt(
                104,
                format!("qcow2 header: compression type {kind} contradicts feature bit 3 ({})", u8::from(flagged)),
            )),
            _ => Err(Error::unsupported(format!("qcow2 header: compression type {kind} is not known here"))),
        }
    }

    /// As in the header.
    pub(super) fn number(self) -> u8 {
        match self {
            Compression::Zlib => 0,
            Compression::Zstd => 1,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Compression::Zlib => "zlib",
            Compression::Zstd => "zstd",
        }
    }
}

/// Number of bitmaps that the bitmaps extension tells of.
pub(super) fn bitmap_count(extension: &[u8]) -> u32 {
    if extension.len() < 4 { 0 } else { be32(extension, 0) }
}
