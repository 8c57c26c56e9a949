//! One entry of the log (section 2.3.1): a header, descriptors of 32 bytes, and a sector for each that brings data.

use super::checksum::{checksum, more};
use super::guid::Guid;
use crate::fields::{bytes, has, le32, le64};
use std::ops::Range;
use storage::{Error, ReadAt, Result};

/// Everything in the log is in sectors of this.
pub(super) const SECTOR: u64 = 4096;
pub(super) const SECTOR_LEN: usize = 4096;

const HEADER_LEN: u64 = 64;
const DESCRIPTOR_LEN: usize = 32;

/// Largest file that a descriptor may speak of: offsets in files are signed on all systems.
const MAX_FILE: u64 = i64::MAX.cast_unsigned();

/// The ring of sectors that the log is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring<'a> {
    file: &'a dyn ReadAt,
    start: u64,
    len: u64,
    guid: Guid,
}

impl<'a> Ring<'a> {
    pub(super) fn new(file: &'a dyn ReadAt, range: &Range<u64>, guid: Guid) -> Self {
        Ring { file, start: range.start, len: range.end - range.start, guid }
    }

    /// Number of sectors.
    pub(super) fn sectors(&self) -> u64 {
        self.len / SECTOR
    }

    /// Where in the file sector `n` is, counted round and round.
    pub(super) fn place(&self, n: u64) -> u64 {
        self.start + n % self.sectors() * SECTOR
    }

    fn sector(&self, n: u64) -> Result<[u8; SECTOR_LEN]> {
        storage::read_array(self.file, self.place(n))
    }
}

/// An entry of which all fields and the checksum are right. Positions are numbers of sectors in the ring.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) first: u64,
    pub(super) sectors: u64,
    /// Where the sequence begins that ends with this entry.
    pub(super) tail: u64,
    pub(super) sequence: u64,
    /// The file was at least that long when the entry was written.
    pub(super) flushed_file_offset: u64,
    /// The file is to be at least that long when the sequence is replayed.
    pub(super) last_file_offset: u64,
    descriptors: u64,
}

/// One change to the file.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Zero(Range<u64>),
    /// A sector at `to` becomes sector `from` of the ring, with its own first and last bytes.
    Data {
        to: u64,
        from: u64,
        leading: [u8; 8],
        trailing: [u8; 4],
    },
}

impl Entry {
    /// The entry whose header is sector `first`, if it is one; reading and checking all of it takes its length from
    /// `budget`, so that entries within entries cannot take more time than there is.
    pub(super) fn read(ring: Ring<'_>, first: u64, budget: &mut u64) -> Result<Option<Entry>> {
        let head = ring.sector(first)?;
        let Some(entry) = Self::parse(&head, ring, first) else { return Ok(None) };
        *budget = budget
            .checked_sub(entry.sectors)
            .ok_or_else(|| Error::corrupt(ring.place(first), "entries lie within one another, which no writer does"))?;
        let (mut sum, mut data) = (checksum(&head), entry.parse_descriptors(&head, 0));
        for n in 1..entry.sectors {
            let sector = ring.sector(first + n)?;
            sum = more(sum, &sector);
            let Some(sectors) = data else { return Ok(None) };
            let described = entry.descriptor_sectors();
            if n < described {
                data = entry.parse_descriptors(&sector, n).map(|more| sectors + more);
            } else if n < described + sectors && !entry.owns(&sector) {
                return Ok(None);
            }
        }
        let fits = data.is_some_and(|sectors| entry.descriptor_sectors() + sectors <= entry.sectors);
        Ok((fits && sum == le32(&head, 4)).then_some(entry))
    }

