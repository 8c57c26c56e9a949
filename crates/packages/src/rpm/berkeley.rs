//! Berkeley DB, access method hash, versions 8 to 10 (Oracle's `dbinc/db_page.h` and `hash.h` say what is on disk).
//!
//! Pages of one size, in the byte order of who made them. Pages of type hash hold keys and values in turns; a value
//! that is too long for its page is a chain of overflow pages. Page by page all values are found, whatever the hash
//! function; keys are numbers of packages.
//!
//! Not supported: encrypted databases, and keys with duplicates, which rpm's `Packages` does not have.

use super::Each;
use crate::bytes::{index, slice};
use storage::{Error, Result};

const MAGIC: u32 = 0x0006_1561;
/// Offset of the magic, and of the page size behind it.
const MAGIC_AT: usize = 12;
const PAGE_SIZE_AT: usize = 20;
const ENCRYPTION_AT: usize = 24;

const PAGE_HEADER: usize = 26;
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;

/// An item that is in the page, and one that is in overflow pages.
const KEY_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

/// Longest header that is put together.
const MAX_BLOB: usize = 64 << 20;

pub(super) fn is_one(head: &[u8]) -> bool {
    let magic = head.get(MAGIC_AT..MAGIC_AT + 4);
    magic == Some(&MAGIC.to_le_bytes()) || magic == Some(&MAGIC.to_be_bytes())
}

pub(super) fn walk(bytes: &[u8], each: &mut Each<'_>) -> Result<()> {
    let big_endian = bytes.get(MAGIC_AT..MAGIC_AT + 4) == Some(&MAGIC.to_be_bytes());
    let mut file = File { bytes, big_endian, page_size: 512 };
    file.page_size = index(file.u32(bytes, PAGE_SIZE_AT)?);
    if !file.page_size.is_power_of_two() || !(512..=65536).contains(&file.page_size) {
        let what = format!("Berkeley DB has no pages of {} bytes", file.page_size);
        return Err(Error::corrupt(PAGE_SIZE_AT as u64, what));
    }
    if slice(bytes, ENCRYPTION_AT, 1)? != [0] {
        return Err(Error::unsupported("the package database is encrypted"));
    }
    for page in bytes.chunks_exact(file.page_size).skip(1) {
        if matches!(page[25], HASH | HASH_UNSORTED) {
            file.values(page, each)?;
        }
    }
    Ok(())
}

struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    page_size: usize,
}

impl File<'_> {
    fn u32(&self, bytes: &[u8], at: usize) -> Result<u32> {
        let mut out = [0; 4];
        out.copy_from_slice(slice(bytes, at, 4)?);
        Ok(if self.big_endian { u32::from_be_bytes(out) } else { u32::from_le_bytes(out) })
    }

    fn u16(&self, bytes: &[u8], at: usize) -> Result<usize> {
        let mut out = [0; 2];
        out.copy_from_slice(slice(bytes, at, 2)?);
        Ok(if self.big_endian { u16::from_be_bytes(out) } else { u16::from_le_bytes(out) }.into())
    }

    /// All values of a hash page: every second item. Items lie from the end of the page towards its beginning.
    fn values(&self, page: &[u8], each: &mut Each<'_>) -> Result<()> {
        let count = self.u16(page, 20)?;
        for item in (1..count).step_by(2) {
            let at = self.u16(page, PAGE_HEADER + item * 2)?;
            let end = self.u16(page, PAGE_HEADER + (item - 1) * 2)?;
            let bytes = page.get(at..end).filter(|bytes| !bytes.is_empty());
            let bytes = bytes.ok_or_else(|| Error::corrupt(at as u64, "an item of a hash page has no place in it"))?;
            match bytes[0] {
                KEY_DATA if bytes.len() > 8 => each(&bytes[1..])?,
                OFF_PAGE => each(&self.overflow(self.u32(bytes, 4)?, index(self.u32(bytes, 8)?))?)?,
                // The number of the last package is kept under the key 0.
                _ => {}
            }
        }
        Ok(())
    }

    /// A value in a chain of pages.
    fn overflow(&self, first: u32, len: usize) -> Result<Vec<u8>> {
        if len > MAX_BLOB.min(self.bytes.len()) {
            return Err(Error::corrupt(0, format!("a header of {len} bytes is longer than its package database")));
        }
        let mut value = Vec::with_capacity(len);
        let mut number = index(first);
        while value.len() < len {
            let at = number.checked_mul(self.page_size).filter(|_| number != 0);
            let at = at.ok_or_else(|| Error::corrupt(0, "a chain of overflow pages ends too early"))?;
            let page = slice(self.bytes, at, self.page_size)?;
            let here = self.u16(page, 22)?;
            // No progress would be no end.
            if page[25] != OVERFLOW || here == 0 {
                return Err(Error::corrupt(at as u64, "a chain of overflow pages leads to another page"));
            }
            value.extend_from_slice(slice(page, PAGE_HEADER, here.min(len - value.len()))?);
            number = index(self.u32(page, 16)?);
        }
        Ok(value)
    }
}
