//! One of the two copies of a GPT: a header of one sector, and the array of entries it names.
//!
//! UEFI 2.10, section 5.3. Decoded by the crate `gpt`; what makes a copy valid is decided here, because the crate says
//! neither which part of which copy is wrong, nor looks at more than 92 bytes of a header, and stops the program at
//! entries of any size but 128. It is handed only what was found valid, with the entries cut to 128 bytes.

use gpt::disk::LogicalBlockSize;
use gpt::header::{Header, read_header_from_arbitrary_device};
use gpt::partition::{Partition, file_read_partitions};
use std::io::Cursor;
use storage::{ErrorKind, ReadAt, Result, read_vec, to_usize};

const SIGNATURE: &[u8; 8] = b"EFI PART";

/// Length of the header that the specification defines, in bytes.
const HEADER_LEN: usize = 92;

/// Length of an entry that the specification defines, in bytes; larger ones only add room at their end.
const ENTRY_LEN: usize = 128;

/// The largest array of entries that is read, in bytes: 64 times what every disk has.
const MAX_ENTRIES_LEN: u64 = 1 << 20;

/// A header that is valid in itself, and its entries if they are.
#[derive(Debug)]
pub(super) struct Copy {
    /// Where the header lies, in sectors.
    pub(super) lba: u64,
    /// Where it says the other copy is.
    pub(super) alternate: u64,
    pub(super) first_usable: u64,
    pub(super) last_usable: u64,
    /// Lower case.
    pub(super) disk_guid: String,
    /// First sector of the entries.
    pub(super) entries_lba: u64,
    pub(super) entry_size: u32,
    pub(super) entry_count: u32,
    entries_crc: u32,
    /// The used entries, by number; or what is wrong with the array.
    pub(super) entries: Result<Vec<Entry>, String>,
}

/// A partition. Sectors are inclusive, as on disk.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u32,
    /// Upper case.
    pub(super) type_guid: String,
    /// Lower case.
    pub(super) guid: String,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) attributes: u64,
    pub(super) name: String,
}

/// Why there is no copy.
#[derive(Debug)]
pub(super) enum Flaw {
    /// Nothing there calls itself a GPT header.
    Missing(String),
    /// The header contradicts itself.
    Header(String),
}

impl Copy {
    /// Reads the copy whose header is at sector `lba`. Fails only where the machine does.
    pub(super) fn read(disk: &dyn ReadAt, lba: u64, sector_size: u64) -> Result<Result<Copy, Flaw>> {
        let offset = lba.saturating_mul(sector_size);
        let sector = match read_vec(disk, offset, sector_size) {
            Ok(sector) => sector,
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => return Ok(Err(Flaw::Missing(format!("sector {lba} cannot be read: {error}")))),
        };
        let header = match decode_header(sector, lba) {
            Ok(header) => header,
            Err(flaw) => return Ok(Err(flaw)),
        };
        let entries = read_entries(disk, &header, sector_size)?;
        Ok(Ok(Copy {
            lba,
            alternate: header.backup_lba,
            first_usable: header.first_usable,
            last_usable: header.last_usable,
            disk_guid: header.disk_guid.to_string(),
            entries_lba: header.part_start,
            entry_size: header.part_size,
            entry_count: header.num_parts,
            entries_crc: header.crc32_parts,
            entries,
        }))
    }

    /// Whether header and entries are valid.
    pub(super) fn is_valid(&self) -> bool {
        self.entries.is_ok()
    }

    /// Length of the array, in sectors.
    pub(super) fn entries_sectors(&self, sector_size: u64) -> u64 {
        (u64::from(self.entry_count) * u64::from(self.entry_size)).div_ceil(sector_size)
    }

    /// What another copy says otherwise, apart from where it lies.
    pub(super) fn difference(&self, other: &Copy) -> Option<&'static str> {
        let array = |copy: &Copy| (copy.entry_count, copy.entry_size, copy.entries_crc);
        if self.disk_guid != other.disk_guid {
            Some("the GUID of the disk")
        } else if array(self) != array(other) {
            Some("the partitions")
        } else if (self.first_usable, self.last_usable) != (other.first_usable, other.last_usable) {
            Some("the usable range")
        } else {
            None
        }
    }
}

