//! Transactions, put together from operations that may be spread over several records, and the items in them.
//!
//! Specification: XFS Algorithms & Data Structures, "Log Operations", "Log Items". What is an item's own is in the order
//! of bytes of the machine that wrote it.

use super::record::Record;
use crate::field::{be32, le16, le32};
use std::collections::HashMap;
use storage::{Error, Result};

const HEADER: usize = 12;
/// Who wrote an operation: a transaction, or the log itself.
const CLIENT_TRANSACTION: u8 = 0x69;
const CLIENT_LOG: u8 = 0xAA;
/// Flags of an operation.
const START: u8 = 0x01;
const COMMIT: u8 = 0x02;
const CONTINUES: u8 = 0x04;
const CONTINUED: u8 = 0x08;
/// Begins a transaction's own header: `TRAN`.
const MAGIC: u32 = 0x5452_414E;

/// A transaction with all its regions, the first of which is its header.
#[derive(Debug)]
pub(super) struct Transaction {
    /// The place of the record in which it begins.
    pub(super) lsn: u64,
    regions: Vec<Vec<u8>>,
    /// The last region goes on in the next operation.
    is_open: bool,
}

/// What one transaction says of one thing.
pub(super) struct Item<'a> {
    pub(super) kind: u16,
    /// The region that says what is meant.
    pub(super) format: &'a [u8],
    /// The regions that say what becomes of it.
    pub(super) data: &'a [Vec<u8>],
}

/// The transactions that are committed within the records, in that order. Those that began before are in place.
pub(super) fn assemble(records: Vec<Record>) -> Result<Vec<Transaction>> {
    let (mut open, mut done) = (HashMap::new(), Vec::new());
    for record in records {
        if !record.is_little && !record.is_unmount() {
            return Err(Error::unsupported("XFS log: it was written by a machine that puts the high byte first"));
        }
        operations(&record, &mut open, &mut done)?;
    }
    Ok(done)
}

fn operations(record: &Record, open: &mut HashMap<u32, Transaction>, done: &mut Vec<Transaction>) -> Result<()> {
    let mut rest = &record.content[..];
    for _ in 0..record.operations {
        let (header, after) = rest.split_at_checked(HEADER).ok_or_else(damaged)?;
        let len = usize::try_from(be32(header, 4)).map_err(|_| damaged())?;
        let region;
        (region, rest) = after.split_at_checked(len).ok_or_else(damaged)?;
        let (number, flags) = (be32(header, 0), header[9]);
        match header[8] {
            CLIENT_LOG => continue,
            CLIENT_TRANSACTION => {}
            _ => return Err(damaged()),
        }
        if flags & START != 0 {
            open.insert(number, Transaction { lsn: record.lsn, regions: Vec::new(), is_open: false });
        } else if flags & COMMIT != 0 {
            done.extend(open.remove(&number));
        } else if let Some(transaction) = open.get_mut(&number) {
            transaction.put(region, flags)?;
        }
    }
    Ok(())
}

fn damaged() -> Error {
    Error::corrupt(0, "XFS log: an operation that does not fit its record or is none")
}

impl Transaction {
    fn put(&mut self, region: &[u8], flags: u8) -> Result<()> {
        match self.regions.last_mut() {
            Some(last) if self.is_open && flags & CONTINUED != 0 => last.extend_from_slice(region),
            _ if self.is_open || flags & CONTINUED != 0 => return Err(damaged()),
            _ => self.regions.push(region.to_vec()),
        }
        self.is_open = flags & CONTINUES != 0;
        Ok(())
    }

    /// Its items in the order in which they were written.
    pub(super) fn items(&self) -> Result<Vec<Item<'_>>> {
        let damaged = || Error::corrupt(0, "XFS log: a transaction whose items are not whole");
        let Some((header, mut rest)) = self.regions.split_first() else { return Ok(Vec::new()) };
        if header.len() < 4 || le32(header, 0) != MAGIC {
            return Err(damaged());
        }
        let mut items = Vec::new();
        while let Some(format) = rest.first() {
            // Every kind begins with what it is and of how many regions.
            let regions = if format.len() < 4 { 0 } else { usize::from(le16(format, 2)) };
            let (item, after) = rest.split_at_checked(regions).ok_or_else(damaged)?;
            let (format, data) = item.split_first().ok_or_else(damaged)?;
            items.push(Item { kind: le16(format, 0), format, data });
            rest = after;
        }
        Ok(items)
    }
}