    /// The header of the entry. Lengths need not be whole MiB, as the specification asks: qemu writes others.
    fn parse(head: &[u8; SECTOR_LEN], ring: Ring<'_>, first: u64) -> Option<Self> {
        let (len, tail) = (u64::from(le32(head, 8)), u64::from(le32(head, 12)));
        let entry = Entry {
            first,
            sectors: len / SECTOR,
            tail: tail / SECTOR,
            sequence: le64(head, 16),
            flushed_file_offset: le64(head, 48),
            last_file_offset: le64(head, 56),
            descriptors: le32(head, 24).into(),
        };
        let is_possible = has(head, 0, b"loge")
            && Guid::at(head, 32) == ring.guid
            && len.is_multiple_of(SECTOR)
            && tail.is_multiple_of(SECTOR)
            && (1..=ring.sectors()).contains(&entry.sectors)
            && entry.tail < ring.sectors()
            && entry.sequence > 0
            && entry.descriptor_sectors() <= entry.sectors
            && entry.last_file_offset <= MAX_FILE;
        is_possible.then_some(entry)
    }

    fn descriptor_sectors(&self) -> u64 {
        (HEADER_LEN + self.descriptors * DESCRIPTOR_LEN as u64).div_ceil(SECTOR)
    }

    /// The descriptors in sector `n` of the entry.
    fn descriptors<'s>(&self, sector: &'s [u8; SECTOR_LEN], n: u64) -> impl Iterator<Item = &'s [u8]> + use<'s> {
        const PER_SECTOR: u64 = SECTOR / DESCRIPTOR_LEN as u64;
        const IN_HEADER: u64 = HEADER_LEN / DESCRIPTOR_LEN as u64;
        let end = (self.descriptors + IN_HEADER).saturating_sub(n * PER_SECTOR).min(PER_SECTOR);
        let start = if n == 0 { IN_HEADER } else { 0 };
        let index = |slot: u64| usize::try_from(slot).expect("a sector is small") * DESCRIPTOR_LEN;
        sector[index(start)..index(end)].chunks_exact(DESCRIPTOR_LEN)
    }

    /// How many of the descriptors in sector `n` bring data, if all are right.
    fn parse_descriptors(&self, sector: &[u8; SECTOR_LEN], n: u64) -> Option<u64> {
        let mut data = 0;
        for descriptor in self.descriptors(sector, n) {
            if matches!(self.change(descriptor, 0)?, Change::Data { .. }) {
                data += 1;
            }
        }
        Some(data)
    }

    /// What a descriptor says; its data is in sector `from`.
    fn change(&self, descriptor: &[u8], from: u64) -> Option<Change> {
        let to = le64(descriptor, 16);
        let is_zero = has(descriptor, 0, b"zero");
        let len = if is_zero { le64(descriptor, 8) } else { SECTOR };
        let end = to.checked_add(len).filter(|&end| end <= MAX_FILE)?;
        let is_possible =
            to.is_multiple_of(SECTOR) && len.is_multiple_of(SECTOR) && le64(descriptor, 24) == self.sequence;
        match is_possible {
            true if is_zero => Some(Change::Zero(to..end)),
            true if has(descriptor, 0, b"desc") => {
                Some(Change::Data { to, from, leading: bytes(descriptor, 8), trailing: bytes(descriptor, 4) })
            }
            _ => None,
        }
    }

    /// Whether a sector of data was written with this entry, from its first byte to its last.
    fn owns(&self, sector: &[u8; SECTOR_LEN]) -> bool {
        let sequence = u64::from(le32(sector, 4)) << 32 | u64::from(le32(sector, SECTOR_LEN - 4));
        has(sector, 0, b"data") && sequence == self.sequence
    }

    /// All changes, in order.
    pub(super) fn for_each(&self, ring: Ring<'_>, mut apply: impl FnMut(Change) -> Result<()>) -> Result<()> {
        let mut from = self.first + self.descriptor_sectors();
        for n in 0..self.descriptor_sectors() {
            let sector = ring.sector(self.first + n)?;
            for descriptor in self.descriptors(&sector, n) {
                let Some(change) = self.change(descriptor, from) else { continue };
                from += u64::from(matches!(change, Change::Data { .. }));
                apply(change)?;
            }
        }
        Ok(())
    }
}
