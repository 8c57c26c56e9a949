//! The superblock of a member, in two generations.
//!
//! Linux `include/uapi/linux/raid/md_p.h`. Version 0.90 is in the order of bytes of the machine that made it, and has
//! its place 64 to 128 KiB before the end; version 1 is always little-endian, and says itself in which sector it lies.

use std::ops::Range;
use storage::{ErrorKind, ReadAt, Result, read_vec};

const MAGIC: u32 = 0xA92B_4EFC;

const SECTOR: u64 = 512;

/// Length of a superblock of version 0.90, and of what each multiple of is left free for it, in bytes.
const OLD_LEN: u64 = 4096;
const OLD_RESERVED: u64 = 64 << 10;

/// Length of a superblock of version 1 without its table of roles, and the most that stand in that table.
const NEW_LEN: u64 = 256;
const MAX_ROLES: u32 = 1920;

/// Features of version 1 that say something about this member or about all.
const RECOVERY_OFFSET: u32 = 2;
const RESHAPE_ACTIVE: u32 = 4;
const BAD_BLOCKS: u32 = 8;

/// Version 0.91 is 0.90 while it is reshaped.
const OLD_RESHAPING: u32 = 91;

/// States of a member in version 0.90.
const FAULTY: u32 = 1 << 0;
const IN_SYNC: u32 = 1 << 2;

/// What stands where the superblock was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Start,
    /// At this byte, behind the data.
    End {
        at: u64,
    },
}

/// What a member is to its array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The one of this number, from 0.
    Active(u32),
    Spare,
    Faulty,
}

/// A superblock.
#[derive(Debug)]
pub(super) struct Superblock {
    pub(super) place: Place,
    pub(super) uuid: [u8; 16],
    /// As stored, with the name of the machine before it: `host:root`.
    pub(super) name: Option<String>,
    pub(super) level: i32,
    /// Where the array's bytes lie in the member.
    pub(super) data: Range<u64>,
    /// What each member contributes, in bytes; 0 where that differs.
    pub(super) size: u64,
    /// In bytes.
    pub(super) chunk: u64,
    /// How the copies of RAID 10 are dealt out: how many near ones, and 256 times how many far ones.
    pub(super) layout: u32,
    /// Members of a whole array.
    pub(super) members: u32,
    /// Counts the changes.
    pub(super) events: u64,
    /// What each numbered device is.
    roles: Vec<Role>,
    /// The number of this one.
    pub(super) number: usize,
    pub(super) is_reshaping: bool,
    /// Only the start of it holds what it should.
    pub(super) is_rebuilding: bool,
    pub(super) has_bad_blocks: bool,
}

impl Superblock {
    /// What the device of a number is by this superblock.
    pub(super) fn role(&self, number: usize) -> Role {
        self.roles.get(number).copied().unwrap_or(Role::Spare)
    }

    /// The UUID as udev writes it.
    pub(super) fn uuid_text(&self) -> String {
        let hex: String = self.uuid.iter().map(|byte| format!("{byte:02x}")).collect();
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }
}

/// The superblock of a volume, or what is wrong with one; nothing if it has none.
pub(super) fn find(volume: &dyn ReadAt) -> Result<Option<Result<Superblock, String>>> {
    let sectors = volume.size() / SECTOR;
    let end = (sectors.saturating_sub(16) & !7) * SECTOR;
    let mut bad = None;
    for (at, place) in [(0, Place::Start), (4096, Place::Start), (end, Place::End { at: end })] {
        match peek(volume, at, NEW_LEN)? {
            Some(head) if u32_at(&head, 0) == MAGIC && u32_at(&head, 4) == 1 && u64_at(&head, 144) == at / SECTOR => {}
            _ => continue,
        }
        match new(volume, at, place)? {
            Ok(found) => return Ok(Some(Ok(found))),
            Err(what) => bad = Some(Err(what)),
        }
    }
    let Some(at) = (volume.size() & !(OLD_RESERVED - 1)).checked_sub(OLD_RESERVED) else { return Ok(bad) };
    let Some(bytes) = peek(volume, at, OLD_LEN)? else { return Ok(bad) };
    for order in [u32::from_le_bytes, u32::from_be_bytes] {
        let words: Vec<u32> = bytes.chunks_exact(4).map(|word| order([word[0], word[1], word[2], word[3]])).collect();
        if words[0] == MAGIC && words[1] == 0 && matches!(words[2], 90 | OLD_RESHAPING) {
            return Ok(Some(old(&words, at)));
        }
    }
    Ok(bad)
}

