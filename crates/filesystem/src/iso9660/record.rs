//! Records of directories.
//!
//! Specification: ECMA-119 section 9.1 and 6.8.1. Numbers are recorded in both orders of bytes; the little-endian one is
//! read, as Linux does.

use super::descriptor::SECTOR;
use crate::field::{be_units, le32};
use storage::{Error, Result, to_usize};

/// Bytes in a record with a name of one byte.
pub(super) const MIN_RECORD: usize = 34;

const FLAG_DIRECTORY: u8 = 0x02;
const FLAG_ASSOCIATED: u8 = 0x04;
const FLAG_MORE: u8 = 0x80;

/// A file, a part of a file, or a directory.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Where it lies, in bytes; for messages.
    pub(super) at: u64,
    /// Where its content begins, in logical blocks: behind the extended attributes.
    pub(super) block: u64,
    /// Bytes of content.
    pub(super) size: u64,
    flags: u8,
    /// Its content is interleaved with that of others.
    pub(super) interleaved: bool,
    pub(super) name: Vec<u8>,
    /// What follows the name: Rock Ridge.
    pub(super) system_use: Vec<u8>,
}

impl Record {
    /// `bytes` are those of one record, which lies at `at`.
    pub(super) fn parse(bytes: &[u8], at: u64) -> Result<Self> {
        let name_len = usize::from(*bytes.get(32).ok_or_else(|| damaged(at))?);
        let name = bytes.get(33..33 + name_len).filter(|name| !name.is_empty()).ok_or_else(|| damaged(at))?;
        // A byte follows a name of even length, so that what comes next has an even offset.
        let rest = bytes.get(33 + name_len + usize::from(name_len.is_multiple_of(2))..);
        Ok(Record {
            at,
            block: u64::from(le32(bytes, 2)) + u64::from(bytes[1]),
            size: le32(bytes, 10).into(),
            flags: bytes[25],
            interleaved: bytes[26] != 0 || bytes[27] != 0,
            name: name.to_vec(),
            system_use: rest.unwrap_or_default().to_vec(),
        })
    }

    pub(super) fn is_directory(&self) -> bool {
        self.flags & FLAG_DIRECTORY != 0
    }

    /// The second stream of a file of old Macs.
    pub(super) fn is_associated(&self) -> bool {
        self.flags & FLAG_ASSOCIATED != 0
    }

    /// Another part of the file follows in the next record.
    pub(super) fn has_more(&self) -> bool {
        self.flags & FLAG_MORE != 0
    }

    /// The directory itself, which comes first, and its parent, which comes second.
    pub(super) fn is_self(&self) -> bool {
        self.name == [0]
    }

    pub(super) fn is_parent(&self) -> bool {
        self.name == [1]
    }

    /// Without version and without the dot of an extension that is not there.
    pub(super) fn plain_name(&self) -> Vec<u8> {
        let name = unversioned(&self.name);
        name.strip_suffix(b".").filter(|name| !name.is_empty()).unwrap_or(name).to_vec()
    }

    /// The same in Joliet's units of 16 bits, which keep the dot.
    pub(super) fn joliet_name(&self) -> Vec<u8> {
        let units: Vec<u16> = be_units(&self.name).collect();
        let name = String::from_utf16_lossy(&units).into_bytes();
        unversioned(&name).to_vec()
    }
}

/// A name without `;1` at its end.
fn unversioned(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|&byte| byte == b';') {
        Some(at) if at > 0 && name[at + 1..].iter().all(u8::is_ascii_digit) => &name[..at],
        _ => name,
    }
}

fn damaged(at: u64) -> Error {
    Error::corrupt(at, "a damaged record in a directory")
}

/// All records of a directory whose content is `bytes`, which lie at `at`. No record crosses the end of a sector; zeros
/// fill the rest of one.
pub(super) fn records(bytes: &[u8], at: u64) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for (number, sector) in (0..).zip(bytes.chunks(to_usize(SECTOR)?)) {
        let mut within = 0;
        while let Some(&len) = sector.get(within).filter(|&&len| len != 0) {
            let here = at + number * SECTOR + within as u64;
            let record = sector.get(within..within + usize::from(len));
            let record = record.filter(|record| record.len() >= MIN_RECORD).ok_or_else(|| damaged(here))?;
            records.push(Record::parse(record, here)?);
            within += usize::from(len);
        }
    }
    match records.first() {
        Some(first) if first.is_self() => Ok(records),
        _ => Err(Error::corrupt(at, "a directory does not begin with itself")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as writers make it.
    fn record(name: &[u8], flags: u8) -> Vec<u8> {
        let mut bytes = vec![0; 33];
        bytes[2] = 20;
        bytes[10] = 100;
        bytes[25] = flags;
        bytes[32] = u8::try_from(name.len()).unwrap();
        bytes.extend_from_slice(name);
        if name.len().is_multiple_of(2) {
            bytes.push(0);
        }
        bytes[0] = u8::try_from(bytes.len()).unwrap();
        bytes
    }

    #[test]
    fn names_lose_version_and_empty_extension() {
        for (recorded, meant) in [
            ("README.TXT;1", "README.TXT"),
            ("README.;1", "README"),
            ("README", "README"),
            ("A;B", "A;B"),
            (";1", ";1"),
            (".", "."),
            ("X.Y;12", "X.Y"),
        ] {
            let parsed = Record::parse(&record(recorded.as_bytes(), 0), 0).unwrap();
            assert_eq!(parsed.plain_name(), meant.as_bytes(), "{recorded}");
        }
        let joliet = Record::parse(&record(b"\0a\x04\x3D\0;\x001", 0), 0).unwrap();
        assert_eq!(joliet.joliet_name(), "a\u{43D}".as_bytes());
    }

    #[test]
    fn a_record_that_crosses_its_sector_is_damage() {
        let mut bytes = record(&[0], 2);
        bytes.extend(record(&[1], 2));
        bytes.resize(2048, 0);
        bytes.extend(record(b"FILE.;1", 0));
        bytes.resize(4096, 0);
        assert_eq!(records(&bytes, 0).unwrap().len(), 3);
        for (at, len) in [(0usize, 33u8), (34, 20), (68, 0xFF), (2048, 38)] {
            let mut other = bytes.clone();
            other[at] = len;
            let end = if at == 68 { 200 } else { other.len() };
            let error = records(&other[..end], 1 << 20).unwrap_err();
            assert_eq!(error.offset(), Some((1 << 20) + at as u64), "{at}");
        }
        assert!(records(&bytes[2048..], 0).is_err() && records(&[0; 4096], 0).is_err() && records(&[], 0).is_err());
    }
}
