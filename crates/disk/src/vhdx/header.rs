//! The file type identifier (section 2.2.1) and the two headers (2.2.2), of which one is current.

use super::checksum::checksum;
use super::guid::Guid;
use super::{MIB, utf16};
use crate::fields::{has, le16, le32, le64};
use std::ops::Range;
use storage::{Error, ReadAt, Result, check_range, read_array};

pub(super) const SIGNATURE: &[u8; 8] = b"vhdxfile";

/// Where the two headers are, 4 KiB each.
const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
const HEADER_LEN: usize = 4096;

/// What the current header says.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Who made the file, as it says.
    pub(super) creator: String,
    /// Of the entries of the log that count; zero where none does.
    pub(super) log_guid: Guid,
    /// Where the log is; empty where there is none.
    pub(super) log: Range<u64>,
    /// What is odd about the headers and harmless.
    pub(super) note: Option<String>,
}

impl Header {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let identifier: [u8; 520] = read_array(file, 0).map_err(|error| error.within("VHDX file identifier"))?;
        if !identifier.starts_with(SIGNATURE) {
            return Err(Error::corrupt(0, "VHDX file identifier: is missing; this is no VHDX"));
        }
        let (at, block, note) = current(file)?;
        let within = |error: Error| error.within("VHDX header");
        let version = le16(&block, 66);
        if version != 1 {
            return Err(within(Error::unsupported(format!("version {version} of the format is not read, only 1"))));
        }
        let log_guid = Guid::at(&block, 48);
        let log_version = le16(&block, 64);
        if log_version != 0 && !log_guid.is_zero() {
            let what = format!("there is a log of version {log_version}, and only 0 is read");
            return Err(within(Error::unsupported(what)));
        }
        let log = log_range(&block, at, file.size()).map_err(within)?;
        if log.is_empty() && !log_guid.is_zero() {
            return Err(within(Error::corrupt(at + 68, "says that the log is to be replayed, and that it is empty")));
        }
        Ok(Header { creator: utf16(&identifier[8..]), log_guid, log, note })
    }

    /// Whether changes stand in the log that may not have reached their places.
    pub(super) fn is_dirty(&self) -> bool {
        !self.log_guid.is_zero()
    }
}

/// The current header: where it is, and what is odd about the other one.
fn current(file: &dyn ReadAt) -> Result<(u64, [u8; HEADER_LEN], Option<String>)> {
    let [first, second] = HEADERS;
    let damaged = |at| Some(format!("the VHDX's header at byte {at} is damaged; the other one is used"));
    match (valid(file, first)?, valid(file, second)?) {
        (None, None) => Err(Error::corrupt(first, "VHDX header: both headers are damaged")),
        (Some(one), None) => Ok((first, one, damaged(second))),
        (None, Some(two)) => Ok((second, two, damaged(first))),
        (Some(one), Some(two)) => match sequence(&one).cmp(&sequence(&two)) {
            std::cmp::Ordering::Greater => Ok((first, one, None)),
            std::cmp::Ordering::Less => Ok((second, two, None)),
            std::cmp::Ordering::Equal if one == two => Ok((first, one, None)),
            std::cmp::Ordering::Equal => {
                let what = format!("both have the sequence number {}, and they differ", sequence(&one));
                Err(Error::corrupt(first + 8, what).within("VHDX header"))
            }
        },
    }
}

fn sequence(header: &[u8; HEADER_LEN]) -> u64 {
    le64(header, 8)
}

/// The header at `at`, if its signature and checksum are right.
fn valid(file: &dyn ReadAt, at: u64) -> Result<Option<[u8; HEADER_LEN]>> {
    let block: [u8; HEADER_LEN] = read_array(file, at).map_err(|error| error.within("VHDX header"))?;
    Ok((has(&block, 0, b"head") && le32(&block, 4) == checksum(&block)).then_some(block))
}

fn log_range(block: &[u8; HEADER_LEN], at: u64, size: u64) -> Result<Range<u64>> {
    let (len, offset) = (u64::from(le32(block, 68)), le64(block, 72));
    if !len.is_multiple_of(MIB) || !offset.is_multiple_of(MIB) || (len > 0 && offset < MIB) {
        let what = format!("a log of {len} bytes at byte {offset} is not possible (whole MiB, behind the first)");
        return Err(Error::corrupt(at + 68, what));
    }
    if len == 0 {
        return Ok(0..0);
    }
    check_range(size, offset, len).map_err(|error| error.within("log"))?;
    Ok(offset..offset + len)
}