fn decode_header(mut sector: Vec<u8>, lba: u64) -> Result<Header, Flaw> {
    if !sector.starts_with(SIGNATURE) {
        return Err(Flaw::Missing(format!("sector {lba} does not begin with \"EFI PART\"")));
    }
    let word = |sector: &[u8], at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| sector[at + i]));
    let (len, crc) = (word(&sector, 12), word(&sector, 16));
    let len = usize::try_from(len).ok().filter(|len| (HEADER_LEN..=sector.len()).contains(len));
    let Some(len) = len else {
        return Err(Flaw::Header(format!("the header at sector {lba} gives its length as {}", word(&sector, 12))));
    };
    sector[16..20].fill(0);
    let computed = crc32fast::hash(&sector[..len]);
    if crc != computed {
        return Err(Flaw::Header(format!(
            "the checksum of the header at sector {lba} is {computed:08x}, not {crc:08x}"
        )));
    }
    let header = by_the_crate(&mut sector).map_err(|error| Flaw::Header(error.to_string()))?;
    if header.current_lba != lba {
        return Err(Flaw::Header(format!("the header at sector {lba} says that it is at {}", header.current_lba)));
    }
    Ok(header)
}

/// Decodes a sector that begins with a valid header whose checksum was set to zero.
fn by_the_crate(sector: &mut [u8]) -> Result<Header, gpt::header::HeaderError> {
    let crc = crc32fast::hash(&sector[..HEADER_LEN]);
    sector[16..20].copy_from_slice(&crc.to_le_bytes());
    // It looks for the header behind the first sector.
    let mut disk = vec![0; LogicalBlockSize::Lb512.as_usize()];
    disk.extend_from_slice(&sector[..HEADER_LEN]);
    read_header_from_arbitrary_device(&mut Cursor::new(disk), LogicalBlockSize::Lb512)
}

/// The used entries; or what is wrong with the array.
fn read_entries(disk: &dyn ReadAt, header: &Header, sector_size: u64) -> Result<Result<Vec<Entry>, String>> {
    let size = u64::from(header.part_size);
    let len = u64::from(header.num_parts) * size;
    if size < ENTRY_LEN as u64 || size % 8 != 0 {
        return Ok(Err(format!("entries of {size} bytes cannot be")));
    }
    if len == 0 || len > MAX_ENTRIES_LEN {
        return Ok(Err(format!(
            "{} entries of {size} bytes: no more than {MAX_ENTRIES_LEN} bytes are read",
            header.num_parts
        )));
    }
    let array = match read_vec(disk, header.part_start.saturating_mul(sector_size), len) {
        Ok(array) => array,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(error) => return Ok(Err(format!("the entries at sector {} cannot be read: {error}", header.part_start))),
    };
    let (computed, crc) = (crc32fast::hash(&array), header.crc32_parts);
    if computed != crc {
        let at = header.part_start;
        return Ok(Err(format!("the checksum of the entries at sector {at} is {computed:08x}, not {crc:08x}")));
    }
    decode_entries(&array, header)
}

fn decode_entries(array: &[u8], header: &Header) -> Result<Result<Vec<Entry>, String>> {
    let cut: Vec<u8> =
        array.chunks_exact(to_usize(header.part_size.into())?).flat_map(|entry| &entry[..ENTRY_LEN]).copied().collect();
    let header = Header { part_start: 0, part_size: 128, crc32_parts: crc32fast::hash(&cut), ..header.clone() };
    let found = file_read_partitions(&mut Cursor::new(cut), &header, LogicalBlockSize::Lb512);
    let used = |(number, found): (u32, Partition)| found.is_used().then(|| Entry::new(number, found));
    Ok(found.map(|found| found.into_iter().filter_map(used).collect()).map_err(|error| error.to_string()))
}

impl Entry {
    fn new(number: u32, found: Partition) -> Entry {
        Entry {
            number,
            type_guid: found.part_type_guid.guid.to_string().to_uppercase(),
            guid: found.part_guid.to_string(),
            first: found.first_lba,
            last: found.last_lba,
            attributes: found.flags,
            name: found.name,
        }
    }
}
