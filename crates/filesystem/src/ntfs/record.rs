//! File records, and the attributes in them.
//!
//! A record has a header of at least 42 bytes; attributes follow each other up to the type `0xFFFF_FFFF`. An attribute
//! holds its value itself, or says in which clusters it lies.

use super::fixup::mend;
use crate::field::{le16, le32, le64};
use storage::{Error, Result};

/// Types of attributes.
const STANDARD_INFORMATION: u32 = 0x10;
pub(super) const ATTRIBUTE_LIST: u32 = 0x20;
pub(super) const VOLUME_NAME: u32 = 0x60;
pub(super) const VOLUME_INFORMATION: u32 = 0x70;
pub(super) const DATA: u32 = 0x80;
pub(super) const INDEX_ROOT: u32 = 0x90;
pub(super) const INDEX_ALLOCATION: u32 = 0xA0;
pub(super) const BITMAP: u32 = 0xB0;
pub(super) const REPARSE_POINT: u32 = 0xC0;
const END: u32 = 0xFFFF_FFFF;

/// The number of a file in a reference; the upper bits count how often it was given to another file.
const NUMBER: u64 = (1 << 48) - 1;

/// Of a record: it belongs to a file; the file is a directory.
const IN_USE: u16 = 1;
const IS_DIRECTORY: u16 = 2;

/// Bytes of an attribute's header: common, with the value inside, with the value in clusters.
const COMMON: usize = 16;
const RESIDENT: usize = 24;
const MAPPED: usize = 64;

/// The number of the record that a reference means.
pub(super) fn number(reference: u64) -> u64 {
    reference & NUMBER
}

/// A whole file record.
#[derive(Debug)]
pub(super) struct Record {
    bytes: Vec<u8>,
    pub(super) number: u64,
    /// Where it lies on the volume.
    pub(super) at: u64,
}

impl Record {
    /// `bytes` as they are on the volume.
    pub(super) fn parse(mut bytes: Vec<u8>, number: u64, at: u64) -> Result<Self> {
        mend(&mut bytes, b"FILE", at).map_err(|error| error.within(format!("file record {number}")))?;
        Ok(Record { bytes, number, at })
    }

    pub(super) fn is_in_use(&self) -> bool {
        le16(&self.bytes, 22) & IN_USE != 0
    }

    pub(super) fn is_directory(&self) -> bool {
        le16(&self.bytes, 22) & IS_DIRECTORY != 0
    }

    /// The reference to the first record of a file, in one of its others; zero in the first.
    pub(super) fn base(&self) -> u64 {
        le64(&self.bytes, 32)
    }

    /// Whether a reference means this file, and not one that had the record before. A count of zero means any.
    pub(super) fn is_meant_by(&self, reference: u64) -> bool {
        let count = reference >> 48;
        self.is_in_use() && number(reference) == self.number && (count == 0 || count == le16(&self.bytes, 16).into())
    }

    /// Attributes as Windows shows them: hidden, system and others.
    pub(super) fn file_attributes(&self) -> Result<u32> {
        let Some(attribute) = self.find(STANDARD_INFORMATION, b"")? else { return Ok(0) };
        let value = attribute.value()?.get(..36);
        value.map(|value| le32(value, 32)).ok_or_else(|| self.damaged("it has no attributes of a file"))
    }

    pub(super) fn damaged(&self, what: impl std::fmt::Display) -> Error {
        Error::corrupt(self.at, format!("NTFS: file record {}: {what}", self.number))
    }

    /// All attributes, in order.
    pub(super) fn attributes(&self) -> Result<Vec<Attribute<'_>>> {
        let broken = || self.damaged("its attributes reach past its end");
        let mut at = usize::from(le16(&self.bytes, 20));
        let mut attributes = Vec::new();
        loop {
            let rest = self.bytes.get(at..).filter(|rest| rest.len() >= 4).ok_or_else(broken)?;
            if le32(rest, 0) == END {
                return Ok(attributes);
            }
            let head = rest.get(..COMMON).ok_or_else(broken)?;
            let len = usize::try_from(le32(head, 4)).unwrap_or(usize::MAX);
            let least = if head[8] == 0 { RESIDENT } else { MAPPED };
            let bytes = rest.get(..len).filter(|_| len >= least).ok_or_else(broken)?;
            attributes.push(Attribute { record: self, bytes });
            // Lengths are at least 24, so that the walk ends with the record.
            at += len;
        }
    }

    /// The first attribute of a type and name.
    pub(super) fn find(&self, kind: u32, name: &[u8]) -> Result<Option<Attribute<'_>>> {
        Ok(self.attributes()?.into_iter().find(|attribute| attribute.is(kind, name)))
    }
}

/// One attribute, or the part of it that one record holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    pub(super) record: &'a Record,
    bytes: &'a [u8],
}

impl<'a> Attribute<'a> {
    pub(super) fn kind(&self) -> u32 {
        le32(self.bytes, 0)
    }

    /// In UTF-16; empty if it is the only one of its kind.
    pub(super) fn name(&self) -> &'a [u8] {
        let (len, at) = (2 * usize::from(self.bytes[9]), usize::from(le16(self.bytes, 10)));
        self.bytes.get(at..at + len).unwrap_or_default()
    }

    pub(super) fn is(&self, kind: u32, name: &[u8]) -> bool {
        self.kind() == kind && self.name() == name
    }

    /// How it is stored: compressed, encrypted, sparse.
    pub(super) fn flags(&self) -> u16 {
        le16(self.bytes, 12)
    }

    pub(super) fn is_resident(&self) -> bool {
        self.bytes[8] == 0
    }

    /// The value, if it is in the record.
    pub(super) fn value(&self) -> Result<&'a [u8]> {
        if !self.is_resident() {
            return Err(self.record.damaged(format!("its attribute {:#x} is not in the record", self.kind())));
        }
        let (at, len) =
            (usize::from(le16(self.bytes, 20)), usize::try_from(le32(self.bytes, 16)).unwrap_or(usize::MAX));
        let value = self.bytes.get(at..at.saturating_add(len));
        value.ok_or_else(|| self.record.damaged("the value of an attribute reaches past its end"))
    }

    /// The number of the first cluster of the value that this part tells of. Of a value in clusters only, as what follows.
    pub(super) fn lowest(&self) -> u64 {
        if self.is_resident() { 0 } else { le64(self.bytes, 16) }
    }

    /// Bytes of the value; in the first part only, as what follows.
    pub(super) fn size(&self) -> u64 {
        le64(self.bytes, 48)
    }

    /// Bytes of the value that were ever written; the others are zeros, whatever lies in their clusters.
    pub(super) fn initialized(&self) -> u64 {
        le64(self.bytes, 56)
    }

    /// Two to this many clusters are compressed together.
    pub(super) fn unit(&self) -> u8 {
        self.bytes[34]
    }

    /// Where the clusters are, packed.
    pub(super) fn pairs(&self) -> &'a [u8] {
        self.bytes.get(usize::from(le16(self.bytes, 32))..).unwrap_or_default()
    }
}
