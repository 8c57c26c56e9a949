//! The file as it grows.

use super::super::SECTOR;
use super::super::header::{Header, TABLE_ENTRIES, TABLE_SECTORS};
use super::super::marker::{DIRECTORY, END_OF_STREAM, FOOTER, Marker, TABLE};
use super::GRAIN;
use super::packed::{Packed, pack};
use std::ops::Range;
use std::sync::Arc;
use storage::{Error, Result, WriteAt, to_usize};

/// What was written so far.
pub(super) struct Output {
    file: Arc<dyn WriteAt>,
    header: Header,
    /// Where the next thing goes, in sectors.
    next: u64,
    /// Up to which byte of the disk it was written.
    end: u64,
    /// The grain to which more may come.
    held: Option<Held>,
    /// The table of the last grain.
    table: Option<Table>,
    /// The tables that are complete, in order.
    done: Vec<Done>,
}

/// A grain that is not in the file yet.
struct Held {
    i: u64,
    grain: Vec<u8>,
    /// As it would be in the file; empty where that is not known.
    packed: Vec<u8>,
}

struct Table {
    number: u64,
    entries: Box<[u32; 512]>,
}

/// A table in the file: its number, its sector, and a bit for each grain that is there.
struct Done {
    number: u64,
    sector: u32,
    grains: [u64; 8],
}

/// What a stream cannot do.
fn backwards(offset: u64) -> Error {
    Error::unsupported(format!(
        "a streamOptimized VMDK is written in the order of the disk, and byte {offset} comes too late"
    ))
}

impl Output {
    pub(super) fn new(file: Arc<dyn WriteAt>, header: Header, next: u64) -> Self {
        Output { file, header, next, end: 0, held: None, table: None, done: Vec::new() }
    }

    /// Adds grains behind all others.
    pub(super) fn add(&mut self, packed: &Packed) -> Result<()> {
        if packed.range.is_empty() {
            return Ok(());
        }
        if packed.range.start < self.end {
            return Err(backwards(packed.range.start));
        }
        self.end = packed.range.end;
        for grain in &packed.grains {
            let bytes = &packed.bytes[grain.packed.clone()];
            match &grain.loose {
                Some(loose) => self.hold(grain.i, loose, bytes)?,
                None => {
                    self.release()?;
                    self.append(grain.i, bytes)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps a grain to which more may come, or adds to the one that is kept. Where nothing was written are zeros.
    fn hold(&mut self, i: u64, loose: &[u8], packed: &[u8]) -> Result<()> {
        if let Some(held) = self.held.as_mut().filter(|held| held.i == i) {
            held.grain.iter_mut().zip(loose).for_each(|(byte, more)| *byte |= more);
            held.packed.clear();
            return Ok(());
        }
        self.release()?;
        self.held = Some(Held { i, grain: loose.to_vec(), packed: packed.to_vec() });
        Ok(())
    }

    /// Writes the grain that is kept.
    fn release(&mut self) -> Result<()> {
        let Some(Held { i, grain, mut packed }) = self.held.take() else { return Ok(()) };
        if storage::is_zero(&grain) {
            return Ok(());
        }
        if packed.is_empty() {
            pack(i, &grain, &mut packed)?;
        }
        self.append(i, &packed)
    }

    fn append(&mut self, i: u64, packed: &[u8]) -> Result<()> {
        let number = i / TABLE_ENTRIES;
        if self.table.as_ref().is_some_and(|table| table.number != number) {
            self.append_table()?;
        }
        let sector = self.sector()?;
        self.write(packed)?;
        let table = self.table.get_or_insert_with(|| Table { number, entries: Box::new([0; 512]) });
        table.entries[to_usize(i % TABLE_ENTRIES)?] = sector;
        Ok(())
    }

    /// Where the next thing goes, as tables say it.
    fn sector(&self) -> Result<u32> {
        u32::try_from(self.next).map_err(|_| Error::unsupported("the VMDK would be longer than 2 TiB"))
    }

    fn append_table(&mut self) -> Result<()> {
        let Some(Table { number, entries }) = self.table.take() else { return Ok(()) };
        self.write(&Marker::metadata(TABLE, TABLE_SECTORS))?;
        let sector = self.sector()?;
        self.write(&entries.iter().flat_map(|entry| entry.to_le_bytes()).collect::<Vec<_>>())?;
        let mut grains = [0; 8];
        for (i, _) in entries.iter().enumerate().filter(|(_, entry)| **entry != 0) {
            grains[i / 64] |= 1u64 << (i % 64);
        }
        self.done.push(Done { number, sector, grains });
        Ok(())
    }

    /// Writes whole sectors behind all others.
    fn write(&mut self, sectors: &[u8]) -> Result<()> {
        let place = self.next * SECTOR;
        let end = place + sectors.len() as u64;
        self.file.foretell(std::slice::from_ref(&(place..end)), end..end, end)?;
        self.file.write_at(sectors, place)?;
        self.next = end / SECTOR;
        Ok(())
    }

    /// Whether grain `i` is in the file.
    fn has(&self, i: u64) -> bool {
        let (number, within) = (i / TABLE_ENTRIES, usize::try_from(i % TABLE_ENTRIES).expect("a table is small"));
        if let Some(table) = self.table.as_ref().filter(|table| table.number == number) {
            return table.entries[within] != 0;
        }
        let done = self.done.binary_search_by_key(&number, |done| done.number);
        done.is_ok_and(|n| self.done[n].grains[within / 64] >> (within % 64) & 1 == 1)
    }

    /// What was never written is zeros; what was cannot be taken back, but in the grain that is kept.
    pub(super) fn zero(&mut self, range: Range<u64>) -> Result<()> {
        let range = range.start..range.end.min(self.end);
        if range.is_empty() {
            return Ok(());
        }
        if let Some(i) = (range.start / GRAIN..range.end.div_ceil(GRAIN)).find(|&i| self.has(i)) {
            return Err(backwards(i * GRAIN));
        }
        if let Some(held) = &mut self.held {
            let start = range.start.saturating_sub(held.i * GRAIN).min(GRAIN);
            let end = range.end.saturating_sub(held.i * GRAIN).min(GRAIN);
            held.grain[to_usize(start)?..to_usize(end)?].fill(0);
            held.packed.clear();
        }
        Ok(())
    }

    /// All that comes behind the grains.
    pub(super) fn finish(mut self) -> Result<()> {
        self.release()?;
        self.append_table()?;
        let sectors = self.header.directory_sectors();
        self.write(&Marker::metadata(DIRECTORY, sectors))?;
        let footer = Header { gd_offset: self.next, ..self.header };
        let mut directory = vec![0; to_usize(sectors * SECTOR)?];
        for Done { number, sector, .. } in &self.done {
            directory[to_usize(number * 4)?..][..4].copy_from_slice(&sector.to_le_bytes());
        }
        self.write(&directory)?;
        self.write(&Marker::metadata(FOOTER, 1))?;
        self.write(&footer.to_bytes())?;
        self.write(&Marker::metadata(END_OF_STREAM, 0))
    }
}
