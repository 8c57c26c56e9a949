//! From the volume to its descriptors: recognition, anchor, volume descriptor sequence.
//!
//! Specification: ECMA-167 part 2 and part 3 sections 8 to 10; UDF 2.60 sections 2.2.3 to 2.2.6. The number given is that
//! of `blkid`, made from the name of the volume set.

use super::tag;
use super::text;
use crate::field::{le16, le32, peek};
use crate::tree::Info;
use storage::{Error, ReadAt, Result};

/// Where the sequence of recognition begins, in bytes, and most structures looked at.
const RECOGNITION: u64 = 32768;
const MAX_RECOGNITION: u64 = 32;
/// Sizes of sectors, in bytes, in the order of `blkid`: those under which the structures of recognition are 2 KiB apart,
/// and the one that pushes them to 4 KiB.
const SECTORS: [(u64, &[u64]); 2] = [(2048, &[512, 1024, 2048]), (4096, &[4096])];
/// Sectors looked at in a sequence of descriptors; usual are sixteen to sixty-four.
const MAX_SEQUENCE: u64 = 512;
/// Partitions of a volume; usual are one or two.
const MAX_PARTITIONS: usize = 64;
/// Integrity descriptors looked at.
const MAX_INTEGRITY: u32 = 64;

/// What the volume descriptors say. Numbers of sectors are those of the volume.
#[derive(Debug)]
pub(super) struct Descriptors {
    /// Bytes in a sector, which are those in a block.
    pub(super) sector: u64,
    /// The one with the highest number of each kind.
    primary: Option<Vec<u8>>,
    pub(super) logical: Vec<u8>,
    partitions: Vec<Vec<u8>>,
}

/// The sizes that sectors may have, if the volume says that there is UDF on it.
pub(super) fn sectors(volume: &dyn ReadAt) -> Result<Option<&'static [u64]>> {
    let known: [&[u8]; 7] = [b"CD001", b"BEA01", b"NSR02", b"NSR03", b"TEA01", b"BOOT2", b"CDW02"];
    for (step, sectors) in SECTORS {
        for number in 0..MAX_RECOGNITION {
            let Some(mark) = peek(volume, RECOGNITION + number * step + 1, 5)? else { break };
            if matches!(&mark[..], b"NSR02" | b"NSR03") {
                return Ok(Some(sectors));
            }
            if !known.contains(&&mark[..]) {
                break;
            }
        }
    }
    Ok(None)
}

impl Descriptors {
    /// From the first anchor whose sequence, or the reserve of it, is whole.
    pub(super) fn read(volume: &dyn ReadAt) -> Result<Self> {
        let sizes = sectors(volume)?.ok_or_else(|| Error::corrupt(RECOGNITION, "there is no mark of UDF here"))?;
        let mut last = Error::corrupt(RECOGNITION, "UDF: there is no anchor in sector 256 or at the end");
        for &sector in sizes {
            let sectors = volume.size() / sector;
            let places = [Some(256), sectors.checked_sub(1), sectors.checked_sub(257)];
            for place in places.into_iter().flatten().filter(|&place| place < sectors) {
                let Ok(anchor) = tag::read(volume, place * sector, sector, place, &[tag::ANCHOR]) else { continue };
                for extent in [16, 24] {
                    let (len, start) = (le32(&anchor, extent).into(), le32(&anchor, extent + 4).into());
                    match Self::sequence(volume, sector, start, len) {
                        Ok(found) => return Ok(found),
                        Err(error) => last = error,
                    }
                }
            }
        }
        Err(last)
    }

    /// The descriptors in `len` bytes from sector `start` on, and where a pointer leads.
    fn sequence(volume: &dyn ReadAt, sector: u64, mut start: u64, mut len: u64) -> Result<Self> {
        let mut found = Descriptors { sector, primary: None, logical: Vec::new(), partitions: Vec::new() };
        let mut number = 0;
        for _ in 0..MAX_SEQUENCE {
            let at = (start + number) * sector;
            if (number + 1) * sector > len {
                break;
            }
            let Some(bytes) = peek(volume, at, sector)? else { break };
            let right = tag::check(&bytes).filter(|_| u64::from(le32(&bytes, 12)) == start + number);
            number += 1;
            match right {
                Some(tag::VOLUME_POINTER) => {
                    (len, start, number) = (le32(&bytes, 20).into(), le32(&bytes, 24).into(), 0);
                }
                Some(tag::TERMINATOR) | None => break,
                Some(kind) => found.put(kind, bytes),
            }
        }
        if found.logical.is_empty() || found.partitions.is_empty() {
            return Err(Error::corrupt(
                start * sector,
                "UDF: the sequence of descriptors names no logical volume or no partition",
            ));
        }
        Ok(found)
    }

