//! ndb, rpm's own container (`lib/backend/ndb/rpmpkg.c` says what is on disk): pages of slots, each of which says in
//! which blocks of 16 bytes the header of a package lies. Numbers are little-endian.

use super::Each;
use crate::bytes::{index, le32, slice};
use storage::{Error, Result};

const MAGIC: &[u8] = b"RpmP";
const SLOT: &[u8] = b"Slot";
const BLOB: &[u8] = b"BlbS";
const PAGE: usize = 4096;
const SLOT_SIZE: usize = 16;
const BLOCK: usize = 16;
/// The header of the file takes the place of the first slots.
const FIRST_SLOT: usize = 2;

pub(super) fn is_one(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

pub(super) fn walk(bytes: &[u8], each: &mut Each<'_>) -> Result<()> {
    let version = le32(bytes, 4)?;
    if version != 0 {
        return Err(Error::unsupported(format!("the package database has version {version} of ndb")));
    }
    let pages = index(le32(bytes, 12)?);
    let slots = slice(bytes, 0, pages.saturating_mul(PAGE))?;
    for (number, slot) in slots.chunks_exact(SLOT_SIZE).enumerate().skip(FIRST_SLOT) {
        if !slot.starts_with(SLOT) {
            return Err(Error::corrupt((number * SLOT_SIZE) as u64, "a slot of the package database bears no mark"));
        }
        let (package, block) = (le32(slot, 4)?, index(le32(slot, 8)?));
        // Free.
        if block == 0 || package == 0 {
            continue;
        }
        let at = block.saturating_mul(BLOCK);
        let head = slice(bytes, at, 16)?;
        if !head.starts_with(BLOB) || le32(head, 4)? != package {
            return Err(Error::corrupt(
                at as u64,
                format!("the header of package {package} is not where it should be"),
            ));
        }
        each(slice(bytes, at + 16, index(le32(head, 12)?))?)?;
    }
    Ok(())
}
