//! The value of an attribute: in its record, in clusters, or compressed in clusters.
//!
//! Compressed clusters come in units, mostly of 16: with fewer clusters than that a unit is compressed, without any it is
//! zeros. Not supported: encryption (EFS); other compression than LZNT1.

use super::boot::Boot;
use super::lznt1;
use super::record::Attribute;
use super::runs;
use crate::field::zeros;
use crate::pieces::{self, Piece};
use storage::{Error, ReadAt, Result, to_usize};

/// Of an attribute: how it is compressed, and that it is encrypted.
const COMPRESSION: u16 = 0x00FF;
const LZNT1: u16 = 1;
const ENCRYPTED: u16 = 0x4000;
/// Longest unit of compression: 16 clusters of 4 KiB are all that Windows makes, 64 KiB clusters all that others might.
const MAX_UNIT: u64 = 1 << 20;

/// A value that can be read.
#[derive(Debug)]
pub(super) struct Stream {
    /// Bytes.
    pub(super) size: u64,
    body: Body,
    flags: u16,
    /// Where its record lies.
    at: u64,
}

#[derive(Debug)]
enum Body {
    Resident(Vec<u8>),
    Mapped(Mapped),
}

#[derive(Debug)]
struct Mapped {
    pieces: Vec<Piece>,
    /// Where each piece begins in the value.
    starts: Vec<u64>,
    /// Bytes at the front that were ever written.
    initialized: u64,
    /// Bytes that are compressed together; zero if nothing is.
    unit: u64,
}

