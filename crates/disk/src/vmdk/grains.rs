//! Reading compressed grains: each a marker and a zlib stream (RFC 1950) that is one grain when unpacked.
//!
//! Grains are packed with 512 bytes alignment, and those of a stream lie in the order of the disk: neighbours are read
//! in one step, and each is unpacked to where it is wanted.

use super::SECTOR;
use super::header::Header;
use super::marker::{self, GRAIN_MARKER, Gap};
use super::sparse::Sparse;
use super::tables::byte;
use libdeflater::Decompressor;
use std::cell::RefCell;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, to_usize};

/// Most bytes and most grains that are read in one step.
const SPAN: u64 = 1 << 20;
const MOST: usize = 64;

thread_local! {
    static INFLATE: RefCell<Decompressor> = RefCell::new(Decompressor::new());
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Unpacks a grain; gives its length, which is no more than `grain` holds.
pub(super) fn unpack(packed: &[u8], grain: &mut [u8]) -> Result<usize, String> {
    INFLATE
        .with_borrow_mut(|inflate| inflate.zlib_decompress(packed, grain))
        .map_err(|error| format!("the zlib stream is damaged ({error})"))
}

/// For a grain that the file does not hold to its end.
pub(super) fn past_end(at: u64, lba: u64) -> Error {
    Error::corrupt(
        at,
        format!("VMDK grain of sector {lba}: reaches past the end of the grains; the file was cut short"),
    )
}

/// Grains that are neighbours on the disk and in the file, to be read in one step.
struct Batch {
    places: [u32; MOST],
    count: usize,
    /// Byte of the file up to which is read.
    end: u64,
}

impl Sparse {
    /// Reads at the start of `buf` what is `within` the compressed grain `i`, and its neighbours as far as they are
    /// wanted as a whole. Gives the number of bytes.
    pub(super) fn read_packed(&self, buf: &mut [u8], i: u64, within: u64) -> Result<usize> {
        let grain = to_usize(self.header.grain())?;
        let within = to_usize(within)?;
        if within == 0 && buf.len() >= grain {
            return self.read_batch(buf, i, grain);
        }
        let len = buf.len().min(grain - within);
        let unpacked = match self.cache.get(i) {
            Some(unpacked) => unpacked,
            None => {
                let mut unpacked = vec![0; grain];
                self.read_batch(&mut unpacked, i, grain)?;
                let unpacked: Arc<[u8]> = unpacked.into();
                self.cache.put(i, unpacked.clone());
                unpacked
            }
        };
        buf[..len].copy_from_slice(&unpacked[within..within + len]);
        Ok(len)
    }

    fn read_batch(&self, buf: &mut [u8], i: u64, grain: usize) -> Result<usize> {
        let batch = self.batch(i, buf.len() / grain);
        let start = byte(batch.places[0]);
        // Taken, not borrowed: the file may itself be inside of a VMDK.
        let mut input = INPUT.take();
        input.resize(to_usize(batch.end - start)?, 0);
        self.file.read_at(&mut input, start)?;
        for (n, part) in buf.chunks_exact_mut(grain).take(batch.count).enumerate() {
            let at = byte(batch.places[n]);
            let next = if n + 1 < batch.count { byte(batch.places[n + 1]) } else { batch.end };
            let stored = &input[to_usize(at - start)?..to_usize(next - start)?];
            self.unpack_stored(stored, at, i + n as u64, part)?;
        }
        INPUT.set(input);
        Ok(batch.count * grain)
    }

    /// At least grain `i`, and at most `wanted` grains.
    fn batch(&self, i: u64, wanted: usize) -> Batch {
        let most = marker::stored_sectors(marker::max_size(&self.header)) * SECTOR;
        let mut batch = Batch { places: [0; MOST], count: 0, end: 0 };
        for (found, sector) in self.tables.stored_from(i) {
            let at = byte(sector);
            if batch.count > 0 {
                let (first, last) = (byte(batch.places[0]), byte(batch.places[batch.count - 1]));
                batch.end = if at > last { at.min(last + most) } else { last + most };
                let follows = found == i + batch.count as u64 && at > last && at - last <= most && at - first <= SPAN;
                if !follows || batch.count == wanted.min(MOST) {
                    break;
                }
            }
            batch.places[batch.count] = sector;
            batch.count += 1;
            batch.end = at + most;
        }
        batch.end = batch.end.min(self.end);
        batch
    }

    /// Unpacks grain `i`, whose marker begins `stored`, found at byte `at`; the next thing begins behind `stored`.
    fn unpack_stored(&self, stored: &[u8], at: u64, i: u64, grain: &mut [u8]) -> Result<()> {
        let lba = i * self.header.grain_size;
        if stored.len() < 16 {
            return Err(past_end(at, lba));
        }
        let size = marker::grain_size(&self.header, stored, at, lba)?;
        let (start, end) = (to_usize(GRAIN_MARKER)?, to_usize(GRAIN_MARKER + size)?);
        let Some(packed) = stored.get(start..end) else {
            let is_last = at + stored.len() as u64 == self.end;
            let overlap = || Error::corrupt(at, format!("VMDK grain of sector {lba}: overlaps the next grain"));
            return Err(if is_last { past_end(at, lba) } else { overlap() });
        };
        check_unpacked(&self.header, packed, at, i, grain)?;
        if self.is_stream {
            let gap = to_usize(marker::stored_sectors(size) * SECTOR)?.min(stored.len());
            Gap::new(at + gap as u64).check(&stored[gap..])?;
        }
        Ok(())
    }
}

/// Unpacks grain `i`; it must be whole, but for the last, of which no more than the disk has need be there.
pub(super) fn check_unpacked(header: &Header, packed: &[u8], at: u64, i: u64, grain: &mut [u8]) -> Result<()> {
    let wanted = (header.size() - i * header.grain()).min(header.grain());
    let corrupt = |what| Error::corrupt(at, format!("VMDK grain of sector {}: {what}", i * header.grain_size));
    let len = unpack(packed, grain).map_err(corrupt)? as u64;
    if len < wanted { Err(corrupt(format!("{len} bytes were compressed instead of {wanted}"))) } else { Ok(()) }
}
