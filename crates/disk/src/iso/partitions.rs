//! The tables of partitions that media bear in their system area.
//!
//! UEFI 2.10, sections 5.2 and 5.3; Apple's partition map ("Inside Macintosh: Devices", chapter 3). Only the primary
//! GPT is read, and only in sectors of 512 bytes; whether its backup is there is looked at, since a file that is cut
//! short loses it first. Extended MBR partitions are not followed: media have none.

use super::DISK_SECTOR;
use crate::fields::{be32, has, le32, le64};
use storage::{Error, ReadAt, Result, read_array, read_vec, to_usize};

/// Type of a partition from which UEFI firmware starts, on disk.
pub(super) const ESP: [u8; 16] = *b"\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b";

/// MBR types: an EFI system partition, and what announces a GPT.
pub(super) const EFI: u8 = 0xef;
pub(super) const PROTECTIVE: u8 = 0xee;

/// Bytes of code that the first sector has room for.
pub(super) const CODE: usize = 440;

/// Where the MBR's four entries of 16 bytes are.
pub(super) const ENTRIES: usize = 446;

/// Code of the first sector that is neither zero nor NOP. Real boot code has more than 200 bytes of it; what media
/// have there that is no code (Apple's driver descriptor, a disk's id) has fewer than 20.
const MIN_CODE: usize = 64;

/// Bytes of a GPT's entries that are read; 16 KiB is usual.
const MAX_GPT: u64 = 1 << 20;

/// A partition, in sectors of 512 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) first: u64,
    /// The one behind its last.
    pub(super) end: u64,
    pub(super) efi: bool,
}

/// What stands in the system area.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// The first sector starts a PC: it bears the boot signature and code.
    pub(super) boot_code: bool,
    /// Entries of the MBR in use, without the protective one.
    pub(super) mbr: Vec<Partition>,
    /// The MBR announces a GPT, so that firmware looks at that and not at the MBR's entries.
    pub(super) protective: bool,
    /// A valid GPT.
    pub(super) gpt: Option<Gpt>,
    pub(super) apm: bool,
}

/// A valid GPT.
#[derive(Clone, Debug)]
pub(super) struct Gpt {
    pub(super) partitions: Vec<Partition>,
    /// Sector of the other copy of the table.
    pub(super) backup: u64,
    /// The other copy is where it should be.
    pub(super) has_backup: bool,
}

impl Tables {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        if file.size() < 5 * DISK_SECTOR {
            return Ok(Tables::default());
        }
        let head: [u8; 5 * 512] = read_array(file, 0)?;
        let mut tables = Tables { apm: is_apm(&head), gpt: Gpt::read(file)?, ..Tables::default() };
        if has(&head, 510, b"\x55\xaa") {
            let code = head[..CODE].iter().filter(|&&byte| byte != 0 && byte != 0x90).count();
            tables.boot_code = head[..2] != [0, 0] && code >= MIN_CODE;
            tables.read_mbr(&head[ENTRIES..510]);
        }
        Ok(tables)
    }

    /// A boot signature alone does not make a table: no entry may be impossible.
    fn read_mbr(&mut self, entries: &[u8]) {
        if entries.chunks_exact(16).any(|entry| entry[0] & 0x7f != 0) {
            return;
        }
        for entry in entries.chunks_exact(16) {
            let (first, len) = (u64::from(le32(entry, 8)), u64::from(le32(entry, 12)));
            match entry[4] {
                // One sector of no type: some BIOSes want an entry to be active, whichever.
                0 if len <= 1 => {}
                _ if len == 0 => {}
                PROTECTIVE => self.protective |= first == 1,
                system => self.mbr.push(Partition { first, end: first + len, efi: system == EFI }),
            }
        }
    }

    /// The GPT that firmware looks at.
    pub(super) fn gpt_in_force(&self) -> Option<&Gpt> {
        self.gpt.as_ref().filter(|_| self.protective)
    }

    /// Partitions that UEFI firmware sees.
    pub(super) fn in_force(&self) -> &[Partition] {
        self.gpt_in_force().map_or(&self.mbr, |gpt| &gpt.partitions)
    }

    /// All partitions of all tables.
    pub(super) fn all(&self) -> impl Iterator<Item = &Partition> {
        self.mbr.iter().chain(self.gpt.iter().flat_map(|gpt| &gpt.partitions))
    }

    /// Names of the tables.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let there = [("mbr", !self.mbr.is_empty()), ("gpt", self.gpt.is_some()), ("apm", self.apm)];
        there.iter().filter(|(_, there)| *there).map(|&(name, _)| name).collect()
    }
}

/// Apple's driver descriptor, and the map in the block behind it; blocks have 512 or 2048 bytes.
fn is_apm(head: &[u8]) -> bool {
    has(head, 0, b"ER") && (has(head, 512, b"PM\0\0") || has(head, 2048, b"PM\0\0")) && be32(head, 4) != 0
}

impl Gpt {
    fn read(file: &dyn ReadAt) -> Result<Option<Self>> {
        let Some((header, entries)) = copy(file, 1)? else { return Ok(None) };
        let backup = le64(&header, 32);
        let mut partitions = Vec::new();
        for entry in entries.chunks_exact(entry_size(&header)).filter(|entry| entry[..16] != [0; 16]) {
            let (first, last) = (le64(entry, 32), le64(entry, 40));
            let Some(end) = last.checked_add(1).filter(|&end| end > first) else {
                let what = format!("GPT: a partition begins at sector {first} and ends at sector {last}");
                return Err(Error::corrupt(le64(&header, 72).saturating_mul(DISK_SECTOR), what));
            };
            partitions.push(Partition { first, end, efi: entry[..16] == ESP });
        }
        let has_backup = copy(file, backup)?.is_some();
        Ok(Some(Gpt { partitions, backup, has_backup }))
    }
}

fn entry_size(header: &[u8; 512]) -> usize {
    usize::try_from(le32(header, 84)).unwrap_or(usize::MAX)
}

/// One copy of a GPT if it is valid: its header, and its entries.
fn copy(file: &dyn ReadAt, sector: u64) -> Result<Option<([u8; 512], Vec<u8>)>> {
    let Some(offset) = sector.checked_mul(DISK_SECTOR).filter(|&offset| offset < file.size()) else { return Ok(None) };
    if file.size() - offset < DISK_SECTOR {
        return Ok(None);
    }
    let header: [u8; 512] = read_array(file, offset)?;
    let header_len = to_usize(u64::from(le32(&header, 12)))?.clamp(92, header.len());
    let mut summed = header;
    summed[16..20].fill(0);
    let (count, size) = (u64::from(le32(&header, 80)), u64::from(le32(&header, 84)));
    let possible = has(&header, 0, b"EFI PART")
        && libdeflater::crc32(&summed[..header_len]) == le32(&header, 16)
        && le64(&header, 24) == sector
        && size >= 128
        && size.is_multiple_of(8);
    let Some(len) = count.checked_mul(size).filter(|&len| possible && len <= MAX_GPT) else { return Ok(None) };
    let Some(place) = le64(&header, 72).checked_mul(DISK_SECTOR) else { return Ok(None) };
    if place.checked_add(len).is_none_or(|end| end > file.size()) {
        return Ok(None);
    }
    let entries = read_vec(file, place, len)?;
    Ok((libdeflater::crc32(&entries) == le32(&header, 88)).then_some((header, entries)))
}
