//! Backing files, opened only as far as the [`Opener`] allows.
//!
//! The format of a backing file is never guessed: a guest that once wrote to it as a raw disk could have written a
//! header there that makes it name any other file (CVE-2008-2004 and its kin).

use super::features::DATA_FILE;
use super::header::Header;
use super::{NAME, image};
use crate::probe::named;
use crate::{Disk, Opener};
use std::sync::Arc;
use storage::{Error, Result, Source};

/// Longest chain of backing files; what goes in a circle ends here too.
const MAX_DEPTH: u32 = 16;

/// The disk under this one, if it has one. `depth` is the number of disks above this one.
pub(super) fn open(header: &Header, opener: &dyn Opener, depth: u32) -> Result<Option<Arc<dyn Disk>>> {
    let Some(name) = &header.backing_file else { return Ok(None) };
    let within = |error: Error| error.within(format!("backing file {name:?}"));
    if depth >= MAX_DEPTH {
        let what = format!("is number {} of a chain of backing files, which is too long or a circle", depth + 1);
        return Err(within(Error::refused(what)));
    }
    let Some(format) = header.extensions.backing_format.as_deref() else {
        let what = "the image does not say its format, and a guess can be turned against you; set it with \
                    qemu-img rebase -u -F FORMAT";
        return Err(within(Error::refused(what)));
    };
    let format = named(format).map_err(within)?;
    let file = opener.open(name).map_err(within)?;
    let disk = if format.name() == NAME { image::open(file, opener, depth + 1) } else { format.open(file, opener) };
    disk.map(Some).map_err(within)
}

/// The file that the clusters are in: this one, unless the header says otherwise.
pub(super) fn data_file(file: &Source, header: &Header, opener: &dyn Opener) -> Result<Source> {
    if !header.has(DATA_FILE) {
        return Ok(file.clone());
    }
    match &header.extensions.data_file {
        Some(name) => opener.open(name).map_err(|error| error.within(format!("external data file {name:?}"))),
        None => Err(Error::corrupt(72, "qcow2 header: an external data file is needed, and none is named")),
    }
}
