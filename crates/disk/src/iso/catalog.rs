//! The El Torito boot catalogue: what firmware may start from the media as a CD.
//!
//! "El Torito" Bootable CD-ROM Format Specification 1.0, section 2; UEFI 2.10, section 13.3.2 for what the length of
//! an image is where the catalogue cannot say it.

use super::{DISK_SECTOR, SECTOR, fat};
use crate::IsoBoot;
use crate::fields::{le16, le32};
use storage::{Error, ReadAt, Result, check_range, read_array, to_usize};

/// The platform whose images are started by a PC's BIOS.
pub(super) const BIOS: &str = "bios";

/// The platform whose images are FAT filesystems for UEFI firmware.
pub(super) const UEFI: &str = "uefi";

/// Bytes of the catalogue that are read, which has no length of its own: 1024 entries. Real ones have fewer than ten.
const MAX_LEN: u64 = 32 << 10;

const ENTRY: usize = 32;

/// Ids of entries.
const VALIDATION: u8 = 1;
const BOOTABLE: u8 = 0x88;
const MORE_SECTIONS: u8 = 0x90;
const LAST_SECTION: u8 = 0x91;
const EXTENSION: u8 = 0x44;

/// Bit of the media type: an extension follows the entry.
const EXTENDED: u8 = 0x20;

/// The catalogue's entries that are marked as bootable, and what is odd about it.
pub(super) fn read(file: &dyn ReadAt, offset: u64) -> Result<(Vec<IsoBoot>, Vec<String>)> {
    check_range(file.size(), offset, SECTOR)
        .map_err(|_| past_end("El Torito boot catalogue", offset, offset, file.size()))?;
    let mut table = vec![0; to_usize((file.size() - offset).min(MAX_LEN))?];
    file.read_at(&mut table, offset)?;
    let mut catalog = Catalog { file, offset, entries: Vec::new(), notes: Vec::new() };
    catalog.parse(&table)?;
    Ok((catalog.entries, catalog.notes))
}

struct Catalog<'a> {
    file: &'a dyn ReadAt,
    offset: u64,
    entries: Vec<IsoBoot>,
    notes: Vec<String>,
}

impl Catalog<'_> {
    fn parse(&mut self, table: &[u8]) -> Result<()> {
        let mut rows = (self.offset..).step_by(ENTRY).zip(table.chunks_exact(ENTRY));
        let is_validation = |row: &[u8]| row[0] == VALIDATION && row[30..] == [0x55, 0xaa];
        let Some((_, validation)) = rows.next().filter(|(_, row)| is_validation(row)) else {
            let what = "El Torito boot catalogue: does not begin with a validation entry";
            return Err(Error::corrupt(self.offset, what));
        };
        let sum = validation.chunks_exact(2).fold(0u16, |sum, word| sum.wrapping_add(le16(word, 0)));
        if sum != 0 {
            self.notes.push("the checksum of the El Torito boot catalogue is wrong; firmware may ignore it".to_owned());
        }
        if let Some((at, row)) = rows.next() {
            self.entry(at, row, validation[1])?;
        }
        while let Some((_, header)) = rows.next().filter(|(_, row)| matches!(row[0], MORE_SECTIONS | LAST_SECTION)) {
            self.section(header, &mut rows)?;
            if header[0] == LAST_SECTION {
                break;
            }
        }
        Ok(())
    }

    /// The entries behind a section's header, and the extensions behind each.
    fn section<'a>(&mut self, header: &[u8], rows: &mut impl Iterator<Item = (u64, &'a [u8])>) -> Result<()> {
        let start = self.offset;
        let endless = || Error::corrupt(start, "El Torito boot catalogue: a section of it does not end");
        let (platform, entries) = (header[1], le16(header, 2));
        for _ in 0..entries {
            let (at, row) = rows.next().ok_or_else(endless)?;
            let mut extended = row[1] & EXTENDED != 0;
            while extended {
                let (at, extension) = rows.next().ok_or_else(endless)?;
                if extension[0] != EXTENSION {
                    return Err(Error::corrupt(at, "El Torito boot catalogue: an extension is missing"));
                }
                extended = extension[1] & EXTENDED != 0;
            }
            self.entry(at, row, platform)?;
        }
        Ok(())
    }

    /// Takes an entry if it is bootable.
    fn entry(&mut self, at: u64, row: &[u8], platform: u8) -> Result<()> {
        if row[0] != BOOTABLE {
            return Ok(());
        }
        let media = row[1] & 0x0f;
        let offset = u64::from(le32(row, 8)) * SECTOR;
        if offset >= self.file.size() {
            return Err(past_end("El Torito boot image", at, offset, self.file.size()));
        }
        let platform = match platform {
            0 => BIOS.to_owned(),
            0xef => UEFI.to_owned(),
            other => other.to_string(),
        };
        let sectors = le16(row, 6);
        let size = match (media, platform.as_str()) {
            (0, UEFI) => self.uefi_length(offset, sectors)?,
            (1, _) => 1200 << 10,
            (2, _) => 1440 << 10,
            (3, _) => 2880 << 10,
            _ => u64::from(sectors) * DISK_SECTOR,
        };
        let size = size.min(self.file.size() - offset);
        self.entries.push(IsoBoot { platform, offset, size, emulation: media != 0 });
        Ok(())
    }

    /// The count has 16 bits, and makers of media write 0 or 1 where that is too few: FAT knows its length better.
    fn uefi_length(&self, offset: u64, sectors: u16) -> Result<u64> {
        let holds_sector = self.file.size() - offset >= DISK_SECTOR;
        if holds_sector && let Some(length) = fat::length(&read_array(self.file, offset)?) {
            return Ok(length);
        }
        Ok(if sectors > 1 { u64::from(sectors) * DISK_SECTOR } else { self.file.size() - offset })
    }
}

