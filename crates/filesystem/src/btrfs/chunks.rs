//! Chunks: from logical addresses, which everything in btrfs has, to bytes of devices.
//!
//! Linux `fs/btrfs/volumes.c` (`btrfs_map_block`). Not read: RAID5 and RAID6, whose chunks are known and no more. Of a
//! filesystem on several devices there is one here; what has no copy on it is missing.

use super::node::{KEY, Key};
use crate::field::{le16, le32, le64};
use std::ops::Range;
use storage::{Error, Result};

/// Kind of a chunk's item, and the object that all of them are of.
pub(super) const CHUNK_ITEM: u8 = 228;
pub(super) const CHUNKS: u64 = 256;

/// Bytes of an item without stripes, and of each stripe.
const HEAD: usize = 48;
const STRIPE: usize = 32;

/// Chunks that a filesystem may have: those of 1 GiB of a petabyte.
const MAX_CHUNKS: usize = 1 << 20;

pub(super) const DATA: u64 = 0x1;
const RAID0: u64 = 0x8;
const RAID1: u64 = 0x10;
pub(super) const DUP: u64 = 0x20;
const RAID10: u64 = 0x40;
const RAID5: u64 = 0x80;
const RAID6: u64 = 0x100;
const RAID1C3: u64 = 0x200;
const RAID1C4: u64 = 0x400;
/// All bits that say how a chunk lies on devices.
const PROFILES: u64 = 0x7F8;

/// How many bytes of devices one byte takes.
pub(super) fn factor(kind: u64) -> u64 {
    match kind & PROFILES {
        RAID1 | DUP | RAID10 => 2,
        RAID1C3 => 3,
        RAID1C4 => 4,
        _ => 1,
    }
}

/// A part of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stripe {
    pub(super) device: u64,
    /// Where it begins on the device.
    pub(super) at: u64,
}

/// A range of logical addresses, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) range: Range<u64>,
    /// What it holds, and its profile.
    pub(super) kind: u64,
    /// Bytes that lie on one device before the next one follows.
    stripe_len: u64,
    sub_stripes: u64,
    pub(super) stripes: Vec<Stripe>,
}

impl Chunk {
    /// From its item, whose key says where it begins. `sector` bytes are the smallest unit.
    fn read(start: u64, item: &[u8], sector: u64) -> Result<Self> {
        let damaged = |what: &str| Error::corrupt(0, format!("btrfs: the chunk at logical {start}: {what}"));
        if item.len() < HEAD + STRIPE {
            return Err(damaged("its item is too short"));
        }
        let (len, count) = (le64(item, 0), usize::from(le16(item, 44)));
        let end = start.checked_add(len).filter(|end| len > 0 && end.is_multiple_of(sector));
        let stripes = item[HEAD..].chunks_exact(STRIPE);
        if !stripes.remainder().is_empty() || stripes.len() != count {
            return Err(damaged("its number of stripes does not fit its item"));
        }
        let stripes = stripes.map(|stripe| Stripe { device: le64(stripe, 0), at: le64(stripe, 8) }).collect();
        let chunk = Chunk {
            range: start
                ..end.filter(|_| start.is_multiple_of(sector)).ok_or_else(|| damaged("its length cannot be"))?,
            kind: le64(item, 24),
            stripe_len: le64(item, 16),
            sub_stripes: le16(item, 46).into(),
            stripes,
        };
        match chunk.has_sound_profile() {
            true => Ok(chunk),
            false => Err(damaged("its profile and its stripes do not fit each other")),
        }
    }

    fn has_sound_profile(&self) -> bool {
        let count = self.stripes.len();
        let striped = self.stripe_len.is_power_of_two() && self.stripe_len >= 4096;
        match self.kind & PROFILES {
            0 => count == 1,
            RAID0 | RAID5 | RAID6 => striped,
            RAID1 | DUP => count == 2,
            RAID1C3 => count == 3,
            RAID1C4 => count == 4,
            RAID10 => striped && self.sub_stripes == 2 && count.is_multiple_of(2),
            _ => false,
        }
    }

