//! The master file table: every file by its number, and its attributes wherever they are.
//!
//! A file whose attributes do not fit its record has a list of them (attribute 0x20), and further records. `$MFT` is a
//! file in itself. The first records have a copy, `$MFTMirr`, which is read where one of them is damaged.

use super::boot::Boot;
use super::record::{ATTRIBUTE_LIST, Attribute, DATA, Record, number};
use super::stream::Stream;
use crate::field::{le16, le32, le64};
use std::cell::Cell;
use storage::{Error, ErrorKind, ReadAt, Result, read_vec};

/// Numbers of the files that NTFS keeps for itself.
pub(super) const MFT: u64 = 0;
pub(super) const LOG: u64 = 2;
pub(super) const VOLUME: u64 = 3;
pub(super) const ROOT: u64 = 5;
pub(super) const BITMAP: u64 = 6;
pub(super) const UPCASE: u64 = 10;
pub(super) const EXTEND: u64 = 11;
/// Files from this number on are those of users; up to the next some are reserved.
pub(super) const FIRST_USER: u64 = 16;
pub(super) const FIRST_FREE: u64 = 24;

/// Records that have a copy.
const MIRRORED: u64 = 4;
/// Longest list of attributes that Windows makes, in bytes.
const MAX_LIST: u64 = 256 << 10;
/// Records that one attribute may be spread over: 200,000 pieces of a file.
const MAX_PARTS: usize = 1024;
/// Bytes of lists and directories that are read of one volume: no more than it has, twice over, and in the end no more than
/// this. Damage may have one list or index serve for any number of files.
const MAX_READ: u64 = 4 << 30;
const MIN_READ: u64 = 64 << 20;
/// Bytes of an entry of a list, without the name.
const ENTRY: usize = 26;

/// Finds files by number.
#[derive(Debug)]
pub(super) struct Mft {
    pub(super) boot: Boot,
    data: Stream,
    /// Whether the copy of the first record was read, as the original is damaged.
    pub(super) is_mirrored: bool,
    /// Bytes of lists and directories that may still be read.
    left: Cell<u64>,
}

/// An entry of a list of attributes: which, and in which record.
struct Listed {
    kind: u32,
    name: Vec<u8>,
    lowest: u64,
    reference: u64,
}

impl Mft {
    pub(super) fn open(volume: &dyn ReadAt, boot: Boot) -> Result<Self> {
        let first = |at| read_vec(volume, at, boot.record).and_then(|bytes| Record::parse(bytes, MFT, at));
        let (record, is_mirrored) = match first(boot.mft) {
            Ok(record) => (record, false),
            Err(error) if error.kind() == ErrorKind::Io || boot.mirror == 0 => return Err(error),
            Err(error) => (first(boot.mirror).map_err(|_| error.within("$MFT and its copy"))?, true),
        };
        let missing = || record.damaged("$MFT has no data");
        let part = record.find(DATA, b"")?.ok_or_else(missing)?;
        let data = Stream::first(&[part], &boot)?;
        let left = Cell::new((2 * volume.size().min(MAX_READ)).clamp(MIN_READ, MAX_READ));
        let mut mft = Mft { boot, data, is_mirrored, left };
        // What is known of $MFT so far must be enough to read the record of its next part.
        let list = mft.list(volume, &record)?.unwrap_or_default();
        let mut parts: Vec<_> = list.into_iter().filter(|listed| listed.is(DATA, b"") && listed.lowest > 0).collect();
        parts.sort_by_key(|listed| listed.lowest);
        for listed in parts {
            let next = mft.part_record(volume, &record, &listed)?;
            let part = listed.find_in(&next)?;
            mft.data.append(&part, &mft.boot)?;
        }
        match mft.data.is_plain() {
            true => Ok(mft),
            false => Err(record.damaged("$MFT has holes")),
        }
    }

    /// Counts what is read of lists and directories.
    pub(super) fn spend(&self, bytes: u64) -> Result<()> {
        let left = self.left.get().checked_sub(bytes);
        let too_much =
            || Error::unsupported("NTFS: more directories and lists of attributes than are read of one volume");
        left.map(|left| self.left.set(left)).ok_or_else(too_much)
    }

    /// A file's record by its number, in use or not.
    pub(super) fn record(&self, volume: &dyn ReadAt, number: u64) -> Result<Record> {
        let read = || {
            let offset = number.checked_mul(self.boot.record);
            let offset = offset.filter(|offset| self.data.size.saturating_sub(*offset) >= self.boot.record);
            let offset = offset.ok_or_else(|| {
                Error::corrupt(self.boot.mft, format!("NTFS: there is no file record {number} in $MFT"))
            })?;
            let bytes = self.data.read(volume, offset, self.boot.record)?;
            Record::parse(bytes, number, self.place(number))
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::Corrupt && number < MIRRORED && self.boot.mirror != 0 => {
                let at = self.boot.mirror + number * self.boot.record;
                let copy = read_vec(volume, at, self.boot.record).and_then(|bytes| Record::parse(bytes, number, at));
                copy.map_err(|_| error)
            }
            read => read,
        }
    }