    /// Of two descriptors of one thing, the one with the higher number counts.
    fn put(&mut self, kind: u16, bytes: Vec<u8>) {
        let newer = |old: &[u8]| old.is_empty() || le32(&bytes, 16) >= le32(old, 16);
        match kind {
            tag::PRIMARY_VOLUME if newer(self.primary.as_deref().unwrap_or_default()) => self.primary = Some(bytes),
            tag::LOGICAL_VOLUME if newer(&self.logical) => self.logical = bytes,
            tag::PARTITION => {
                let number = le16(&bytes, 22);
                match self.partitions.iter().position(|old| le16(old, 22) == number) {
                    Some(at) if newer(&self.partitions[at]) => self.partitions[at] = bytes,
                    None if self.partitions.len() < MAX_PARTITIONS => self.partitions.push(bytes),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// First sector and number of sectors of a partition.
    pub(super) fn partition(&self, number: u16) -> Option<(u64, u64)> {
        let found = self.partitions.iter().find(|bytes| le16(bytes, 22) == number)?;
        Some((le32(found, 188).into(), le32(found, 192).into()))
    }

    /// Fills in what the descriptors say, on a volume of `volume.size()` bytes.
    pub(super) fn info(&self, volume: &dyn ReadAt, info: &mut Info) {
        let ends = self.partitions.iter().map(|bytes| u64::from(le32(bytes, 188)) + u64::from(le32(bytes, 192)));
        let size = ends.max().unwrap_or(0) * self.sector;
        info.label = text::field(&self.logical[84..212]);
        info.uuid = self.primary.as_ref().and_then(|primary| uuid(&text::field(&primary[72..200])?));
        info.size = Some(size);
        let revision = le16(&self.logical, 240);
        info.features.push(format!("{:x}.{:02x}", revision >> 8, revision & 0xFF));
        if size > volume.size() {
            let len = volume.size();
            info.notes.push(format!("it is {size} bytes long by its own account, and its volume only {len}"));
        }
        let Some(integrity) = self.integrity(volume) else { return };
        info.clean = Some(le32(&integrity, 28) == 1);
        let count = usize::try_from(le32(&integrity, 72)).unwrap_or(0).min(MAX_PARTITIONS);
        let free = integrity[80..].chunks_exact(4).take(count).map(|blocks| le32(blocks, 0));
        // All bits set: it is not known.
        let known: Option<u64> = free.map(|blocks| (blocks != u32::MAX).then_some(u64::from(blocks))).sum();
        info.free = known.map(|blocks| blocks * self.sector);
        if info.clean == Some(false) {
            info.notes.push("it was not unmounted cleanly".into());
        }
    }

    /// The last integrity descriptor.
    fn integrity(&self, volume: &dyn ReadAt) -> Option<Vec<u8>> {
        let (mut len, mut start) = (u64::from(le32(&self.logical, 432)), u64::from(le32(&self.logical, 436)));
        let mut last = None;
        for _ in 0..MAX_INTEGRITY {
            if len < self.sector {
                break;
            }
            let Ok(bytes) = tag::read(volume, start * self.sector, self.sector, start, &[tag::INTEGRITY]) else {
                break;
            };
            (len, start) = match le32(&bytes, 32) {
                0 => (len - self.sector, start + 1),
                next => (next.into(), le32(&bytes, 36).into()),
            };
            last = Some(bytes);
        }
        last
    }
}

/// The number that `blkid` makes from the name of the volume set: sixteen hexadecimal digits.
fn uuid(set: &str) -> Option<String> {
    let bytes = set.as_bytes();
    let digits = bytes.iter().take(16).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let lower = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase();
    match digits {
        _ if bytes.len() < 8 => None,
        16 => Some(lower(&bytes[..16])),
        0..8 => Some(crate::field::hex(&bytes[..8])),
        _ => {
            let mut rest = [0; 4];
            let tail = &bytes[8..bytes.len().min(12)];
            rest[..tail.len()].copy_from_slice(tail);
            Some(lower(&bytes[..8]) + &crate::field::hex(&rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_made_from_names_as_blkid_makes_them() {
        for (set, expected) in [
            ("47A83A8000000000", Some("47a83a8000000000")),
            ("54aeb252LinuxUDF", Some("54aeb2524c696e75")),
            ("54aeb252", Some("54aeb25200000000")),
            ("My volume", Some("4d7920766f6c756d")),
            ("short", None),
        ] {
            assert_eq!(uuid(set).as_deref(), expected, "{set}");
        }
    }

    #[test]
    fn a_mark_behind_others_is_found() {
        let mut volume = vec![0; 64 << 10];
        assert_eq!(sectors(&volume).unwrap(), None);
        volume[32769..32774].copy_from_slice(b"BEA01");
        volume[34817..34822].copy_from_slice(b"NSR02");
        assert_eq!(sectors(&volume).unwrap(), Some(&[512, 1024, 2048][..]));
        volume.copy_within(34817..34822, 36865);
        volume[34817] = 0;
        assert_eq!(sectors(&volume).unwrap(), Some(&[4096][..]));
        volume[36865] = 0;
        assert_eq!(sectors(&volume).unwrap(), None);
    }
}