fn past_end(what: &str, at: u64, offset: u64, size: u64) -> Error {
    let what = format!("{what}: lies at byte {offset}, and the file ends at byte {size}; download it again");
    Error::corrupt(at, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use storage::ErrorKind;

    const SIZE: usize = 1 << 20;

    fn row(id: u8, second: u8, count: u16, lba: u32) -> [u8; ENTRY] {
        let mut row = [0; ENTRY];
        row[..2].copy_from_slice(&[id, second]);
        row[6..8].copy_from_slice(&count.to_le_bytes());
        row[8..12].copy_from_slice(&lba.to_le_bytes());
        row
    }

    fn section(id: u8, platform: u8, entries: u16) -> [u8; ENTRY] {
        let mut row = row(id, platform, 0, 0);
        row[2..4].copy_from_slice(&entries.to_le_bytes());
        row
    }

    fn file(platform: u8, rows: &[[u8; ENTRY]]) -> Vec<u8> {
        let mut validation = row(VALIDATION, platform, 0, 0);
        validation[30..].copy_from_slice(b"\x55\xaa");
        let sum = validation.chunks(2).fold(0u16, |sum, word| sum.wrapping_add(le16(word, 0)));
        validation[28..30].copy_from_slice(&sum.wrapping_neg().to_le_bytes());
        let mut file = vec![0; SIZE];
        file[2048..2080].copy_from_slice(&validation);
        for (place, row) in file[2080..].chunks_exact_mut(ENTRY).zip(rows) {
            place.copy_from_slice(row);
        }
        file
    }

    fn boot(platform: &str, offset: u64, size: u64, emulation: bool) -> IsoBoot {
        IsoBoot { platform: platform.to_owned(), offset, size, emulation }
    }

    #[test]
    fn sections_are_walked() {
        let rows = [
            row(BOOTABLE, 0, 4, 100),
            section(MORE_SECTIONS, 0xef, 2),
            row(BOOTABLE, 0, 0, 200),
            row(0, 0, 4, 0xffff_ffff),
            section(LAST_SECTION, 7, 2),
            row(BOOTABLE, 2 | EXTENDED, 1, 0),
            row(EXTENSION, EXTENDED, 0, 0),
            row(EXTENSION, 0, 0, 0),
            row(BOOTABLE, 4, 2, 500),
            row(BOOTABLE, 0, 9, 9),
        ];
        let (entries, notes) = read(&file(0, &rows), 2048).unwrap();
        let wanted = [
            boot("bios", 100 * SECTOR, 2048, false),
            boot("uefi", 200 * SECTOR, SIZE as u64 - 200 * SECTOR, false),
            boot("7", 0, SIZE as u64, true),
            boot("7", 500 * SECTOR, 1024, true),
        ];
        assert_eq!((entries.as_slice(), notes.len()), (wanted.as_slice(), 0));
    }

    #[test]
    fn fat_knows_its_length() {
        let mut file = file(0xef, &[row(BOOTABLE, 0, 1, 100)]);
        let at = 100 * 2048;
        file[at..at + 3].copy_from_slice(b"\xeb\x3c\x90");
        file[at + 11..at + 17].copy_from_slice(&[0, 2, 4, 1, 0, 2]);
        file[at + 19..at + 21].copy_from_slice(&100u16.to_le_bytes());
        file[at + 510..at + 512].copy_from_slice(b"\x55\xaa");
        assert_eq!(read(&file, 2048).unwrap().0, [boot("uefi", at as u64, 51_200, false)]);
        file[at] = 0;
        assert_eq!(read(&file, 2048).unwrap().0[0].size, (SIZE - at) as u64);
    }

    #[test]
    fn damage_is_named() {
        let refused = |file: &Vec<u8>, offset: u64, word: &str| {
            let error = read(file, offset).unwrap_err();
            assert!(error.kind() == ErrorKind::Corrupt && error.to_string().contains(word), "{error}");
        };
        let sound = file(0, &[row(BOOTABLE, 0, 4, 511)]);
        assert!(read(&sound, 2048).is_ok());
        refused(&sound, 0, "validation entry");
        refused(&sound, SIZE as u64, "download it again");
        refused(&sound, u64::from(u32::MAX) * SECTOR, "download it again");
        refused(&file(0, &[row(BOOTABLE, 0, 4, 512)]), 2048, "boot image");
        refused(&file(0, &[row(0, 0, 0, 0), section(MORE_SECTIONS, 0, u16::MAX)]), 2048, "does not end");
        let extended = [row(0, 0, 0, 0), section(LAST_SECTION, 0, 1), row(BOOTABLE, EXTENDED, 0, 0)];
        refused(&file(0, &extended), 2048, "extension");
        let mut unsummed = sound;
        unsummed[2048 + 5] = 1;
        assert_eq!(read(&unsummed, 2048).unwrap().1.len(), 1);
    }
}
