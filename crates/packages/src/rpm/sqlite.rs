//! SQLite 3 (sqlite.org/fileformat2.html), as far as the values of one table: `Packages (hnum INTEGER PRIMARY KEY,
//! blob BLOB NOT NULL)`. Pages of b-trees, records in them, overflow pages; the write-ahead log over all of it.
//!
//! Not supported: texts in UTF-16, which rpm does not use.

use super::Each;
use crate::bytes::{be16, be32, index, slice};
use std::collections::HashMap;
use storage::{Error, Result};

const MAGIC: &[u8] = b"SQLite format 3\0";
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
/// Of the b-tree of a table: SQLite itself allows no more than 20.
const MAX_DEPTH: usize = 20;
/// Longest record that is put together.
const MAX_RECORD: usize = 64 << 20;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

pub(super) fn is_one(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

pub(super) fn walk(bytes: &[u8], wal: &[u8], each: &mut Each<'_>) -> Result<()> {
    let database = Database::open(bytes, wal)?;
    let mut root = None;
    database.table(1, &mut |record| {
        let columns = columns(record)?;
        if let [kind, name, _, page, ..] = columns[..]
            && kind.bytes == b"table"
            && name.bytes == b"Packages"
        {
            root = Some(page.number());
        }
        Ok(())
    })?;
    let root = root.ok_or_else(|| Error::corrupt(0, "the package database has no table Packages"))?;
    let root = u32::try_from(root).map_err(|_| Error::corrupt(0, "the table Packages has no place"))?;
    database.table(root, &mut |record| match columns(record)?[..] {
        [_, blob, ..] => each(blob.bytes),
        _ => Err(Error::corrupt(0, "a row of Packages has no header")),
    })
}

struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// Without what extensions reserve at the end of each page.
    usable: usize,
    /// Pages that the log has anew.
    newer: HashMap<u32, &'a [u8]>,
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8], wal: &'a [u8]) -> Result<Self> {
        let page_size = match be16(bytes, 16)? {
            1 => 65536,
            size => size,
        };
        let reserved = usize::from(slice(bytes, 20, 1)?[0]);
        if !page_size.is_power_of_two() || page_size < 512 || page_size - reserved < 480 {
            return Err(Error::corrupt(16, format!("SQLite has no pages of {page_size} bytes, {reserved} reserved")));
        }
        Ok(Database { bytes, page_size, usable: page_size - reserved, newer: log(wal, page_size) })
    }

    /// A page by its number, and where its b-tree begins in it.
    fn page(&self, number: u32) -> Result<(&'a [u8], usize)> {
        let start = if number == 1 { 100 } else { 0 };
        if let Some(page) = self.newer.get(&number) {
            return Ok((page, start));
        }
        let at = index(number).checked_sub(1).and_then(|before| before.checked_mul(self.page_size));
        let at = at.ok_or_else(|| Error::corrupt(0, format!("SQLite has no page {number}")))?;
        Ok((slice(self.bytes, at, self.page_size)?, start))
    }

    /// All records of a table.
    fn table(&self, root: u32, each: &mut Each<'_>) -> Result<()> {
        let mut pages = vec![(root, 0)];
        let mut left = self.bytes.len() / self.page_size + self.newer.len();
        while let Some((number, depth)) = pages.pop() {
            // A page that is reached twice makes the tree larger than the file.
            if left == 0 || depth > MAX_DEPTH {
                return Err(Error::corrupt(0, format!("the b-tree of page {root} goes round in circles")));
            }
            left -= 1;
            let (page, start) = self.page(number)?;
            let cells = be16(page, start + 3)?;
            match page[start] {
                LEAF => (0..cells).try_for_each(|cell| self.record(page, be16(page, start + 8 + cell * 2)?, each))?,
                INTERIOR => {
                    pages.push((be32(page, start + 8)?, depth + 1));
                    for cell in (0..cells).rev() {
                        pages.push((be32(page, be16(page, start + 12 + cell * 2)?)?, depth + 1));
                    }
                }
                other => return Err(Error::corrupt(0, format!("page {number} of type {other} is in a table"))),
            }
        }
        Ok(())
    }

    /// The record of a cell: in its page as far as it fits there.
    fn record(&self, page: &[u8], cell: usize, each: &mut Each<'_>) -> Result<()> {
        let (len, at) = varint(page, cell)?;
        let (_, at) = varint(page, at)?;
        let len = usize::try_from(len)
            .ok()
            .filter(|len| *len <= MAX_RECORD.min(self.bytes.len() + self.newer.len() * self.page_size));
        let len = len.ok_or_else(|| Error::corrupt(cell as u64, "a record is longer than its package database"))?;
        let most = self.usable - 35;
        if len <= most {
            return each(slice(page, at, len)?);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let here = least + (len - least) % (self.usable - 4);
        let here = if here <= most { here } else { least };
        let mut record = slice(page, at, here)?.to_vec();
        let mut next = be32(page, at + here)?;
        while record.len() < len {
            let (page, _) = self.page(next)?;
            next = be32(page, 0)?;
            record.extend_from_slice(slice(page, 4, (len - record.len()).min(self.usable - 4))?);
        }
        each(&record)
    }
}

