//! Hive bins: stretches of whole pages, each with a header, in which the cells lie.

use crate::base::BASE_BLOCK;
use crate::bytes::{index, le32};
use storage::Error;

/// Bins are made of pages of this length.
const PAGE: usize = 4096;

/// Most defects that are listed; a hive with more is no better known by them.
const MAX_DEFECTS: usize = 8;

/// What is wrong with the headers of the bins in a hive whose base block promises `len` bytes of them.
pub(crate) fn defects(hive: &[u8], len: u32) -> Vec<Error> {
    let mut defects = Vec::new();
    let end = BASE_BLOCK.saturating_add(index(len));
    if end > hive.len() {
        let what = format!("the hive should be {end} bytes long, and is cut off");
        defects.push(Error::corrupt(hive.len() as u64, what));
    }
    let end = end.min(hive.len());
    let mut at = BASE_BLOCK;
    while at < end && defects.len() < MAX_DEFECTS {
        let header = &hive[at..end];
        let size = le32(header, 8).map_or(0, index);
        let sound = header.starts_with(b"hbin") && le32(header, 4).map(index) == Some(at - BASE_BLOCK);
        if sound && size >= PAGE && size.is_multiple_of(PAGE) && size <= header.len() {
            at += size;
            continue;
        }
        defects.push(Error::corrupt(at as u64, "the header of a hive bin is damaged"));
        // The next one begins with some page.
        at += PAGE;
        while at < end && !hive[at..end].starts_with(b"hbin") {
            at += PAGE;
        }
    }
    defects
}
