//! The boot sector of exFAT, and its label.
//!
//! Specification: Microsoft, exFAT file system specification, sections 3 and 7.3.

use crate::field::{label_utf16, le_units, le16, le32, le64, peek};
use crate::tree::Info;
use storage::{ReadAt, Result};

/// Clusters of the root directory that are searched for the label, and bytes of each.
const SEARCHED: u32 = 64;
const SEARCHED_OF_EACH: u64 = 64 << 10;
const ENTRY_LABEL: u8 = 0x83;

pub(super) fn fill(volume: &dyn ReadAt, b: &[u8], info: &mut Info) -> Result<()> {
    let serial = le32(b, 100);
    info.uuid = Some(format!("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF));
    info.size = Some(le64(b, 72).saturating_mul(1 << b[108]));
    let flags = le16(b, 106);
    info.clean = Some(flags & 2 == 0);
    info.errors = Some(flags & 4 != 0);
    info.label = search(volume, b)?;
    Ok(())
}

/// The label is an entry of the root directory, mostly the first.
fn search(volume: &dyn ReadAt, b: &[u8]) -> Result<Option<String>> {
    let size = 1u64 << (b[108] + b[109]);
    let (fat, heap) = (u64::from(le32(b, 80)) << b[108], u64::from(le32(b, 88)) << b[108]);
    let mut cluster = u64::from(le32(b, 96));
    for _ in 0..SEARCHED {
        let Some(at) = cluster.checked_sub(2).map(|index| heap + index * size) else { return Ok(None) };
        let Some(directory) = peek(volume, at, size.min(SEARCHED_OF_EACH))? else { return Ok(None) };
        for entry in directory.chunks_exact(32) {
            match entry[0] {
                0 => return Ok(None),
                ENTRY_LABEL if entry[1] <= 11 => {
                    return Ok(label_utf16(le_units(&entry[2..2 + 2 * usize::from(entry[1])])));
                }
                _ => {}
            }
        }
        let Some(next) = peek(volume, fat + cluster * 4, 4)? else { return Ok(None) };
        cluster = le32(&next, 0).into();
    }
    Ok(None)
}