impl Stream {
    /// From all parts of an attribute in order; at least one.
    pub(super) fn new(parts: &[Attribute<'_>], boot: &Boot) -> Result<Self> {
        let mut stream = Stream::first(parts, boot)?;
        if let Body::Mapped(mapped) = &mut stream.body {
            for part in &parts[1..] {
                mapped.append(part, boot)?;
            }
            mapped.finish(stream.size);
        }
        Ok(stream)
    }

    /// In its record, for tests.
    #[cfg(test)]
    pub(super) fn of(value: Vec<u8>) -> Self {
        Stream { size: value.len() as u64, body: Body::Resident(value), flags: 0, at: 0 }
    }

    /// From the first part; for `$MFT`, whose other parts are in itself.
    pub(super) fn first(parts: &[Attribute<'_>], boot: &Boot) -> Result<Self> {
        let Some(first) = parts.first() else { return Err(Error::corrupt(0, "NTFS: an attribute without parts")) };
        let (flags, at) = (first.flags(), first.record.at);
        if first.is_resident() {
            let value = first.value()?.to_vec();
            return Ok(Stream { size: value.len() as u64, body: Body::Resident(value), flags, at });
        }
        let unit = match flags & COMPRESSION {
            0 => 0,
            _ => 1u64.checked_shl(first.unit().into()).and_then(|unit| unit.checked_mul(boot.cluster)).unwrap_or(0),
        };
        if flags & COMPRESSION != 0 && !(1..=MAX_UNIT).contains(&unit) {
            return Err(first.record.damaged("its units of compression are of no possible size"));
        }
        let mut mapped = Mapped { pieces: Vec::new(), starts: Vec::new(), initialized: first.initialized(), unit };
        mapped.append(first, boot)?;
        Ok(Stream { size: first.size(), body: Body::Mapped(mapped), flags, at })
    }

    /// Adds the next part.
    pub(super) fn append(&mut self, part: &Attribute<'_>, boot: &Boot) -> Result<()> {
        match &mut self.body {
            Body::Mapped(mapped) => mapped.append(part, boot),
            Body::Resident(_) => Err(part.record.damaged("a value in its record goes on in another")),
        }
    }

    /// Whether all of it is in clusters of its own, as what NTFS keeps for itself must be.
    pub(super) fn is_plain(&self) -> bool {
        match &self.body {
            Body::Resident(_) => false,
            Body::Mapped(mapped) => {
                let whole = mapped.pieces.iter().all(|piece| piece.at.is_some());
                whole && mapped.unit == 0 && self.size <= mapped.end().min(mapped.initialized)
            }
        }
    }

    /// Where the byte at `offset` lies on the volume, if it has a place there.
    pub(super) fn place(&self, offset: u64) -> Option<u64> {
        match &self.body {
            Body::Resident(_) => None,
            Body::Mapped(mapped) => mapped.cut(offset, 1)?.first()?.at,
        }
    }

    /// `len` bytes from `offset` on; who calls has held `len` to a limit.
    pub(super) fn read(&self, volume: &dyn ReadAt, offset: u64, len: u64) -> Result<Vec<u8>> {
        let end = offset.checked_add(len).filter(|&end| end <= self.size);
        end.ok_or_else(|| self.damaged("is shorter than what should be read of it"))?;
        if self.flags & ENCRYPTED != 0 {
            return Err(Error::unsupported("NTFS: its content is encrypted (EFS)"));
        }
        match &self.body {
            Body::Resident(value) => Ok(value[to_usize(offset)?..to_usize(offset + len)?].to_vec()),
            Body::Mapped(mapped) if mapped.unit == 0 => {
                let written = mapped.initialized.saturating_sub(offset).min(len);
                let mut cut =
                    mapped.cut(offset, written).ok_or_else(|| self.damaged("has fewer clusters than bytes"))?;
                cut.push(Piece { at: None, len: len - written });
                pieces::read(volume, &cut, len).map_err(|error| error.within("NTFS"))
            }
            Body::Mapped(_) if self.flags & COMPRESSION != LZNT1 => {
                let method = self.flags & COMPRESSION;
                Err(Error::unsupported(format!(
                    "NTFS: its content is compressed with method {method}, which is not read"
                )))
            }
            Body::Mapped(mapped) => self.unpacked(mapped, volume, offset, len),
        }
    }

    fn unpacked(&self, mapped: &Mapped, volume: &dyn ReadAt, offset: u64, len: u64) -> Result<Vec<u8>> {
        let mut content = zeros(len)?;
        let mut unit = vec![0; to_usize(mapped.unit)?];
        let end = offset + len.min(mapped.initialized.saturating_sub(offset));
        let mut at = offset;
        while at < end {
            let start = at / mapped.unit * mapped.unit;
            let next = end.min(start + mapped.unit);
            let cut = mapped.cut(start, mapped.unit).ok_or_else(|| self.damaged("has fewer clusters than bytes"))?;
            self.unpack(volume, &cut, &mut unit)?;
            let from = &unit[to_usize(at - start)?..to_usize(next - start)?];
            content[to_usize(at - offset)?..][..from.len()].copy_from_slice(from);
            at = next;
        }
        Ok(content)
    }

    /// Unpacks one unit.
    fn unpack(&self, volume: &dyn ReadAt, cut: &[Piece], to: &mut [u8]) -> Result<()> {
        let there: Vec<Piece> = cut.iter().copied().filter(|piece| piece.at.is_some()).collect();
        let len: u64 = there.iter().map(|piece| piece.len).sum();
        if len == 0 {
            to.fill(0);
            return Ok(());
        }
        let packed = pieces::read(volume, &there, len).map_err(|error| error.within("NTFS"))?;
        if packed.len() == to.len() {
            to.copy_from_slice(&packed);
            return Ok(());
        }
        let at = there.first().and_then(|piece| piece.at).unwrap_or(self.at);
        lznt1::unpack(&packed, to).ok_or_else(|| Error::corrupt(at, "NTFS: compressed clusters (LZNT1) are damaged"))
    }

    fn damaged(&self, what: &str) -> Error {
        Error::corrupt(self.at, format!("NTFS: an attribute of this file record {what}"))
    }
}

impl Mapped {
    /// Bytes that the pieces hold.
    fn end(&self) -> u64 {
        self.starts.last().zip(self.pieces.last()).map_or(0, |(start, piece)| start + piece.len)
    }

    fn append(&mut self, part: &Attribute<'_>, boot: &Boot) -> Result<()> {
        let damaged = || part.record.damaged("the parts of an attribute do not follow each other");
        if part.is_resident() || part.lowest().checked_mul(boot.cluster) != Some(self.end()) {
            return Err(damaged());
        }
        let (known, mut start) = (self.pieces.len(), self.end());
        runs::unpack(part.pairs(), boot, part.record.at, &mut self.pieces)?;
        for piece in &self.pieces[known..] {
            self.starts.push(start);
            start = start.checked_add(piece.len).ok_or_else(damaged)?;
        }
        Ok(())
    }

    /// The last unit may end without saying that nothing is behind it.
    fn finish(&mut self, size: u64) {
        let (end, whole) = (self.end(), size.checked_next_multiple_of(self.unit.max(1)).unwrap_or(size));
        if end < whole && whole - end < self.unit {
            self.starts.push(end);
            self.pieces.push(Piece { at: None, len: whole - end });
        }
    }

    /// The pieces of a range; none if they end before.
    fn cut(&self, mut offset: u64, mut len: u64) -> Option<Vec<Piece>> {
        let mut cut = Vec::new();
        let mut index = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        while len > 0 {
            let (piece, start) = (self.pieces.get(index)?, self.starts.get(index)?);
            let skip = offset.checked_sub(*start).filter(|&skip| skip < piece.len)?;
            let part = (piece.len - skip).min(len);
            cut.push(Piece { at: piece.at.map(|at| at + skip), len: part });
            (offset, len, index) = (offset + part, len - part, index + 1);
        }
        Some(cut)
    }
}
