//! Header extensions, and the name of the backing file that follows them in the first cluster.

use crate::fields::be32;
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_array, read_vec};

const END: u32 = 0;
const BACKING_FORMAT: u32 = 0xe279_2aca;
const FEATURE_NAMES: u32 = 0x6803_f857;
const BITMAPS: u32 = 0x2385_2875;
const DATA_FILE: u32 = 0x4441_5441;

/// Longest extension that is read: the table of feature names is the longest known, with some hundred bytes.
const MAX_EXTENSION: u64 = 64 << 10;

/// Longest name of a backing file, by the specification.
const MAX_BACKING_NAME: u64 = 1023;

/// What the extensions say. Unknown ones may be ignored, by the specification.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions {
    pub(super) backing_format: Option<String>,
    pub(super) feature_names: Vec<u8>,
    pub(super) bitmaps: Vec<u8>,
    pub(super) data_file: Option<String>,
}

impl Extensions {
    /// Reads the extensions from `start` up to their end mark, which must come before `end`; where the name of the
    /// backing file stands at `end`, that is mark enough.
    pub(super) fn read(file: &dyn ReadAt, start: u64, end: u64, name_follows: bool) -> Result<Self> {
        let mut found = Extensions::default();
        let mut at = start;
        while at < end {
            let within = |error: Error| error.within("qcow2 header extension");
            if end - at < 8 {
                return Err(within(Error::corrupt(at, "is cut off")));
            }
            let head: [u8; 8] = read_array(file, at).map_err(within)?;
            let (kind, len) = (be32(&head, 0), u64::from(be32(&head, 4)));
            if kind == END {
                return Ok(found);
            }
            if len > MAX_EXTENSION || len > end - at - 8 {
                let what = format!("of type {kind:#010x} claims {len} bytes; it must end before byte {end}");
                return Err(within(Error::corrupt(at, what)));
            }
            let content = read_vec(file, at + 8, len).map_err(within)?;
            found.take(kind, content);
            at += 8 + len.next_multiple_of(8);
        }
        if name_follows { Ok(found) } else { Err(Error::corrupt(at, "qcow2 header extensions: have no end mark")) }
    }

    fn take(&mut self, kind: u32, content: Vec<u8>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        match kind {
            BACKING_FORMAT => self.backing_format = Some(text(&content)),
            DATA_FILE => self.data_file = Some(text(&content)),
            FEATURE_NAMES => self.feature_names = content,
            BITMAPS => self.bitmaps = content,
            _ => {}
        }
    }
}

/// The name of the backing file: `len` bytes at `offset`, between the header and the end of the first cluster.
pub(super) fn backing_name(file: &dyn ReadAt, offset: u64, len: u64, within: Range<u64>) -> Result<String> {
    let corrupt = |what: String| Err(Error::corrupt(offset, format!("qcow2 backing file name: {what}")));
    if len == 0 || len > MAX_BACKING_NAME {
        return corrupt(format!("{len} bytes are not possible (1 to {MAX_BACKING_NAME})"));
    }
    if offset < within.start || offset.checked_add(len).is_none_or(|end| end > within.end) {
        return corrupt("lies in the header or outside the first cluster".to_owned());
    }
    let name = read_vec(file, offset, len).map_err(|error| error.within("qcow2 backing file name"))?;
    match String::from_utf8(name) {
        Ok(name) if !name.contains('\0') => Ok(name),
        Ok(_) => corrupt("contains a zero byte".to_owned()),
        Err(_) => corrupt("is not UTF-8".to_owned()),
    }
}
