//! The grains of what is written, compressed.

use super::super::SECTOR;
use super::super::marker::Marker;
use super::GRAIN;
use libdeflater::{CompressionLvl, Compressor};
use std::cell::RefCell;
use std::ops::Range;
use storage::{Error, Result, is_zero, to_usize};

/// Level of libdeflate: the lowest at which files of programs are no longer than those of zlib's level 6, which others
/// use, in a quarter of the time.
const LEVEL: i32 = 5;

/// Bytes of a grain.
const LEN: usize = 64 << 10;

const _: () = assert!(LEN as u64 == GRAIN);

thread_local! {
    static DEFLATE: RefCell<Compressor> =
        RefCell::new(Compressor::new(CompressionLvl::new(LEVEL).expect("the level exists")));
}

/// When grains are compressed that may not be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At once: most of them are complete.
    Now,
    /// When more comes: most of them are not.
    Whole,
}

/// A grain.
#[derive(Debug)]
pub(super) struct Grain {
    /// Its number.
    pub(super) i: u64,
    /// Where it is among the packed bytes, marker and padding included; empty if it is not there.
    pub(super) packed: Range<usize>,
    /// All of it, where other writes may add to it.
    pub(super) loose: Option<Vec<u8>>,
}

/// Grains in order, those of zeros left out.
#[derive(Debug)]
pub(super) struct Packed {
    /// The bytes of the disk that were written.
    pub(super) range: Range<u64>,
    pub(super) bytes: Vec<u8>,
    pub(super) grains: Vec<Grain>,
}

/// Adds the grain to `bytes` as it is in the file, and gives the range.
pub(super) fn pack(i: u64, grain: &[u8], bytes: &mut Vec<u8>) -> Result<Range<usize>> {
    DEFLATE.with_borrow_mut(|deflate| {
        let start = bytes.len();
        let data = start + 12;
        bytes.resize(data + deflate.zlib_compress_bound(grain.len()), 0);
        let len = deflate
            .zlib_compress(grain, &mut bytes[data..])
            .map_err(|_| Error::unsupported(format!("grain {i} of the disk cannot be compressed")))?;
        let size = u32::try_from(len).map_err(|_| Error::out_of_memory(len as u64))?;
        bytes[start..data].copy_from_slice(&Marker::grain(i * (GRAIN / SECTOR), size));
        bytes.truncate(data + len);
        bytes.resize(start + (12 + len).next_multiple_of(to_usize(SECTOR)?), 0);
        Ok(start..bytes.len())
    })
}

impl Packed {
    /// Of `pieces`, which are in order, apart, and within a disk of `size` bytes.
    pub(super) fn new(pieces: &[(u64, &[u8])], size: u64, when: When) -> Result<Self> {
        let start = pieces.first().map_or(0, |piece| piece.0);
        let end = pieces.last().map_or(0, |piece| piece.0 + piece.1.len() as u64);
        let mut packed = Packed { range: start..end, bytes: Vec::new(), grains: Vec::new() };
        let is_loose = |i: u64| {
            let (first, behind) = (i * GRAIN, (i + 1) * GRAIN);
            first < start || end < behind.min(size)
        };
        let mut partial = Partial { i: 0, bytes: Vec::new() };
        for &(offset, bytes) in pieces {
            let mut at = offset;
            let mut rest = bytes;
            while !rest.is_empty() {
                let (i, within) = (at / GRAIN, to_usize(at % GRAIN)?);
                let (part, after) = rest.split_at(rest.len().min(LEN - within));
                if partial.i != i {
                    partial.flush(&mut packed, &is_loose, when)?;
                    partial.i = i;
                }
                if part.len() == LEN {
                    packed.add(i, part, false, when)?;
                } else {
                    partial.bytes.resize(LEN, 0);
                    partial.bytes[within..within + part.len()].copy_from_slice(part);
                }
                at += part.len() as u64;
                rest = after;
            }
        }
        partial.flush(&mut packed, &is_loose, when)?;
        Ok(packed)
    }

    fn add(&mut self, i: u64, grain: &[u8], is_loose: bool, when: When) -> Result<()> {
        if is_zero(grain) {
            return Ok(());
        }
        let end = self.bytes.len();
        let packed = if is_loose && when == When::Whole { end..end } else { pack(i, grain, &mut self.bytes)? };
        self.grains.push(Grain { i, packed, loose: is_loose.then(|| grain.to_vec()) });
        Ok(())
    }
}

/// A grain of which parts come.
struct Partial {
    i: u64,
    /// Empty, or all of it.
    bytes: Vec<u8>,
}

impl Partial {
    fn flush(&mut self, packed: &mut Packed, is_loose: &dyn Fn(u64) -> bool, when: When) -> Result<()> {
        if !self.bytes.is_empty() {
            packed.add(self.i, &self.bytes, is_loose(self.i), when)?;
            self.bytes.clear();
        }
        Ok(())
    }
}
