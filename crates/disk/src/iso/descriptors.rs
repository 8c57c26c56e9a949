//! The volume descriptors of ISO 9660: sectors 16 and on, to a terminator.
//!
//! ECMA-119, section 8. Of the supplementary descriptors only Joliet's (UCS-2) is looked at, for its label.

use super::{SECTOR, SYSTEM_AREA};
use crate::fields::{be32, has, le16, le32};
use storage::{Error, ReadAt, Result, read_array, read_vec};

/// What every descriptor of ISO 9660 bears behind its type.
pub(super) const MARK: &[u8] = b"CD001";

/// Descriptors that are looked at; Linux looks at 100. Real media have fewer than ten.
const MAX_DESCRIPTORS: u64 = 100;

const BOOT_RECORD: u8 = 0;
const PRIMARY: u8 = 1;
const SUPPLEMENTARY: u8 = 2;
const TERMINATOR: u8 = 255;

/// Escape sequences by which Joliet says that names are in UCS-2, one for each level.
const JOLIET: [&[u8]; 3] = [b"%/@", b"%/C", b"%/E"];

/// The volume of ISO 9660.
#[derive(Clone, Debug)]
pub(super) struct Volume {
    pub(super) label: String,
    pub(super) publisher: String,
    pub(super) application: String,
    /// In bytes, from the start of the media.
    pub(super) size: u64,
    /// Where the El Torito boot catalogue is, in bytes.
    pub(super) catalog: Option<u64>,
    /// The primary descriptor: it holds the label and the dates, and is different for all media.
    pub(super) primary: Vec<u8>,
    pub(super) notes: Vec<String>,
}

/// Whether the first descriptor is one of ISO 9660.
pub(super) fn is_marked(file: &dyn ReadAt) -> Result<bool> {
    Ok(file.size() >= SYSTEM_AREA + SECTOR && has(&read_array::<6>(file, SYSTEM_AREA)?, 1, MARK))
}

impl Volume {
    /// The volume, if there is one.
    pub(super) fn read(file: &dyn ReadAt) -> Result<Option<Self>> {
        if !is_marked(file)? {
            return Ok(None);
        }
        let (mut primary, mut joliet, mut catalog, mut notes) = (None, None, None, Vec::new());
        for i in 0..=MAX_DESCRIPTORS {
            let offset = SYSTEM_AREA + i * SECTOR;
            let sector = read_vec(file, offset, SECTOR)
                .map_err(|error| error.within(format!("ISO 9660 volume descriptor {i}")))?;
            match sector[0] {
                _ if i == MAX_DESCRIPTORS => {
                    return Err(Error::corrupt(offset, "ISO 9660: the volume descriptors do not end"));
                }
                _ if !has(&sector, 1, MARK) => {
                    notes.push(format!("the ISO 9660 volume descriptors end at byte {offset} without a terminator"));
                    break;
                }
                TERMINATOR => break,
                PRIMARY if primary.is_none() => primary = Some((offset, sector)),
                SUPPLEMENTARY if JOLIET.iter().any(|escape| has(&sector, 88, escape)) => joliet = Some(ucs2(&sector)),
                BOOT_RECORD if has(&sector, 7, b"EL TORITO SPECIFICATION") && catalog.is_none() => {
                    catalog = Some(u64::from(le32(&sector, 71)) * SECTOR);
                }
                _ => {}
            }
        }
        let missing = || Error::corrupt(SYSTEM_AREA, "ISO 9660: there is no primary volume descriptor");
        let (offset, primary) = primary.ok_or_else(missing)?;
        Self::of(primary, offset, joliet.as_deref(), catalog, notes).map(Some)
    }

    fn of(
        primary: Vec<u8>,
        offset: u64,
        joliet: Option<&str>,
        catalog: Option<u64>,
        mut notes: Vec<String>,
    ) -> Result<Self> {
        let (blocks, block_size) = (le32(&primary, 80), le16(&primary, 128));
        if !matches!(block_size, 512 | 1024 | 2048) {
            let what = format!("ISO 9660 primary volume descriptor: logical blocks of {block_size} bytes do not exist");
            return Err(Error::corrupt(offset + 128, what));
        }
        if be32(&primary, 84) != blocks {
            let other = be32(&primary, 84);
            notes.push(format!(
                "the ISO 9660 volume is {blocks} blocks long in one byte order and {other} in the other"
            ));
        }
        Ok(Volume {
            label: label(&text(&primary[40..72]), joliet),
            publisher: text(&primary[318..446]),
            application: text(&primary[574..702]),
            size: u64::from(blocks) * u64::from(block_size),
            catalog,
            primary,
            notes,
        })
    }
}

/// Letters of a field that is filled up with spaces or zeros. What a terminal would obey is replaced.
pub(super) fn text(field: &[u8]) -> String {
    let end = field.iter().rposition(|&byte| byte != b' ' && byte != 0).map_or(0, |last| last + 1);
    printable(&String::from_utf8_lossy(&field[..end]))
}

pub(super) fn printable(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Joliet's label: at most 16 letters.
fn ucs2(sector: &[u8]) -> String {
    let units: Vec<u16> = sector[40..72].chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    let units = units.split(|&unit| unit == 0).next().unwrap_or_default();
    printable(&String::from_utf16_lossy(units))
}

/// The label by which Linux finds the media (`/dev/disk/by-label`, which is libblkid's): ISO 9660's, with the letters
/// of Joliet's as far as that goes where they differ in case only, or where ISO 9660 has no letter and says `_`.
fn label(primary: &str, joliet: Option<&str>) -> String {
    let Some(joliet) = joliet.filter(|joliet| !joliet.is_empty()) else { return primary.to_owned() };
    let same = |(a, b): (char, char)| a == '_' || a.eq_ignore_ascii_case(&b);
    let letters = joliet.chars().count();
    if primary.chars().count() >= letters && primary.chars().zip(joliet.chars()).all(same) {
        joliet.chars().chain(primary.chars().skip(letters)).collect()
    } else if primary.is_empty() {
        joliet.to_owned()
    } else {
        primary.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_two_volumes_are_one() {
        let cases = [
            ("DEBIAN 12", None, "DEBIAN 12"),
            ("DEBIAN 12", Some("Debian 12"), "Debian 12"),
            ("A_B_LONGER_THAN_SIXTEEN", Some("a b longer than "), "a b longer than SIXTEEN"),
            ("", Some("only here"), "only here"),
            ("CDROM", Some("other"), "CDROM"),
            ("AB", Some("abc"), "AB"),
            ("X", Some(""), "X"),
        ];
        for (primary, joliet, wanted) in cases {
            assert_eq!(label(primary, joliet), wanted, "{primary} {joliet:?}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_passed_on() {
        assert_eq!(text(b"A\x1b[2JB   "), "A\u{fffd}[2JB");
        assert_eq!(text(b"  \0\0"), "");
        assert_eq!(text(b"\xff"), "\u{fffd}");
    }
}
