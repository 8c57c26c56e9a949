//! Volume descriptors: sectors of 2 KiB from byte 32768 on.
//!
//! Specification: ECMA-119 section 8; Joliet, "SVD Identification". Label and number are those of `blkid`.

use super::record::{MIN_RECORD, Record};
use crate::field::{be_units, label, label_utf16, le16, le32, peek};
use crate::tree::Info;
use storage::{ReadAt, Result};

/// The first descriptor, in bytes. The 32 KiB before it are not of the format.
pub(super) const OFFSET: u64 = 32768;
/// Bytes in a sector, whatever the logical blocks are.
pub(super) const SECTOR: u64 = 2048;
/// Most descriptors looked at; usual are two to four.
const MAX_DESCRIPTORS: u64 = 32;

const BOOT: u8 = 0;
const PRIMARY: u8 = 1;
const SUPPLEMENTARY: u8 = 2;
const TERMINATOR: u8 = 255;
/// The marks of other descriptors that share the sequence: UDF's.
const OTHERS: [&[u8]; 6] = [b"BEA01", b"NSR02", b"NSR03", b"TEA01", b"BOOT2", b"CDW02"];
/// How Joliet says that its names are of 16 bits.
const ESCAPES: [&[u8]; 3] = [b"%/@", b"%/C", b"%/E"];

/// A tree of directories that a descriptor leads to.
#[derive(Debug)]
pub(super) struct Root {
    /// Bytes in a logical block: 512, 1024 or 2048.
    pub(super) block: u64,
    /// Its record in the descriptor.
    pub(super) record: Record,
}

/// What the descriptors say.
#[derive(Debug)]
pub(super) struct Descriptors {
    pub(super) primary: Root,
    pub(super) joliet: Option<Root>,
    /// There is a boot record of El Torito.
    bootable: bool,
    label: Option<String>,
    uuid: Option<String>,
    size: u64,
}

impl Descriptors {
    /// None if there is no primary volume descriptor, or one that makes no sense.
    pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Self>> {
        let mut found: Option<Self> = None;
        let (mut joliet, mut bootable, mut joliet_label) = (None, false, None);
        for number in 0..MAX_DESCRIPTORS {
            let at = OFFSET + number * SECTOR;
            let Some(bytes) = peek(volume, at, SECTOR)? else { break };
            if OTHERS.contains(&&bytes[1..6]) {
                continue;
            }
            if bytes[1..6] != *b"CD001" {
                break;
            }
            match bytes[0] {
                BOOT => bootable |= bytes[7..39].starts_with(b"EL TORITO SPECIFICATION"),
                PRIMARY if found.is_none() => found = Self::primary(&bytes, at),
                SUPPLEMENTARY if joliet.is_none() && ESCAPES.contains(&&bytes[88..91]) => {
                    joliet = root(&bytes, at);
                    joliet_label = label_utf16(be_units(&bytes[40..72]));
                }
                TERMINATOR => break,
                _ => {}
            }
        }
        Ok(found.map(|found| {
            let label = match (joliet_label, found.label) {
                // Sixteen letters hold less than thirty-two.
                (Some(joliet), Some(plain)) if plain.starts_with(&joliet) => Some(plain),
                (joliet, plain) => joliet.or(plain),
            };
            Descriptors { joliet, bootable, label, ..found }
        }))
    }

    fn primary(bytes: &[u8], at: u64) -> Option<Self> {
        let primary = root(bytes, at)?;
        Some(Descriptors {
            size: u64::from(le32(bytes, 80)) * primary.block,
            label: label(&bytes[40..72]),
            uuid: date(&bytes[830..846]).or_else(|| date(&bytes[813..829])),
            primary,
            joliet: None,
            bootable: false,
        })
    }

    /// On a volume of `len` bytes.
    pub(super) fn info(&self, len: u64) -> Info {
        let mut info = Info {
            fs_type: "iso9660",
            uuid: self.uuid.clone(),
            label: self.label.clone(),
            size: Some(self.size),
            free: Some(0),
            ..Info::default()
        };
        for (there, name) in [(self.bootable, "el_torito"), (self.joliet.is_some(), "joliet")] {
            if there {
                info.features.push(name.to_owned());
            }
        }
        if self.size > len {
            info.notes.push(format!("it is {} bytes long by its own account, and its volume only {len}", self.size));
        }
        info
    }
}

fn root(bytes: &[u8], at: u64) -> Option<Root> {
    let block = u64::from(le16(bytes, 128));
    let record = Record::parse(&bytes[156..156 + MIN_RECORD], at + 156).ok()?;
    (matches!(block, 512 | 1024 | 2048) && record.is_directory()).then_some(Root { block, record })
}

/// Sixteen digits as `2012-08-17-11-24-56-00`.
fn date(digits: &[u8]) -> Option<String> {
    if !digits.iter().all(u8::is_ascii_digit) || digits.iter().all(|&digit| digit == b'0') {
        return None;
    }
    let text = String::from_utf8_lossy(digits);
    let parts = [&text[..4], &text[4..6], &text[6..8], &text[8..10], &text[10..12], &text[12..14], &text[14..16]];
    Some(parts.join("-"))
}
