//! Members of ZFS pools.
//!
//! The first of four labels, at byte 0: a list of names and values (XDR) at 16 KiB, a ring of uberblocks at 128 KiB. Only
//! this one is looked at: the two at the end outlive every mkfs.

use super::Content;
use crate::field::{be32, be64, peek};
use storage::{ReadAt, Result};

const UBERBLOCK: u64 = 0x00BA_B10C;
const RING: u64 = 128 << 10;
/// A pool that has been used has many; a stale scrap of one has few.
const ENOUGH: usize = 4;
const TYPE_NUMBER: u32 = 8;
const TYPE_TEXT: u32 = 9;

pub(super) fn find(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let Some(ring) = peek(volume, RING, 128 << 10)? else { return Ok(None) };
    let is_uberblock =
        |slot: &&[u8]| slot.starts_with(&UBERBLOCK.to_le_bytes()) || slot.starts_with(&UBERBLOCK.to_be_bytes());
    if ring.chunks_exact(1024).filter(is_uberblock).count() < ENOUGH {
        return Ok(None);
    }
    let list = peek(volume, 16 << 10, 16 << 10)?.unwrap_or_default();
    let guid = value(&list, b"pool_guid", TYPE_NUMBER).and_then(|value| Some(be64(value.get(..8)?, 0).to_string()));
    let name = value(&list, b"name", TYPE_TEXT).and_then(|value| {
        let len = usize::try_from(be32(value.get(..4)?, 0)).ok()?;
        Some(String::from_utf8_lossy(value.get(4..4usize.checked_add(len)?)?).into_owned())
    });
    Ok(Some(Content::Member { of: "zfs", uuid: guid, name }))
}

/// The value of a name at the top of the list. Each pair: its length, another, length and bytes of the name padded to
/// four, type, count of values, values.
fn value<'a>(list: &'a [u8], wanted: &[u8], kind: u32) -> Option<&'a [u8]> {
    // Four bytes of encoding, version and flags before the first pair.
    let mut at = 12;
    loop {
        let pair = list.get(at..)?;
        let len = usize::try_from(be32(pair.get(..4)?, 0)).ok()?;
        let pair = pair.get(..len)?;
        let name_len = usize::try_from(be32(pair.get(8..12)?, 0)).ok()?;
        let rest = pair.get(12usize.checked_add(name_len)?.checked_next_multiple_of(4)?..)?;
        if pair.get(12..12 + name_len)? == wanted && be32(rest.get(..4)?, 0) == kind {
            return rest.get(8..);
        }
        // A pair has a length of its own, so that the walk ends with the list.
        at += len.max(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &[u8], kind: u32, value: &[u8]) -> Vec<u8> {
        let mut body = u32::try_from(name.len()).unwrap().to_be_bytes().to_vec();
        body.extend(name);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(kind.to_be_bytes());
        body.extend(1u32.to_be_bytes());
        body.extend(value);
        let mut pair = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
        pair.extend([0; 4]);
        pair.extend(body);
        pair
    }

    #[test]
    fn a_member_names_its_pool() {
        let mut volume = vec![0u8; 512 << 10];
        let mut list = vec![1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        list.extend(pair(b"version", 8, &5000u64.to_be_bytes()));
        list.extend(pair(b"name", 9, b"\0\0\0\x05zroot\0\0\0"));
        list.extend(pair(b"pool_guid", 8, &1234u64.to_be_bytes()));
        volume[16 << 10..(16 << 10) + list.len()].copy_from_slice(&list);
        assert_eq!(find(&volume).unwrap(), None);
        for slot in 0..4 {
            let at = (128 << 10) + slot * 1024;
            volume[at..at + 8].copy_from_slice(&UBERBLOCK.to_le_bytes());
        }
        let member = Content::Member { of: "zfs", uuid: Some("1234".into()), name: Some("zroot".into()) };
        assert_eq!(find(&volume).unwrap(), Some(member));
    }
}