    /// Whether it lies on its devices as it is, and not in turns on several.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.kind & PROFILES, 0 | DUP | RAID1 | RAID1C3 | RAID1C4)
            || self.kind & PROFILES == RAID0 && self.stripes.len() == 1
    }

    /// How many copies there are of everything in it.
    pub(super) fn copies(&self) -> usize {
        match self.kind & PROFILES {
            RAID10 => 2,
            RAID0 => 1,
            _ => self.stripes.len(),
        }
    }

    /// Where a copy of what is at `offset` in it lies, and how many bytes follow there.
    fn place(&self, offset: u64, copy: usize) -> Result<(Stripe, u64)> {
        let overflow = || Error::corrupt(0, "btrfs: a chunk lies behind the end of all addresses");
        let (stripe, within, left) = match self.kind & PROFILES {
            RAID5 | RAID6 => return Err(Error::unsupported("btrfs: RAID5 and RAID6 are not read here")),
            profile @ (RAID0 | RAID10) => {
                let (number, rest) = (offset / self.stripe_len, offset % self.stripe_len);
                let width = if profile == RAID10 { 2 } else { 1 };
                let columns = self.stripes.len() as u64 / width;
                let column = storage::to_usize(number % columns * width)? + copy;
                (column, number / columns * self.stripe_len + rest, self.stripe_len - rest)
            }
            _ => (copy, offset, u64::MAX),
        };
        let stripe = self.stripes.get(stripe).ok_or_else(overflow)?;
        let at = stripe.at.checked_add(within).ok_or_else(overflow)?;
        Ok((Stripe { device: stripe.device, at }, left.min(self.range.end - self.range.start - offset)))
    }
}

/// Where a run of bytes lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// On this device, in bytes.
    pub(super) at: u64,
    /// Bytes that follow each other there.
    pub(super) len: u64,
}

/// All chunks that are known, in order and apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunks {
    all: Vec<Chunk>,
    /// The device that is here.
    device: u64,
}

impl Chunks {
    /// Those in the superblock.
    pub(super) fn system(array: &[u8], device: u64, sector: u64) -> Result<Self> {
        let damaged = || Error::corrupt(0, "btrfs: the system chunks in the superblock cannot be");
        let mut chunks = Chunks { all: Vec::new(), device };
        let mut rest = array;
        while !rest.is_empty() {
            if rest.len() < KEY + HEAD {
                return Err(damaged());
            }
            let key = Key::read(rest, 0);
            let len = KEY + HEAD + usize::from(le16(rest, KEY + 44)) * STRIPE;
            if !key.is_of(CHUNKS, CHUNK_ITEM) || len > rest.len() {
                return Err(damaged());
            }
            chunks.add(key.offset, &rest[KEY..len], sector)?;
            rest = &rest[len..];
        }
        chunks.sort()?;
        Ok(chunks)
    }

    /// One more, by its item. [`sort`](Self::sort) must follow.
    pub(super) fn add(&mut self, start: u64, item: &[u8], sector: u64) -> Result<()> {
        if self.all.len() == MAX_CHUNKS {
            return Err(Error::unsupported(format!("btrfs: there are more than {MAX_CHUNKS} chunks")));
        }
        self.all.push(Chunk::read(start, item, sector)?);
        Ok(())
    }

    /// Puts them in order. The tree repeats those of the superblock.
    pub(super) fn sort(&mut self) -> Result<()> {
        self.all.sort_by_key(|chunk| chunk.range.start);
        self.all.dedup();
        match self.all.windows(2).find(|pair| pair[0].range.end > pair[1].range.start) {
            Some(pair) => Err(Error::corrupt(0, format!("btrfs: chunks overlap at logical {}", pair[1].range.start))),
            None => Ok(()),
        }
    }

    pub(super) fn all(&self) -> &[Chunk] {
        &self.all
    }

    /// The one that holds a logical address.
    pub(super) fn find(&self, logical: u64) -> Result<&Chunk> {
        let after = self.all.partition_point(|chunk| chunk.range.start <= logical);
        let found = after.checked_sub(1).map(|at| &self.all[at]).filter(|chunk| logical < chunk.range.end);
        found.ok_or_else(|| Error::corrupt(0, format!("btrfs: no chunk holds logical {logical}")))
    }

    /// Where a copy of what is at `logical` lies; an error of kind `Unsupported` where that is another device.
    pub(super) fn place(&self, logical: u64, copy: usize) -> Result<Place> {
        let chunk = self.find(logical)?;
        let (Stripe { device, at }, len) = chunk.place(logical - chunk.range.start, copy)?;
        match device == self.device {
            true => Ok(Place { at, len }),
            false => Err(Error::unsupported(format!(
                "btrfs: logical {logical} lies on device {device} of this filesystem, which is not here"
            ))),
        }
    }
}

/// Bytes of a device, by the tree of devices: what a chunk takes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeviceExtent {
    /// On the device.
    pub(super) range: Range<u64>,
    /// Where its chunk begins.
    pub(super) chunk: u64,
}

impl DeviceExtent {
    /// From its item; none if that is not one.
    pub(super) fn read(start: u64, item: &[u8]) -> Option<Self> {
        let end = (item.len() == 48).then(|| start.checked_add(le64(item, 24)))??;
        Some(DeviceExtent { range: start..end, chunk: le64(item, 16) })
    }
}

