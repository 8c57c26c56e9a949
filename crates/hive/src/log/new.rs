//! Logs of Windows 8.1 and later: `HvLE` entries behind the base block, each with pages and two hashes.
//!
//! An entry: size at 4, flags at 8, sequence number at 12, length of the bins at 16, number of pages at 20, hashes at 24
//! and 32, then offset and length of each page, then the pages. Sizes are multiples of 512 bytes.

use super::{Changes, Page, marvin};
use crate::base::{Base, HEAD};
use crate::bytes::{index, le32, le64, part};

const FILE_TYPE: u32 = 6;
const ENTRY_HEAD: usize = 40;

/// One entry that is whole.
struct Entry<'l> {
    sequence: u32,
    bins: u32,
    pages: Vec<Page<'l>>,
}

/// The changes since the hive was last written as a whole. None: no log holds them.
pub(super) fn changes<'l>(hive: &Base, logs: &'l [Vec<u8>]) -> Option<Changes<'l>> {
    let logs: Vec<_> = logs.iter().filter_map(|log| Some((head(log)?, log))).collect();
    let newest = logs.iter().max_by_key(|(base, _)| base.sequences.0)?;
    let mut base = if hive.sound { hive.clone() } else { newest.0.clone() };
    let mut entries: Vec<_> = logs.iter().flat_map(|(_, log)| entries(log)).collect();
    entries.sort_by_key(|entry| entry.sequence);
    let first = if hive.sound { hive.sequences.1 } else { entries.first()?.sequence };
    let mut next = first;
    let mut pages = Vec::new();
    for entry in entries.into_iter().skip_while(|entry| entry.sequence < first) {
        if entry.sequence != next {
            break;
        }
        next = next.wrapping_add(1);
        base.bins = entry.bins;
        pages.extend(entry.pages);
    }
    base.sound = true;
    (!pages.is_empty()).then_some(Changes { base, pages })
}

fn head(log: &[u8]) -> Option<Base> {
    Base::read(log).ok().filter(|base| base.is_clean() && base.file_type == FILE_TYPE)
}

/// The entries of one log, up to the first that is broken or older than the one before it.
fn entries(log: &[u8]) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut rest = log.get(HEAD..).unwrap_or_default();
    while let Some(size) = le32(rest, 4).map(index)
        && let Some(bytes) = part(rest, 0, size)
        && let Some(entry) = entry(bytes)
        && entries.last().is_none_or(|last| last.sequence.wrapping_add(1) == entry.sequence)
    {
        entries.push(entry);
        rest = &rest[size..];
    }
    entries
}

fn entry(bytes: &[u8]) -> Option<Entry<'_>> {
    if !bytes.starts_with(b"HvLE") || !bytes.len().is_multiple_of(512) {
        return None;
    }
    let (body, head) = (bytes.get(ENTRY_HEAD..)?, bytes.get(..32)?);
    if le64(bytes, 24)? != marvin::hash(body) || le64(bytes, 32)? != marvin::hash(head) {
        return None;
    }
    let bins = le32(bytes, 16)?;
    let count = index(le32(bytes, 20)?);
    let mut at = ENTRY_HEAD.checked_add(count.checked_mul(8)?)?;
    if at > bytes.len() {
        return None;
    }
    let mut pages = Vec::with_capacity(count);
    for reference in bytes[ENTRY_HEAD..at].chunks_exact(8) {
        let (offset, len) = (le32(reference, 0)?, le32(reference, 4)?);
        if offset.checked_add(len)? > bins {
            return None;
        }
        pages.push(Page { offset, content: part(bytes, at, index(len))? });
        at += index(len);
    }
    Some(Entry { sequence: le32(bytes, 12)?, bins, pages })
}
