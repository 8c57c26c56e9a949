//! UDF: whether there is a volume, what it is called, and where it ends.
//!
//! ECMA-167, part 2, section 8 (recognition) and part 3, sections 7.2 and 10; UDF 2.60, sections 2.2.3 and 2.2.4.
//! Only blocks of 2048 bytes, as all optical media have them. Nothing of the files is read.

use super::descriptors::{MARK, printable};
use super::{SECTOR, SYSTEM_AREA};
use crate::fields::{bytes, has, le16, le32};
use storage::{Error, ReadAt, Result, read_array, read_vec};

/// Descriptors of the recognition sequence that are looked at.
const MAX_RECOGNITION: u64 = 64;

/// Blocks of the volume descriptor sequence that are looked at; UDF wants 16 at least.
const MAX_SEQUENCE: u64 = 64;

/// Where the anchor is, beside the last blocks of the media.
const ANCHOR: u64 = 256;

const TAG_ANCHOR: u16 = 2;
const TAG_PARTITION: u16 = 5;
const TAG_LOGICAL_VOLUME: u16 = 6;
const TAG_TERMINATOR: u16 = 8;

/// A volume of UDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Udf {
    pub(super) label: String,
    /// Where its last partition ends, in bytes from the start of the media.
    pub(super) end: u64,
}

/// Whether the volume recognition sequence, which goes on behind ISO 9660's descriptors, announces UDF.
pub(super) fn is_marked(file: &dyn ReadAt) -> Result<bool> {
    let mut extended = false;
    for i in 0..MAX_RECOGNITION {
        let offset = SYSTEM_AREA + i * SECTOR;
        if offset + SECTOR > file.size() {
            break;
        }
        let head: [u8; 6] = read_array(file, offset)?;
        match &head[1..] {
            b"BEA01" => extended = true,
            b"NSR02" | b"NSR03" if extended => return Ok(true),
            mark if mark == MARK || mark == b"BOOT2" || mark == b"CDW02" => {}
            _ => break,
        }
    }
    Ok(false)
}

/// Whether there is an anchor where media of 2048-byte blocks have it. Disks are formatted with UDF too, in blocks of
/// their own size.
pub(super) fn is_anchored(file: &dyn ReadAt) -> Result<bool> {
    Ok(anchor(file)?.is_some())
}

/// The anchor volume descriptor.
fn anchor(file: &dyn ReadAt) -> Result<Option<Vec<u8>>> {
    let blocks = file.size() / SECTOR;
    let places = [Some(ANCHOR), blocks.checked_sub(1), blocks.checked_sub(1 + ANCHOR)];
    for place in places.into_iter().flatten() {
        if let Some(anchor) = descriptor(file, place)?.filter(|block| le16(block, 0) == TAG_ANCHOR) {
            return Ok(Some(anchor));
        }
    }
    Ok(None)
}

impl Udf {
    /// The volume of media that [`is_marked`] announces.
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let Some(anchor) = anchor(file)? else {
            let what = "UDF: no anchor volume descriptor is at block 256 or at the end; is the file truncated?";
            return Err(Error::corrupt(ANCHOR * SECTOR, what));
        };
        Self::of_sequence(file, u64::from(le32(&anchor, 20)), u64::from(le32(&anchor, 16)))
    }

    fn of_sequence(file: &dyn ReadAt, start: u64, len: u64) -> Result<Self> {
        let (mut label, mut end) = (None, None);
        for place in start..start + (len / SECTOR).min(MAX_SEQUENCE) {
            let Some(block) = descriptor(file, place)? else { break };
            match le16(&block, 0) {
                TAG_PARTITION => {
                    let partition = (u64::from(le32(&block, 188)) + u64::from(le32(&block, 192))) * SECTOR;
                    end = end.max(Some(partition));
                }
                TAG_LOGICAL_VOLUME => label = Some(dstring(&block[84..212])),
                TAG_TERMINATOR => break,
                _ => {}
            }
        }
        let end = end.ok_or_else(|| {
            Error::corrupt(start * SECTOR, "UDF: the volume descriptor sequence has no partition descriptor")
        })?;
        Ok(Udf { label: label.unwrap_or_default(), end })
    }
}

/// A block whose tag is right: its sum, and the place that it says.
fn descriptor(file: &dyn ReadAt, place: u64) -> Result<Option<Vec<u8>>> {
    let offset = place * SECTOR;
    if offset + SECTOR > file.size() {
        return Ok(None);
    }
    let block = read_vec(file, offset, SECTOR)?;
    let tag: [u8; 16] = bytes(&block, 0);
    let sum = tag.iter().enumerate().filter(|&(i, _)| i != 4).fold(0u8, |sum, (_, &byte)| sum.wrapping_add(byte));
    let valid = sum == tag[4] && u64::from(le32(&tag, 12)) == place && !has(&tag, 0, &[0, 0]);
    Ok(valid.then_some(block))
}

/// OSTA compressed unicode in a field whose last byte is the length used.
fn dstring(field: &[u8]) -> String {
    let Some((&used, letters)) = field.split_last() else { return String::new() };
    let letters = letters.get(..usize::from(used)).unwrap_or_default();
    match letters.split_first() {
        Some((8, narrow)) => printable(&narrow.iter().map(|&byte| char::from(byte)).collect::<String>()),
        Some((16, wide)) => {
            let units: Vec<u16> = wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            printable(&String::from_utf16_lossy(&units))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_narrow_or_wide() {
        let field = |letters: &[u8]| {
            let mut field = letters.to_vec();
            field.resize(127, 0);
            field.push(u8::try_from(letters.len()).unwrap());
            field
        };
        assert_eq!(dstring(&field(b"\x08ab\xe9")), "abé");
        assert_eq!(dstring(&field(b"\x10\0a\x4e\x2d")), "a中");
        assert_eq!(dstring(&field(b"\x07ab")), "");
        assert_eq!(dstring(&[b'x'; 128]), "");
        assert_eq!(dstring(&[]), "");
    }

    #[test]
    fn the_sequence_ends_where_nothing_is_known() {
        let with = |marks: &[&[u8; 5]]| {
            let mut file = vec![0; 0x10000];
            for (i, mark) in marks.iter().enumerate() {
                file[0x8001 + i * 2048..][..5].copy_from_slice(*mark);
            }
            is_marked(&file).unwrap()
        };
        assert!(with(&[b"BEA01", b"NSR02", b"TEA01"]));
        assert!(with(&[b"CD001", b"CD001", b"BEA01", b"NSR03"]));
        assert!(!with(&[b"NSR02"]));
        assert!(!with(&[b"BEA01", b"XXXXX", b"NSR02"]));
        assert!(!is_marked(&vec![0u8; 0x8000]).unwrap());
    }
}
