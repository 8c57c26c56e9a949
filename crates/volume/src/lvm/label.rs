//! The label of a physical volume, in one of its first four sectors, and the header behind it.
//!
//! LVM2's `lib/label/label.c` and `lib/format_text/layout.h`. Sectors are of 512 bytes here on every disk.

use storage::{ErrorKind, ReadAt, Result};

/// Length of a sector in LVM, in bytes.
pub(super) const SECTOR: usize = 512;

/// Sectors that may hold the label.
const SECTORS: usize = 4;

/// What LVM's checksums start from, and the bytes of a label that are covered.
const CRC_START: u32 = 0xF597_A6CF;
const CRC_FROM: usize = 20;

/// Length of a UUID on disk, without dashes, in bytes.
const UUID_LEN: usize = 32;

/// A physical volume.
#[derive(Debug)]
pub(super) struct Label {
    /// With dashes.
    pub(super) uuid: String,
    /// Offset and size of each metadata area, in bytes of the volume.
    pub(super) metadata: Vec<(u64, u64)>,
}

/// The label of a volume, or what is wrong with it; nothing if it has none.
pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Result<Label, String>>> {
    let mut sectors = [0; SECTORS * SECTOR];
    match volume.read_at(&mut sectors, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        // Too short for a physical volume, or damaged below: then what uses it says so.
        Err(_) => return Ok(None),
    }
    let mut bad = None;
    for (number, sector) in sectors.chunks_exact(SECTOR).enumerate() {
        if !sector.starts_with(b"LABELONE") || &sector[24..32] != b"LVM2 001" {
            continue;
        }
        match decode(sector, number) {
            Ok(label) => return Ok(Some(Ok(label))),
            Err(what) => bad = Some(Err(what)),
        }
    }
    Ok(bad)
}

fn decode(sector: &[u8], number: usize) -> Result<Label, String> {
    let claimed = u64_at(sector, 8).unwrap_or(0);
    if claimed != number as u64 {
        return Err(format!("the label in sector {number} says that it is in sector {claimed}"));
    }
    let (crc, computed) = (u32_at(sector, 16), checksum(&sector[CRC_FROM..]));
    if crc != Some(computed) {
        return Err(format!("the checksum of the label in sector {number} is not {computed:08x}"));
    }
    header(sector).ok_or_else(|| format!("the header behind the label in sector {number} is cut or has no UUID"))
}

/// The physical volume's header: its UUID, its size, and two lists of areas, each ended by a zero offset.
fn header(sector: &[u8]) -> Option<Label> {
    let start = usize::try_from(u32_at(sector, 20)?).ok()?;
    let uuid = sector.get(start..start.checked_add(UUID_LEN)?)?;
    let (_, after_data) = areas(sector, start + UUID_LEN + 8)?;
    let (metadata, _) = areas(sector, after_data)?;
    Some(Label { uuid: with_dashes(std::str::from_utf8(uuid).ok()?)?, metadata })
}

/// The list at `at`, and where it ends.
fn areas(sector: &[u8], mut at: usize) -> Option<(Vec<(u64, u64)>, usize)> {
    let mut areas = Vec::new();
    loop {
        let (offset, size) = (u64_at(sector, at)?, u64_at(sector, at + 8)?);
        at += 16;
        if offset == 0 {
            return Some((areas, at));
        }
        areas.push((offset, size));
    }
}

/// `6-4-4-4-4-4-6`, as every tool prints it.
fn with_dashes(uuid: &str) -> Option<String> {
    if !uuid.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'#')) {
        return None;
    }
    let cuts = [0, 6, 10, 14, 18, 22, 26, 32];
    Some(cuts.windows(2).map(|cut| &uuid[cut[0]..cut[1]]).collect::<Vec<_>>().join("-"))
}

/// LVM's CRC-32: the usual polynomial with a start value of its own, and not inverted at the end.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(!CRC_START);
    hasher.update(bytes);
    !hasher.finalize()
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}
