//! One record of the log: a header, or several, and what was written with it.
//!
//! Specification: XFS Algorithms & Data Structures, "Log Records".

use super::ring::{BLOCK, Ring};
use crate::crc::crc32c;
use crate::field::{array, be32, be64, le32};
use storage::{Error, Result, to_usize};

/// Begins a header.
pub(super) const MAGIC: &[u8] = &[0xFE, 0xED, 0xBA, 0xBE];
/// Longest content, in bytes.
const MAX_CONTENT: u64 = 256 << 10;
/// Bytes of content whose first words one header holds.
const PER_HEADER: u64 = 32 << 10;
/// `h_version`: there may be more than one header.
const VERSION_2: u32 = 2;
/// Bytes of the header under its checksum, of kernels of 64 bits and of 32.
const SUMMED: [usize; 2] = [328, 324];
/// Of the headers behind the first.
const SUMMED_MORE: usize = 260;
/// In the flags of an operation: a clean unmount.
const UNMOUNT: u8 = 0x20;

/// A record, its content as it was before the numbers of the pass were put into it.
#[derive(Debug)]
pub(super) struct Record {
    /// Its first block, and the one behind it.
    pub(super) start: u64,
    pub(super) next: u64,
    /// Its place in the history of the log: the pass above the block.
    pub(super) lsn: u64,
    /// The place of the oldest record that was still needed then.
    pub(super) tail: u64,
    pub(super) operations: u32,
    /// Written by a machine that puts the low byte first.
    pub(super) is_little: bool,
    pub(super) uuid: [u8; 16],
    pub(super) content: Vec<u8>,
    /// The checksum is right; none where there is no checksum.
    pub(super) intact: Option<bool>,
}

impl Record {
    /// The record whose header is at `start`; the magic number must be there.
    pub(super) fn read(ring: &Ring<'_>, start: u64) -> Result<Self> {
        let header = ring.read(start, 1)?;
        let damaged = |what: &str| Error::corrupt(ring.at + start * BLOCK, format!("XFS log: a record {what}"));
        if !header.starts_with(MAGIC) {
            return Err(damaged("is missing"));
        }
        let (len, size) = (u64::from(be32(&header, 12)), u64::from(be32(&header, 320)));
        let headers = match be32(&header, 8) & VERSION_2 {
            0 => 1,
            _ => size.div_ceil(PER_HEADER).max(1),
        };
        let blocks = len.div_ceil(BLOCK);
        if len > MAX_CONTENT || headers > MAX_CONTENT / PER_HEADER || headers + blocks >= ring.len {
            return Err(damaged(&format!("of {len} bytes")));
        }
        let mut bytes = ring.read(start, headers + blocks)?;
        let content = bytes.split_off(to_usize(headers * BLOCK)?);
        let mut record = Record {
            start,
            next: (start + headers + blocks) % ring.len,
            lsn: be64(&header, 16),
            tail: be64(&header, 24),
            operations: be32(&header, 40),
            is_little: be32(&header, 300) == 1,
            uuid: array(&header, 304),
            intact: intact(&bytes, &content[..to_usize(len)?]),
            content,
        };
        record.restore(&bytes).ok_or_else(|| damaged("is longer than its headers tell"))?;
        record.content.truncate(to_usize(len)?);
        Ok(record)
    }

    /// Puts the first word of each block back, which the headers hold.
    fn restore(&mut self, headers: &[u8]) -> Option<()> {
        for (i, block) in self.content.chunks_exact_mut(512).enumerate() {
            let (header, word) = (i / 64, i % 64);
            let at = header * 512 + if header == 0 { 44 } else { 4 } + word * 4;
            block[..4].copy_from_slice(headers.get(at..at + 4)?);
        }
        Some(())
    }

    /// What a clean unmount writes: one operation that says so.
    pub(super) fn is_unmount(&self) -> bool {
        self.operations == 1 && self.content.get(9).is_some_and(|flags| flags & UNMOUNT != 0)
    }
}

/// Whether the checksum over headers and content is right; none if there is none.
fn intact(headers: &[u8], content: &[u8]) -> Option<bool> {
    let sum = le32(headers, 32);
    // Only as many headers as the content needs are under it.
    let more = content.len().div_ceil(PER_HEADER as usize).saturating_sub(1);
    let right = |summed: usize| {
        let mut crc = crc32c(crc32c(crc32c(!0, &headers[..32]), &[0; 4]), &headers[36..summed]);
        for header in headers.chunks_exact(512).skip(1).take(more) {
            crc = crc32c(crc, &header[..SUMMED_MORE]);
        }
        !crc32c(crc, content) == sum
    };
    (sum != 0).then(|| SUMMED.into_iter().any(right))
}
