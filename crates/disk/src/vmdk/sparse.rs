//! A sparse extent: grains that are found by way of tables.

use super::directory::{self, Directory};
use super::grains;
use super::header::Header;
use super::marker::{self, GRAIN_MARKER, Gap};
use super::stream_end::End;
use super::tables::{Place, Tables, byte};
use super::{Found, SECTOR};
use crate::recent::Recent;
use std::ops::Range;
use storage::{Error, ReadAt, Result, Source, State, read_array, read_vec, to_usize};

/// Runs that one extent may span: whoever walks extents step by step must not pay for the whole disk each time.
const MAX_LOOK: usize = 4096;

/// Most bytes between the header and the first grain of a stream that are looked at.
const MAX_LEAD: u64 = 1 << 20;

/// Memory that unpacked grains may take.
const MAX_UNPACKED: usize = 8 << 20;

/// A sparse extent.
#[derive(Debug)]
pub(super) struct Sparse {
    pub(super) file: Source,
    /// The header, or the footer of a stream.
    pub(super) header: Header,
    pub(super) tables: Tables,
    /// Byte behind the last that may be a grain's.
    pub(super) end: u64,
    /// Byte behind the last that is in use.
    pub(super) used: u64,
    /// The directory is at the end: grains lie in order, and between them is nothing but tables.
    pub(super) is_stream: bool,
    pub(super) cache: Recent,
}

/// A run of the extent, up to which byte, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) end: u64,
    pub(super) state: State,
    /// Where it begins in the file, if it is there byte for byte.
    pub(super) at: Option<u64>,
}

impl Sparse {
    /// Reads all tables of the extent that begins with `header`.
    pub(super) fn open(file: Source, header: &Header, found: Found<'_>) -> Result<Self> {
        let end = if header.is_stream() { Some(End::read(&file, header)?) } else { None };
        let header = end.as_ref().map_or(*header, |end| end.footer);
        let Directory { tables, used } = directory::read(&file, &header, end.is_some(), file.size(), found)?;
        let is_stream = end.is_some();
        let (end, used) = match end {
            Some(end) => (end.start * SECTOR, file.size()),
            None => (file.size(), used.min(file.size())),
        };
        let cache = Recent::new(to_usize(header.grain())?, MAX_UNPACKED, 256);
        let mut sparse = Sparse { file, header, tables, end, used, is_stream, cache };
        if is_stream {
            sparse.check_order(found)?;
        } else if header.is_compressed() {
            sparse.check_last(found)?;
        }
        Ok(sparse)
    }

    /// Whoever reads a stream as a stream takes its grains in the order of the file.
    fn check_order(&self, found: Found<'_>) -> Result<()> {
        if !self.tables.is_ascending() {
            found(Error::corrupt(
                self.end,
                "VMDK stream: the grains are not in the order of the disk, or several share one place",
            ))?;
        }
        let start = self.header.over_head.saturating_mul(SECTOR);
        let first = self.tables.stored_from(0).next().map_or(self.end, |(_, sector)| byte(sector));
        if start < SECTOR || start >= first {
            return Ok(());
        }
        let lead = read_vec(&self.file, start, (first - start).min(MAX_LEAD))?;
        Gap::new(start).check(&lead).or_else(found)
    }

    /// The last grain of the file must be all there: nothing else says that the file was not cut.
    fn check_last(&mut self, found: Found<'_>) -> Result<()> {
        let Some((i, sector)) = self.tables.stored_from(0).max_by_key(|&(_, sector)| sector) else { return Ok(()) };
        match self.stored_end(i, sector) {
            Ok(end) => self.used = self.used.max(end.min(self.end)),
            Err(error) => found(error)?,
        }
        Ok(())
    }

    /// Where grain `i`, compressed, ends in the file. Its marker is checked.
    pub(super) fn stored_end(&self, i: u64, sector: u32) -> Result<u64> {
        let (at, lba) = (byte(sector), i * self.header.grain_size);
        if at + 16 > self.end {
            return Err(grains::past_end(at, lba));
        }
        let bytes: [u8; 16] = read_array(&self.file, at)?;
        let size = marker::grain_size(&self.header, &bytes, at, lba)?;
        if at + GRAIN_MARKER + size > self.end {
            return Err(grains::past_end(at, lba));
        }
        Ok(at + marker::stored_sectors(size) * SECTOR)
    }

    /// Length in bytes.
    pub(super) fn size(&self) -> u64 {
        self.header.size()
    }

    /// Fills `buf` from `offset`; the range is within the extent.
    pub(super) fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        let grain = self.header.grain();
        while !buf.is_empty() {
            let (i, within) = (offset / grain, offset % grain);
            let (end, place) = self.tables.run(i);
            let len = to_usize((end * grain - offset).min(buf.len() as u64))?;
            let len = match place {
                Place::At(_) if self.header.is_compressed() => self.read_packed(buf, i, within)?,
                Place::At(sector) => {
                    self.file.read_at(&mut buf[..len], byte(sector) + within)?;
                    len
                }
                Place::Zero | Place::Absent => {
                    buf[..len].fill(0);
                    len
                }
            };
            buf = &mut buf[len..];
            offset += len as u64;
        }
        Ok(())
    }

    /// The run at `offset`, as far as it is stored in one piece.
    pub(super) fn mapping(&self, offset: u64) -> Run {
        let grain = self.header.grain();
        let (end, place) = self.tables.run(offset / grain);
        let end = (end * grain).min(self.size());
        match place {
            Place::Absent => Run { end, state: State::Unmapped, at: None },
            Place::Zero => Run { end, state: State::Zero, at: None },
            Place::At(_) if self.header.is_compressed() => Run { end, state: State::Data, at: None },
            Place::At(sector) => Run { end, state: State::Data, at: Some(byte(sector) + offset % grain) },
        }
    }

    /// The run of one state at the start of `range`.
    pub(super) fn extent(&self, range: Range<u64>) -> (u64, State) {
        let mut run = self.mapping(range.start);
        for _ in 0..MAX_LOOK {
            if run.end >= range.end {
                break;
            }
            let next = self.mapping(run.end);
            if next.state != run.state {
                break;
            }
            run.end = next.end;
        }
        (run.end.min(range.end), run.state)
    }
}
