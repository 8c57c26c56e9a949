//! A header of rpm as it is stored in databases (RPM file format, "Header structure", without its magic): the number of
//! index entries, the size of the store, the entries of 16 bytes, the store. All numbers are big-endian.

use crate::Package;
use crate::bytes::{be32, index, slice};
use storage::{Error, Result};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCHITECTURE: u32 = 1022;

const INT32: u32 = 4;
const STRING: u32 = 6;

/// A name or a version: no longer than this.
const MAX_STRING: usize = 1024;

/// The package, if it is one: keys of signatures are kept in the same way.
pub(super) fn package(blob: &[u8]) -> Result<Option<Package>> {
    let (entries, size) = (index(be32(blob, 0)?), index(be32(blob, 4)?));
    let start = entries.checked_mul(16).and_then(|bytes| bytes.checked_add(8)).filter(|start| *start <= blob.len());
    let start =
        start.ok_or_else(|| Error::corrupt(0, format!("a header of a package cannot have {entries} entries")))?;
    let store = slice(blob, start, size)?;
    let (mut package, mut release, mut epoch) = (Package::default(), String::new(), None);
    for entry in blob[8..start].chunks_exact(16) {
        let (tag, kind, offset) = (be32(entry, 0)?, be32(entry, 4)?, index(be32(entry, 8)?));
        match (tag, kind) {
            (NAME, STRING) => package.name = text(store, offset)?,
            (VERSION, STRING) => package.version = text(store, offset)?,
            (RELEASE, STRING) => release = text(store, offset)?,
            (ARCHITECTURE, STRING) => package.architecture = text(store, offset)?,
            (EPOCH, INT32) => epoch = Some(be32(store, offset)?),
            _ => {}
        }
    }
    if let Some(epoch) = epoch.filter(|epoch| *epoch > 0) {
        package.version = format!("{epoch}:{}", package.version);
    }
    package.version = format!("{}-{release}", package.version);
    Ok((!package.name.is_empty() && package.name != "gpg-pubkey").then_some(package))
}

fn text(store: &[u8], offset: usize) -> Result<String> {
    let rest = store.get(offset..).unwrap_or_default();
    let end = rest.iter().take(MAX_STRING).position(|&byte| byte == 0);
    let end = end.ok_or_else(|| Error::corrupt(offset as u64, "a string in a header of a package does not end"))?;
    Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
}
