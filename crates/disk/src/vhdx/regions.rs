//! The region table (section 2.2.3), of which there are two copies: where the BAT and the metadata are.

use super::checksum::checksum;
use super::guid::Guid;
use super::{MIB, SECTION_LEN};
use crate::fields::{has, le32, le64};
use std::ops::Range;
use storage::{Error, ReadAt, Result, check_range, read_vec, to_usize};

/// Where the two tables are.
const TABLES: [u64; 2] = [192 << 10, 256 << 10];
const HEADER_LEN: usize = 16;
const ENTRY_LEN: usize = 32;

/// Entries that a table may have; the specification's limit, and as many as it has room for.
const MAX_ENTRIES: u32 = 2047;

const BAT: Guid = Guid::new(0x2dc2_7766, 0xf623, 0x4200, [0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08]);
const METADATA: Guid = Guid::new(0x8b7c_a206, 0x4790, 0x4b9a, [0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e]);

/// Where the regions are: all apart from the first MiB, and within the file.
#[derive(Clone, Debug)]
pub(super) struct Regions {
    pub(super) bat: Range<u64>,
    pub(super) metadata: Range<u64>,
    /// Those that are not known, and need not be.
    pub(super) others: Vec<Range<u64>>,
    /// What is odd about the tables and harmless.
    pub(super) note: Option<String>,
}

impl Regions {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let (at, table, note) = current(file)?;
        let mut seen = Vec::new();
        let mut regions = Regions { bat: 0..0, metadata: 0..0, others: Vec::new(), note };
        for (i, entry) in table[HEADER_LEN..].chunks_exact(ENTRY_LEN).enumerate() {
            let at = at + (HEADER_LEN + i * ENTRY_LEN) as u64;
            let guid = Guid::at(entry, 0);
            seen.push(guid);
            let range = range(file, entry, at).map_err(|error| error.within(format!("VHDX region {guid}")))?;
            match guid {
                BAT => regions.bat = range,
                METADATA => regions.metadata = range,
                _ if le32(entry, 28) != 0 => {
                    let what = format!("the VHDX has a region {guid} that must be understood to read it, and is not");
                    return Err(Error::unsupported(what));
                }
                _ => regions.others.push(range),
            }
        }
        seen.sort_unstable();
        if let Some(twice) = seen.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::corrupt(at, format!("VHDX region table: region {} is listed twice", twice[0])));
        }
        for (what, range) in [("BAT", &regions.bat), ("metadata", &regions.metadata)] {
            if range.is_empty() {
                return Err(Error::corrupt(at, format!("VHDX region table: there is no region for the {what}")));
            }
        }
        Ok(regions)
    }
}

fn range(file: &dyn ReadAt, entry: &[u8], at: u64) -> Result<Range<u64>> {
    let (offset, len) = (le64(entry, 16), u64::from(le32(entry, 24)));
    if offset < MIB || !offset.is_multiple_of(MIB) || !len.is_multiple_of(MIB) {
        let what = format!("{len} bytes at byte {offset} are not possible (whole MiB, behind the first)");
        return Err(Error::corrupt(at + 16, what));
    }
    check_range(file.size(), offset, len)?;
    Ok(offset..offset + len)
}

/// The header and the entries of the table to go by: where it is, and what is odd about the other one.
fn current(file: &dyn ReadAt) -> Result<(u64, Vec<u8>, Option<String>)> {
    let [first, second] = TABLES;
    let damaged = |at| Some(format!("the VHDX's region table at byte {at} is damaged; the other one is used"));
    match (valid(file, first)?, valid(file, second)?) {
        (None, None) => Err(Error::corrupt(first, "VHDX region table: both tables are damaged")),
        (Some(one), None) => Ok((first, one, damaged(second))),
        (None, Some(two)) => Ok((second, two, damaged(first))),
        // The checksum is over the reserved bytes too, which may differ.
        (Some(one), Some(two)) if one[8..] == two[8..] => Ok((first, one, None)),
        _ => Err(Error::corrupt(second, "VHDX region table: differs from the other one, and both checksums are right")),
    }
}

/// The used part of the table at `at`, if its signature and checksum are right.
fn valid(file: &dyn ReadAt, at: u64) -> Result<Option<Vec<u8>>> {
    let mut table = read_vec(file, at, SECTION_LEN).map_err(|error| error.within("VHDX region table"))?;
    if !has(&table, 0, b"regi") || le32(&table, 4) != checksum(&table) {
        return Ok(None);
    }
    let count = le32(&table, 8);
    if count > MAX_ENTRIES {
        let what = format!("VHDX region table: {count} entries are more than the {MAX_ENTRIES} that are possible");
        return Err(Error::corrupt(at + 8, what));
    }
    table.truncate(HEADER_LEN + to_usize(count.into())? * ENTRY_LEN);
    Ok(Some(table))
}