/// What a device's item in the tree of chunks says: bytes of it, and bytes in chunks.
pub(super) fn device_sizes(item: &[u8]) -> Option<(u64, u64)> {
    // What lies behind is of no use here: types, and the smallest units.
    (item.len() >= 98 && le32(item, 24) != u32::MAX).then(|| (le64(item, 8), le64(item, 16)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: u64 = 1 << 20;

    fn item(kind: u64, sub: u16, stripes: &[(u64, u64)]) -> Vec<u8> {
        let mut item = vec![0; HEAD];
        item[0..8].copy_from_slice(&LEN.to_le_bytes());
        item[16..24].copy_from_slice(&65536u64.to_le_bytes());
        item[24..32].copy_from_slice(&kind.to_le_bytes());
        item[44..46].copy_from_slice(&u16::try_from(stripes.len()).unwrap().to_le_bytes());
        item[46..48].copy_from_slice(&sub.to_le_bytes());
        for (device, at) in stripes {
            item.extend([device.to_le_bytes(), at.to_le_bytes(), [0; 8], [0; 8]].concat());
        }
        item
    }

    fn chunks(kind: u64, sub: u16, stripes: &[(u64, u64)]) -> Result<Chunks> {
        let mut chunks = Chunks { all: Vec::new(), device: 1 };
        chunks.add(LEN, &item(kind, sub, stripes), 4096)?;
        Ok(chunks)
    }

    #[test]
    fn profiles_lead_to_places() {
        let single = chunks(DATA, 0, &[(1, 5 << 20)]).unwrap();
        assert_eq!(single.place(LEN + 10, 0).unwrap(), Place { at: (5 << 20) + 10, len: LEN - 10 });
        assert!(single.place(LEN - 1, 0).is_err() && single.place(2 * LEN, 0).is_err());
        let mirror = chunks(RAID1, 0, &[(2, 0), (1, 100)]).unwrap();
        assert_eq!(mirror.place(LEN, 0).unwrap_err().kind(), storage::ErrorKind::Unsupported);
        assert_eq!(mirror.place(LEN, 1).unwrap().at, 100);
        let striped = chunks(RAID0, 0, &[(1, 0), (1, 1 << 30)]).unwrap();
        for (offset, at) in [(0, 0), (65535, 65535), (65536, 1 << 30), (3 * 65536 + 7, (1 << 30) + 65536 + 7)] {
            assert_eq!(striped.place(LEN + offset, 0).unwrap().at, at, "{offset}");
        }
        assert_eq!(striped.place(LEN + 65535, 0).unwrap().len, 1);
        let both = chunks(RAID10, 2, &[(1, 0), (1, 10), (1, 20), (1, 30)]).unwrap();
        for (offset, copy, at) in [(0, 0, 0), (0, 1, 10), (65536, 0, 20), (65536, 1, 30), (2 * 65536, 1, 65546)] {
            assert_eq!(both.place(LEN + offset, copy).unwrap().at, at, "{offset} {copy}");
        }
        let parity = chunks(RAID5, 0, &[(1, 0), (2, 0)]).unwrap();
        assert_eq!(parity.place(LEN, 0).unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }

    #[test]
    fn chunks_that_cannot_be_are_refused() {
        for (kind, sub, stripes) in [
            (0, 0, &[(1, 0), (1, 1)][..]),
            (RAID1, 0, &[(1, 0)]),
            (RAID10, 1, &[(1, 0), (1, 1)]),
            (RAID0 | RAID1, 0, &[(1, 0), (1, 1)]),
            (0, 0, &[]),
        ] {
            assert!(chunks(kind, sub, stripes).is_err(), "{kind:#x}");
        }
        let mut two = chunks(0, 0, &[(1, 0)]).unwrap();
        two.add(LEN + 4096, &item(0, 0, &[(1, 0)]), 4096).unwrap();
        assert!(two.sort().is_err());
        let mut beyond = Chunks::default();
        assert!(beyond.add(u64::MAX - 4095, &item(0, 0, &[(1, 0)]), 4096).is_err());
        assert!(beyond.add(1, &item(0, 0, &[(1, 0)]), 4096).is_err());
    }

    #[test]
    fn the_array_in_the_superblock_must_come_out_even() {
        let mut array = vec![0; 8];
        array[..8].copy_from_slice(&CHUNKS.to_le_bytes());
        array.push(CHUNK_ITEM);
        array.extend(LEN.to_le_bytes());
        array.extend(item(2, 0, &[(1, 0)]));
        assert_eq!(Chunks::system(&array, 1, 4096).unwrap().all().len(), 1);
        for len in 1..array.len() {
            assert!(Chunks::system(&array[..len], 1, 4096).is_err(), "{len}");
        }
    }
}
