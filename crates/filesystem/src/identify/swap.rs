//! Swap space of Linux, and hibernation images in it.
//!
//! A mark in the last ten bytes of the first page; its size is that of the machine that made it. A machine that hibernates
//! puts another mark in its place.

use super::Content;
use crate::field::{be32, label, le32, peek, uuid};
use crate::tree::See;
use storage::{Error, ReadAt, Result};

const PAGES: [u64; 5] = [4096, 8192, 16384, 32768, 65536];
const HIBERNATED: [&[u8]; 4] = [b"S1SUSPEND", b"S2SUSPEND", b"ULSUSPEND", b"LINHIB0001"];
/// TuxOnIce puts its mark at the very beginning.
const TUX_ON_ICE: [u8; 8] = [0xED, 0xC3, 0x02, 0xE9, 0x98, 0x56, 0xE5, 0x0C];
/// Where the header of version 1 begins: version, last page, bad pages, UUID, label.
const HEADER: u64 = 1024;

pub(super) fn find(volume: &dyn ReadAt) -> Result<Option<Content>> {
    if peek(volume, 0, 8)?.is_some_and(|start| start == TUX_ON_ICE) {
        return Ok(Some(Content::Swap { uuid: None, label: None, hibernated: true }));
    }
    for page in PAGES {
        let Some(mark) = peek(volume, page - 10, 10)? else { continue };
        let hibernated = HIBERNATED.iter().any(|word| mark.starts_with(word));
        let (old, new) = (mark == *b"SWAP-SPACE", mark == *b"SWAPSPACE2");
        if !(old || new || hibernated) {
            continue;
        }
        let header = peek(volume, HEADER, 44)?.filter(|header| !old && is_version_1(header));
        match header {
            Some(header) => {
                let (uuid, label) = (uuid(&header[12..28]), label(&header[28..44]));
                return Ok(Some(Content::Swap { uuid, label, hibernated }));
            }
            None if new => {}
            None => return Ok(Some(Content::Swap { uuid: None, label: None, hibernated })),
        }
    }
    Ok(None)
}

/// Gives everything between the header and the end that the header names, where nothing sleeps in it.
pub(crate) fn unused(volume: &dyn ReadAt, see: &mut See<'_>) -> Result<()> {
    let refused = |why: &str| Err(Error::refused(format!("swap: {why}")));
    match find(volume)? {
        Some(Content::Swap { hibernated: false, .. }) => {}
        _ => return refused("it holds the memory of a machine that hibernated"),
    }
    for page in PAGES {
        if peek(volume, page - 10, 10)?.is_none_or(|mark| mark != *b"SWAPSPACE2") {
            continue;
        }
        let Some(header) = peek(volume, HEADER, 8)?.filter(|header| is_version_1(header)) else { continue };
        let number: fn(&[u8], usize) -> u32 = if le32(&header, 0) == 1 { le32 } else { be32 };
        let end = (u64::from(number(&header, 4)) + 1) * page;
        if end > volume.size() {
            return refused(&format!("it is {end} bytes long by its own account, and its volume {}", volume.size()));
        }
        return see(page..end);
    }
    refused("its header is of a version that does not tell how long it is")
}

/// In either order of bytes.
fn is_version_1(header: &[u8]) -> bool {
    matches!(le32(header, 0), 1 | 0x0100_0000) && le32(header, 4) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swap(page: usize, mark: &[u8]) -> Vec<u8> {
        let mut volume = vec![0; 128 << 10];
        volume[page - 10..page - 10 + mark.len()].copy_from_slice(mark);
        volume[1024] = 1;
        volume[1028] = 31;
        volume[1036..1052].copy_from_slice(&[0xAB; 16]);
        volume[1052..1057].copy_from_slice(b"swap0");
        volume
    }

    #[test]
    fn pages_of_all_sizes_and_all_marks() {
        for page in [4096, 8192, 16384, 32768, 65536] {
            for mark in [&b"SWAPSPACE2"[..], b"S1SUSPEND\0", b"LINHIB0001"] {
                match find(&swap(page, mark)).unwrap() {
                    Some(Content::Swap { uuid: Some(_), label: Some(label), hibernated }) => {
                        assert_eq!((&*label, hibernated), ("swap0", mark[0] != b'S' || mark[1] == b'1'));
                    }
                    other => panic!("{page} {other:?}"),
                }
            }
        }
    }

    #[test]
    fn a_mark_alone_is_not_swap() {
        let mut volume = swap(4096, b"SWAPSPACE2");
        volume[1024] = 0;
        assert_eq!(find(&volume).unwrap(), None);
        assert_eq!(find(&vec![0u8; 100]).unwrap(), None);
    }
}
