//! Transaction logs: changes that were written before the hive itself was.
//!
//! NT to Windows 8 keep one snapshot of changed sectors in a log ([`old`]); Windows 8.1 and later append entries to two
//! logs in turn ([`new`]).

mod marvin;
mod new;
mod old;

use crate::base::{BASE_BLOCK, Base};
use crate::bytes::index;
use crate::hive::MAX_HIVE;

/// How much longer a log may make a hive. A log of a real one holds all that is new in it.
const MAX_GROWTH: usize = 64 << 20;

/// A stretch of changed bytes, counted from the first bin.
struct Page<'l> {
    offset: u32,
    content: &'l [u8],
}

/// Applies the logs that go with a hive that was left half written. None: no log does, and it is as it was.
///
/// Gives the base block that is true afterwards.
pub(crate) fn recover(hive: &mut Vec<u8>, base: &Base, logs: &[Vec<u8>]) -> Option<Base> {
    let recovered = new::changes(base, logs).or_else(|| old::changes(base, logs))?;
    let longest = hive.len().saturating_add(MAX_GROWTH).min(MAX_HIVE);
    let end = |page: &Page<'_>| BASE_BLOCK.saturating_add(index(page.offset)).saturating_add(page.content.len());
    let len = recovered.pages.iter().map(end).max().unwrap_or(0);
    if len > longest {
        return None;
    }
    if len > hive.len() {
        hive.resize(len, 0);
    }
    for page in &recovered.pages {
        let start = BASE_BLOCK + index(page.offset);
        hive[start..start + page.content.len()].copy_from_slice(page.content);
    }
    Some(recovered.base)
}

/// What logs say.
struct Changes<'l> {
    /// The base block with them.
    base: Base,
    /// What is new, in order: later pages may lie over earlier ones.
    pages: Vec<Page<'l>>,
}