/// Pages of a write-ahead log, as far as it was committed. What does not check ends it, as SQLite has it.
fn log(wal: &[u8], page_size: usize) -> HashMap<u32, &[u8]> {
    let mut newer = HashMap::new();
    let Some(header) = wal.get(..WAL_HEADER) else { return newer };
    let big_endian = match be32(header, 0) {
        Ok(0x377f_0682) => false,
        Ok(0x377f_0683) => true,
        _ => return newer,
    };
    if be32(header, 8).ok().map(index) != Some(page_size) {
        return newer;
    }
    let mut sum = checksum((0, 0), &header[..24], big_endian);
    let mut pending = Vec::new();
    for frame in wal[WAL_HEADER..].chunks_exact(FRAME_HEADER + page_size) {
        let (head, page) = frame.split_at(FRAME_HEADER);
        sum = checksum(checksum(sum, &head[..8], big_endian), page, big_endian);
        let word = |at| be32(head, at).unwrap_or(0);
        if head[8..16] != header[16..24] || (word(16), word(20)) != sum {
            break;
        }
        pending.push((word(0), page));
        // The length of the database after a commit; 0 within a transaction.
        if word(4) != 0 {
            newer.extend(pending.drain(..));
        }
    }
    newer
}

/// Section 4.2 of the format: two sums over words that feed each other.
fn checksum(mut sum: (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&pair[at..at + 4]);
            if big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
        };
        sum.0 = sum.0.wrapping_add(word(0)).wrapping_add(sum.1);
        sum.1 = sum.1.wrapping_add(word(4)).wrapping_add(sum.0);
    }
    sum
}

/// A value of a record.
#[derive(Clone, Copy)]
struct Column<'a> {
    bytes: &'a [u8],
}

impl Column<'_> {
    /// As a number that is not negative.
    fn number(&self) -> u64 {
        self.bytes.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}

/// The values of a record, the first five of them.
fn columns(record: &[u8]) -> Result<Vec<Column<'_>>> {
    let (header, mut at) = varint(record, 0)?;
    let mut value = usize::try_from(header).unwrap_or(usize::MAX);
    let end = value;
    let mut columns = Vec::new();
    while at < end && columns.len() < 5 {
        let (kind, next) = varint(record, at)?;
        let len = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return Err(Error::corrupt(at as u64, format!("SQLite has no values of type {kind}"))),
            _ => (kind - 12) / 2,
        };
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        columns.push(Column { bytes: slice(record, value, len)? });
        (at, value) = (next, value + len);
    }
    Ok(columns)
}

/// A number of one to nine bytes, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Result<(u64, usize)> {
    let mut number = 0;
    for (count, next) in (1..).zip(at..at.saturating_add(9)) {
        let byte = slice(bytes, next, 1)?[0];
        if count == 9 {
            return Ok((number << 8 | u64::from(byte), next + 1));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Ok((number, next + 1));
        }
    }
    Err(Error::corrupt(at as u64, "a number is past the end"))
}