    /// The record of the file that a reference means.
    pub(super) fn file(&self, volume: &dyn ReadAt, reference: u64) -> Result<Record> {
        let record = self.record(volume, number(reference))?;
        match record.is_meant_by(reference) && record.base() == 0 {
            true => Ok(record),
            false => Err(record.damaged("it is not that of the file that a directory has there")),
        }
    }

    /// Where a record lies: no two lie in one place.
    pub(super) fn place(&self, number: u64) -> u64 {
        number.checked_mul(self.boot.record).and_then(|offset| self.data.place(offset)).unwrap_or(self.boot.mft)
    }

    /// How many records there are.
    pub(super) fn records(&self) -> u64 {
        self.data.size / self.boot.record
    }

    /// The value of an attribute of a file, whichever records it is in.
    pub(super) fn stream(&self, volume: &dyn ReadAt, file: &Record, kind: u32, name: &[u8]) -> Result<Option<Stream>> {
        let Some(list) = self.list(volume, file)? else {
            return file.find(kind, name)?.map(|whole| Stream::new(&[whole], &self.boot)).transpose();
        };
        let mut listed: Vec<_> = list.into_iter().filter(|listed| listed.is(kind, name)).collect();
        listed.sort_by_key(|listed| listed.lowest);
        if listed.is_empty() {
            return Ok(None);
        }
        if listed.len() > MAX_PARTS {
            let parts = listed.len();
            return Err(Error::unsupported(format!("NTFS: a file in {parts} records; up to {MAX_PARTS} are read")));
        }
        let records = listed.iter().map(|listed| self.part_record(volume, file, listed)).collect::<Result<Vec<_>>>()?;
        let parts = listed.iter().zip(&records).map(|(listed, record)| listed.find_in(record));
        Stream::new(&parts.collect::<Result<Vec<_>>>()?, &self.boot).map(Some)
    }

    /// The further records of a file.
    pub(super) fn others(&self, volume: &dyn ReadAt, file: &Record) -> Result<Vec<Record>> {
        let mut list = self.list(volume, file)?.unwrap_or_default();
        list.retain(|listed| number(listed.reference) != file.number);
        list.sort_by_key(|listed| listed.reference);
        list.dedup_by_key(|listed| listed.reference);
        list.iter().map(|listed| self.part_record(volume, file, listed)).collect()
    }

    /// The list of a file's attributes, if it has one.
    fn list(&self, volume: &dyn ReadAt, file: &Record) -> Result<Option<Vec<Listed>>> {
        let Some(attribute) = file.find(ATTRIBUTE_LIST, b"")? else { return Ok(None) };
        let stream = Stream::new(&[attribute], &self.boot)?;
        if stream.size > MAX_LIST {
            return Err(file.damaged(format!("its list of attributes has {} bytes", stream.size)));
        }
        self.spend(stream.size)?;
        let bytes = stream.read(volume, 0, stream.size)?;
        let (mut rest, mut list) = (&bytes[..], Vec::new());
        while !rest.is_empty() {
            let (listed, after) =
                Listed::parse(rest).ok_or_else(|| file.damaged("its list of attributes is damaged"))?;
            list.push(listed);
            rest = after;
        }
        Ok(Some(list))
    }

    /// The record that holds a listed attribute: the file's first or one that says that it belongs to the file.
    fn part_record(&self, volume: &dyn ReadAt, file: &Record, listed: &Listed) -> Result<Record> {
        let record = self.record(volume, number(listed.reference))?;
        let is_own = record.number == file.number || file.is_meant_by(record.base());
        match is_own && record.is_meant_by(listed.reference) {
            true => Ok(record),
            false => Err(file.damaged(format!("its list of attributes names record {}, not its own", record.number))),
        }
    }
}

impl Listed {
    /// The first entry, and what follows it.
    fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let head = bytes.get(..ENTRY)?;
        let entry = bytes.get(..usize::from(le16(head, 4))).filter(|entry| entry.len() >= ENTRY)?;
        let (len, at) = (2 * usize::from(head[6]), usize::from(head[7]));
        let name = if len == 0 { &[][..] } else { entry.get(at..at + len)? };
        let listed =
            Listed { kind: le32(head, 0), name: name.to_vec(), lowest: le64(head, 8), reference: le64(head, 16) };
        Some((listed, &bytes[entry.len()..]))
    }

    fn is(&self, kind: u32, name: &[u8]) -> bool {
        self.kind == kind && self.name == name
    }

    fn find_in<'a>(&self, record: &'a Record) -> Result<Attribute<'a>> {
        let mut found = record.attributes()?.into_iter();
        found.find(|attribute| attribute.is(self.kind, &self.name) && attribute.lowest() == self.lowest).ok_or_else(
            || record.damaged(format!("it does not hold the attribute {:#x} that is listed there", self.kind)),
        )
    }
}
