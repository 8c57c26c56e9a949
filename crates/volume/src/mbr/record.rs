//! One sector with four partition entries: the MBR itself, or a link of the chain of logical partitions.
//!
//! Read by the crate `mbrman`, of which only the reading of one sector is used. Its walk of the chain gives up the
//! whole disk, primary partitions too, for a loop, a link that goes backward or one that is damaged; it stops the program
//! where a start overflows 32 bits, and has no limit but the disk's end. The chain is walked in [`extended`]. It also
//! refuses a sector for one odd boot flag, so that flags are judged here and not shown to it.
//!
//! [`extended`]: super::extended

use mbrman::MBRHeader;
use std::io::Cursor;

/// Where the first entry lies in the sector, and the length of one, in bytes.
const ENTRIES: usize = 446;
const ENTRY_LEN: usize = 16;

/// The first bytes of an AIX physical volume, which ends in 55 AA too.
const AIX: [u8; 4] = [0xC9, 0xC2, 0xD4, 0xC1];

/// The type of the entry that keeps programs that know no GPT away from the disk.
pub(crate) const PROTECTIVE: u8 = 0xEE;

/// A sector with partition entries.
#[derive(Debug)]
pub(crate) struct Record {
    /// The disk signature.
    pub(crate) signature: u32,
    entries: [Entry; 4],
}

/// An entry of a record. Positions are in sectors; what they count from depends on the record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) index: u8,
    pub(crate) flag: u8,
    pub(crate) system: u8,
    pub(crate) start: u32,
    pub(crate) sectors: u32,
}

impl Record {
    /// Nothing if the sector does not end in 55 AA, or is AIX's.
    pub(crate) fn parse(sector: &[u8; 512]) -> Option<Record> {
        if sector.starts_with(&AIX) {
            return None;
        }
        let flags = [0, 1, 2, 3].map(|index| sector[ENTRIES + index * ENTRY_LEN]);
        let mut shown = *sector;
        for index in 0..flags.len() {
            shown[ENTRIES + index * ENTRY_LEN] = 0;
        }
        let header = MBRHeader::read_from(&mut Cursor::new(&shown[..])).ok()?;
        let entry = |index: u8, found: &mbrman::MBRPartitionEntry| Entry {
            index,
            flag: flags[usize::from(index)],
            system: found.sys,
            start: found.starting_lba,
            sectors: found.sectors,
        };
        Some(Record {
            signature: u32::from_le_bytes(header.disk_signature),
            entries: [
                entry(0, &header.partition_1),
                entry(1, &header.partition_2),
                entry(2, &header.partition_3),
                entry(3, &header.partition_4),
            ],
        })
    }

    /// The entries that list something: Linux and sfdisk go by the length alone, also where the type is 0.
    pub(crate) fn used(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries.iter().copied().filter(|entry| entry.sectors > 0)
    }

    /// The entries that protect a GPT.
    pub(crate) fn protective(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries.iter().copied().filter(|entry| entry.system == PROTECTIVE)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used().next().is_none()
    }

    /// Whether a used entry is marked active.
    pub(crate) fn has_active(&self) -> bool {
        self.used().any(|entry| entry.is_active())
    }

    /// The first entry whose flag makes it no table.
    pub(crate) fn odd_flag(&self) -> Option<Entry> {
        self.entries.iter().copied().find(|entry| !matches!(entry.flag, 0 | 0x80))
    }
}

impl Entry {
    pub(crate) fn is_active(&self) -> bool {
        self.flag == 0x80
    }

    pub(crate) fn is_extended(&self) -> bool {
        matches!(self.system, 0x05 | 0x0F | 0x85)
    }

    /// Where the entry lies in its sector, in bytes.
    pub(crate) fn position(&self) -> u64 {
        (ENTRIES + usize::from(self.index) * ENTRY_LEN) as u64
    }
}
