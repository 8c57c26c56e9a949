//! A GPT for media that have none: in the system area, which belongs to no volume, with its backup behind the data.
//!
//! UEFI 2.10, section 5.3. The EFI system partition lies over El Torito's boot image where that already is. All other
//! sectors of the media are partitions too, read-only and hidden, so that no partitioning program takes them for free
//! space. None of them holds a filesystem of its own: the ISO 9660 volume begins at the start of the disk, where no
//! partition can begin, and is found on the whole disk. A partition over all of it would overlap the EFI system
//! partition, and firmware rejects tables with overlaps.

use super::partitions::{ENTRIES, ESP, PROTECTIVE, Partition};
use super::{DISK_SECTOR, MIB, SYSTEM_AREA};
use storage::{Result, read_array};

/// Sectors of a table's entries: 128 of 128 bytes, as UEFI demands it at least.
const ENTRY_SECTORS: u64 = 32;

/// Sectors at the start of a disk that the first copy takes: MBR, header, entries.
pub(super) const HEAD: usize = 34 * 512;

/// Basic data: the type that all systems know and none formats when it is hidden.
const BASIC_DATA: [u8; 16] = *b"\xa2\xa0\xd0\xeb\xe5\xb9\x33\x44\x87\xc0\x68\xb6\xb7\x26\x99\xc7";

/// Attributes of basic data: read-only, hidden, no drive letter.
const KEEP_OFF: u64 = 1 << 60 | 1 << 62 | 1 << 63;

/// The bytes to lay over media.
pub(super) struct Tables {
    /// Length of the disk: whole MiB.
    pub(super) size: u64,
    pub(super) patches: Vec<(u64, Vec<u8>)>,
}

/// Tables for media of `media_size` bytes whose EFI boot image is `esp`; `primary` is their primary volume descriptor,
/// of which the GUIDs are made, and `head` their first [`HEAD`] bytes, of which the code is kept.
pub(super) fn tables(media_size: u64, esp: Partition, primary: &[u8], head: &[u8; HEAD]) -> Tables {
    let end = media_size.div_ceil(DISK_SECTOR);
    let size = ((end + ENTRY_SECTORS + 1) * DISK_SECTOR).next_multiple_of(MIB);
    let sectors = size / DISK_SECTOR;
    let entries = entries(end, esp, primary);
    let header = |own: u64, other: u64, table: u64| header([own, other, table], sectors, primary, &entries);
    let mut first = head.to_vec();
    first[ENTRIES..512].copy_from_slice(&protective(sectors));
    first[512..1024].copy_from_slice(&header(1, sectors - 1, 2));
    first[1024..].copy_from_slice(&entries);
    let table = sectors - 1 - ENTRY_SECTORS;
    let mut last = entries.clone();
    last.extend(header(sectors - 1, 1, table));
    Tables { size, patches: vec![(0, first), (table * DISK_SECTOR, last)] }
}

/// The MBR's table and its signature: one entry over all the disk.
fn protective(sectors: u64) -> [u8; 66] {
    let len = u32::try_from(sectors - 1).unwrap_or(u32::MAX);
    let mut table = [0; 66];
    table[..8].copy_from_slice(&[0, 0, 2, 0, PROTECTIVE, 0xff, 0xff, 0xff]);
    table[8..12].copy_from_slice(&1u32.to_le_bytes());
    table[12..16].copy_from_slice(&len.to_le_bytes());
    table[64..].copy_from_slice(b"\x55\xaa");
    table
}

fn entries(end: u64, esp: Partition, primary: &[u8]) -> Vec<u8> {
    let data = |first, end| Partition { first, end, efi: false };
    let all = [data(SYSTEM_AREA / DISK_SECTOR, esp.first), esp, data(esp.end, end)];
    let mut bytes = Vec::new();
    for (i, partition) in (1..).zip(all.iter().filter(|partition| partition.first < partition.end)) {
        let (kind, attributes, name) = match partition.efi {
            true => (ESP, 0, "EFI system partition"),
            false => (BASIC_DATA, KEEP_OFF, "ISO 9660 volume"),
        };
        let start = bytes.len();
        bytes.extend(kind);
        bytes.extend(guid(primary, i));
        bytes.extend([partition.first, partition.end - 1, attributes].map(u64::to_le_bytes).concat());
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.resize(start + 128, 0);
    }
    bytes.resize(HEAD - 1024, 0);
    bytes
}

/// `places` are those of this header, of the other one, and of this one's entries.
fn header(places: [u64; 3], sectors: u64, primary: &[u8], entries: &[u8]) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, field: &[u8]| header[at..at + field.len()].copy_from_slice(field);
    put(0, b"EFI PART\0\0\x01\0");
    put(12, &92u32.to_le_bytes());
    put(24, &places[0].to_le_bytes());
    put(32, &places[1].to_le_bytes());
    put(40, &(2 + ENTRY_SECTORS).to_le_bytes());
    put(48, &(sectors - 2 - ENTRY_SECTORS).to_le_bytes());
    put(56, &guid(primary, 0));
    put(72, &places[2].to_le_bytes());
    put(80, &128u32.to_le_bytes());
    put(84, &128u32.to_le_bytes());
    put(88, &libdeflater::crc32(entries).to_le_bytes());
    let sum = libdeflater::crc32(&header[..92]);
    header[16..20].copy_from_slice(&sum.to_le_bytes());
    header
}

/// The disk's GUID (`role` 0) or a partition's: the same for the same media, so that a conversion done twice gives the
/// same disk. FNV-1a of 128 bits over the primary volume descriptor (label, dates, sizes) and the role, marked as
/// version 8 of RFC 9562, which leaves the content to who makes it.
fn guid(primary: &[u8], role: u8) -> [u8; 16] {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = |hash: u128, &byte: &u8| (hash ^ u128::from(byte)).wrapping_mul(PRIME);
    let mut guid = primary.iter().chain([&role]).fold(BASIS, hash).to_le_bytes();
    guid[7] = guid[7] & 0x0f | 0x80;
    guid[8] = guid[8] & 0x3f | 0x80;
    guid
}

/// The first bytes of media, if the system area is free for a table: all is zero behind the code of the first sector.
pub(super) fn free_head(media: &dyn storage::ReadAt) -> Result<Option<Box<[u8; HEAD]>>> {
    let head: Box<[u8; HEAD]> = Box::new(read_array(media, 0)?);
    Ok(storage::is_zero(&head[ENTRIES..]).then_some(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_made_of_the_media_and_the_role() {
        let one = guid(b"media", 0);
        assert_eq!(one, guid(b"media", 0));
        assert!(one != guid(b"media", 1) && one != guid(b"mediB", 0));
        assert_eq!((one[7] >> 4, one[8] >> 6), (8, 2));
    }

    #[test]
    fn nothing_is_left_free_and_nothing_overlaps() {
        for (first, end) in [(64, 128), (100, 2000), (500, 5000)] {
            let esp = Partition { first, end, efi: true };
            let entries = entries(5000, esp, b"");
            let ranges: Vec<(u64, u64)> = entries
                .chunks(128)
                .take_while(|entry| entry[0] != 0)
                .map(|entry| (crate::fields::le64(entry, 32), crate::fields::le64(entry, 40) + 1))
                .collect();
            assert_eq!((ranges[0].0, ranges[ranges.len() - 1].1), (64, 5000));
            assert!(ranges.windows(2).all(|pair| pair[0].1 == pair[1].0), "{ranges:?}");
            assert!(ranges.contains(&(first, end)));
        }
    }
}