/// Version 1. Offsets and lengths in it are sectors.
fn new(volume: &dyn ReadAt, at: u64, place: Place) -> Result<Result<Superblock, String>> {
    let damaged = |what: &str| Ok(Err(format!("the md superblock at byte {at} {what}")));
    let Some(head) = peek(volume, at, NEW_LEN)? else { return damaged("is cut") };
    let count = u32_at(&head, 220);
    if count > MAX_ROLES {
        return damaged("lists more members than fit in it");
    }
    let Some(bytes) = peek(volume, at, NEW_LEN + 2 * u64::from(count))? else { return damaged("is cut") };
    if checksum(&bytes, 216) != u32_at(&bytes, 216) {
        return damaged("has a wrong checksum");
    }
    let bytes_of = |at: usize| u64_at(&bytes, at).checked_mul(SECTOR);
    let (Some(start), Some(len), Some(size)) = (bytes_of(128), bytes_of(136), bytes_of(80)) else {
        return damaged("names sectors that no disk has");
    };
    let Some(data) = start.checked_add(len).map(|end| start..end) else {
        return damaged("names sectors that no disk has");
    };
    let features = u32_at(&bytes, 8);
    let name: Vec<u8> = bytes[32..64].iter().copied().take_while(|&byte| byte != 0).collect();
    let role = |pair: &[u8]| match u16::from_le_bytes([pair[0], pair[1]]) {
        0xFFFE => Role::Faulty,
        number @ 0..0xFF00 => Role::Active(u32::from(number)),
        _ => Role::Spare,
    };
    Ok(Ok(Superblock {
        place,
        uuid: sixteen(&bytes[16..32]),
        name: String::from_utf8(name).ok().filter(|name| !name.is_empty()),
        level: i32::from_le_bytes(u32_at(&bytes, 72).to_le_bytes()),
        data,
        size,
        chunk: u64::from(u32_at(&bytes, 88)) * SECTOR,
        layout: u32_at(&bytes, 76),
        members: u32_at(&bytes, 92),
        events: u64_at(&bytes, 200),
        roles: bytes[256..].chunks_exact(2).map(role).collect(),
        number: usize::try_from(u32_at(&bytes, 160)).unwrap_or(usize::MAX),
        is_reshaping: features & RESHAPE_ACTIVE != 0,
        is_rebuilding: features & RECOVERY_OFFSET != 0,
        has_bad_blocks: features & BAD_BLOCKS != 0,
    }))
}

/// Version 0.90, as words. Sizes in it are KiB.
fn old(words: &[u32], at: u64) -> Result<Superblock, String> {
    let sum: u64 = words.iter().enumerate().filter(|(index, _)| *index != 38).map(|(_, &word)| u64::from(word)).sum();
    if fold(sum) != words[38] {
        return Err(format!("the md superblock at byte {at} has a wrong checksum"));
    }
    let role = |device: &[u32]| match device[4] {
        state if state & FAULTY != 0 => Role::Faulty,
        state if state & IN_SYNC != 0 => Role::Active(device[3]),
        _ => Role::Spare,
    };
    let uuid: Vec<u8> = [5, 13, 14, 15].iter().flat_map(|&index: &usize| words[index].to_be_bytes()).collect();
    let size = u64::from(words[8]) << 10;
    Ok(Superblock {
        place: Place::End { at },
        uuid: sixteen(&uuid),
        // Such an array has no name but the number of its device.
        name: Some(words[11].to_string()),
        level: i32::from_le_bytes(words[7].to_le_bytes()),
        data: 0..at,
        size,
        chunk: u64::from(words[65]),
        layout: words[64],
        members: words[10],
        // Two words in the order of bytes of the machine; the other order is not made any more.
        events: u64::from(words[39]) | u64::from(words[40]) << 32,
        roles: words[128..128 + 27 * 32].chunks_exact(32).map(role).collect(),
        number: usize::try_from(words[992]).unwrap_or(usize::MAX),
        is_reshaping: words[2] == OLD_RESHAPING,
        is_rebuilding: false,
        has_bad_blocks: false,
    })
}

/// The sum of the words but for the one of the sum itself; what is left over at the end counts as 16 bits.
fn checksum(bytes: &[u8], own: usize) -> u32 {
    let word = |(index, word): (usize, &[u8])| match word {
        _ if index * 4 == own => 0,
        [a, b, c, d] => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
        [a, b] => u64::from(u16::from_le_bytes([*a, *b])),
        _ => 0,
    };
    fold(bytes.chunks(4).enumerate().map(word).sum())
}

/// The upper half added to the lower one, as often as the kernel does: once.
fn fold(sum: u64) -> u32 {
    let folded = (sum & 0xFFFF_FFFF) + (sum >> 32);
    u32::try_from(folded & 0xFFFF_FFFF).expect("it was masked")
}

/// Bytes of a volume; nothing where it ends before them, or is damaged below: then whoever uses it says so.
fn peek(volume: &dyn ReadAt, at: u64, len: u64) -> Result<Option<Vec<u8>>> {
    if at.checked_add(len).is_none_or(|end| end > volume.size()) {
        return Ok(None);
    }
    match read_vec(volume, at, len) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(_) => Ok(None),
    }
}

fn sixteen(bytes: &[u8]) -> [u8; 16] {
    let mut all = [0; 16];
    all.copy_from_slice(bytes);
    all
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
