//! The boot sector of exFAT, and its label.
//!
//! Specification: Microsoft, exFAT file system specification, sections 3 and 7.3.

use crate::field::{label_utf16, le_units, le16, le32, le64, peek};
use crate::tree::Info;
use storage::{ReadAt, Result};

/// Bytes of the root directory that are searched for the label, which formatters put first.
const SEARCHED: u64 = 4096;
const ENTRY_LABEL: u8 = 0x83;

pub(super) fn fill(volume: &dyn ReadAt, b: &[u8], info: &mut Info) -> Result<()> {
    let serial = le32(b, 100);
    info.uuid = Some(format!("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF));
    info.size = Some(le64(b, 72).saturating_mul(1 << b[108]));
    let flags = le16(b, 106);
    info.clean = Some(flags & 2 == 0);
    info.errors = Some(flags & 4 != 0);
    let cluster = 1u64 << (b[108] + b[109]);
    let heap = u64::from(le32(b, 88)) << b[108];
    let root = u64::from(le32(b, 96)).saturating_sub(2) * cluster;
    if let Some(directory) = peek(volume, heap + root, cluster.min(SEARCHED))? {
        info.label = directory
            .chunks_exact(32)
            .take_while(|entry| entry[0] != 0)
            .find(|entry| entry[0] == ENTRY_LABEL && entry[1] <= 11)
            .and_then(|entry| label_utf16(le_units(&entry[2..2 + 2 * usize::from(entry[1])])));
    }
    Ok(())
}
