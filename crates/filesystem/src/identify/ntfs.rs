//! The boot sector of NTFS, and its record `$Volume`: label and dirty flag.
//!
//! Layout: boot sector with the BIOS parameter block; file record 3 of the master file table, whose attributes 0x60 and
//! 0x70 lie within the record.

use crate::field::{label_utf16, le_units, le16, le32, le64, peek};
use crate::tree::Info;
use storage::{ReadAt, Result};

const VOLUME_NAME: u32 = 0x60;
const VOLUME_INFORMATION: u32 = 0x70;
const DIRTY: u16 = 1;

/// Sectors and clusters of possible sizes, and a table within the volume.
pub(super) fn is_sound(b: &[u8]) -> bool {
    matches!(le16(b, 11), 512 | 1024 | 2048 | 4096)
        && cluster(b).is_some()
        && record_size(b).is_some()
        && le64(b, 48).saturating_mul(cluster(b).unwrap_or(0)) < le64(b, 40).saturating_mul(le16(b, 11).into())
}

/// Bytes in a cluster. Counts of sectors above 128 are negative powers of two.
fn cluster(b: &[u8]) -> Option<u64> {
    let sectors = match b[13] {
        few @ 1..=128 if few.is_power_of_two() => u64::from(few),
        many @ 244..=255 => 1 << (256 - u32::from(many)),
        _ => return None,
    };
    Some(sectors * u64::from(le16(b, 11)))
}

/// Bytes in a file record: as many clusters as the byte says, or two to its negative.
fn record_size(b: &[u8]) -> Option<u64> {
    let size = match b[64] {
        clusters @ 1..=127 => cluster(b)? * u64::from(clusters),
        shift @ 240..=248 => 1 << (256 - u32::from(shift)),
        _ => return None,
    };
    (512..=65536).contains(&size).then_some(size)
}

pub(super) fn fill(volume: &dyn ReadAt, b: &[u8], info: &mut Info) -> Result<()> {
    info.uuid = Some(format!("{:016X}", le64(b, 72)));
    info.size = Some(le64(b, 40).saturating_mul(le16(b, 11).into()));
    let (Some(cluster), Some(size)) = (cluster(b), record_size(b)) else { return Ok(()) };
    let at = le64(b, 48).saturating_mul(cluster).saturating_add(3 * size);
    if let Some(record) = peek(volume, at, size)?.and_then(|record| mended(record, le16(b, 11).into())) {
        if let Some(name) = attribute(&record, VOLUME_NAME) {
            info.label = label_utf16(le_units(name));
        }
        if let Some(word) = attribute(&record, VOLUME_INFORMATION).and_then(|content| content.get(10..12)) {
            info.clean = Some(le16(word, 0) & DIRTY == 0);
        }
    }
    Ok(())
}

/// Puts back the last two bytes of each sector; none if the record is torn or is none.
fn mended(mut record: Vec<u8>, sector: usize) -> Option<Vec<u8>> {
    if record.get(..4)? != b"FILE" {
        return None;
    }
    let (at, count) = (usize::from(le16(&record, 4)), usize::from(le16(&record, 6)));
    let array = record.get(at..at + 2 * count)?.to_vec();
    for (index, saved) in array.chunks_exact(2).skip(1).enumerate() {
        let end = (index + 1) * sector.min(512);
        let tail = record.get_mut(end - 2..end)?;
        if *tail != array[..2] {
            return None;
        }
        tail.copy_from_slice(saved);
    }
    Some(record)
}

/// The content of the first resident attribute of a type.
fn attribute(record: &[u8], wanted: u32) -> Option<&[u8]> {
    let mut at = usize::from(le16(record, 20));
    loop {
        let head = record.get(at..at.checked_add(24)?)?;
        let len = usize::try_from(le32(head, 4)).ok()?;
        if le32(head, 0) == wanted && head[8] == 0 {
            let start = at + usize::from(le16(head, 20));
            return record.get(start..start.checked_add(usize::try_from(le32(head, 16)).ok()?)?);
        }
        // Lengths are at least 24, so that the walk ends with the record.
        at = if len >= 24 { at.checked_add(len)? } else { return None };
    }
}
