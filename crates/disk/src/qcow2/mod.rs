//! qcow2, versions 2 and 3.
//!
//! A header, then clusters: a table of tables (L1) leads to tables (L2) that say where each cluster of the disk is.
//! Refcounts say which clusters of the file are in use; they matter to writers, and are looked at by `check`
//! only. All numbers are big-endian.
//!
//! Source: `docs/interop/qcow2.txt` of qemu 10. Read is all that qemu-img 10 writes: clusters of 512 bytes to 2 MiB,
//! zlib and zstd, subclusters, internal snapshots, backing files and external data files as far as the [`Opener`]
//! allows.
//!
//! Not supported: encryption (named, and refused), the content of bitmaps (ignored), the machine state of snapshots.
//!
//! Opening walks all tables of the disk once and keeps them as runs ([`map`]): whatever could give bytes that are not
//! the guest's is refused before the first byte is read.

mod backing;
mod bitmaps;
mod check;
mod compressed;
mod counts;
mod extensions;
mod features;
mod header;
mod image;
mod map;
mod mapping;
mod overlap;
mod preallocated;
mod reading;
mod refcounts;
mod snapshots;
mod tables;
mod writer;

use crate::fields::has;
use crate::{Checked, CreateOptions, Disk, Format, Info, Opener, Ranges};
use header::Header;
use std::sync::Arc;
use storage::{ErrorKind, ReadAt, Result, Source, WriteAt, read_array};

const NAME: &str = "qcow2";
const MAGIC: &[u8; 4] = b"QFI\xfb";

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Any version but 1, which is another format.
    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        if file.size() < 8 {
            return Ok(false);
        }
        let start: [u8; 8] = read_array(file, 0)?;
        Ok(has(&start, 0, MAGIC) && !has(&start, 4, &[0, 0, 0, 1]))
    }

    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        info(file, &Header::read(file)?)
    }

    fn open(&self, file: Source, opener: &dyn Opener) -> Result<Arc<dyn Disk>> {
        image::open(file, opener, 0)
    }

    fn open_snapshot(&self, file: Source, snapshot: &str, opener: &dyn Opener) -> Result<Arc<dyn Disk>> {
        let header = snapshots::header_of(&file, &Header::read(&file)?, snapshot)?;
        image::open_with(file, header, opener, 0)
    }

    fn check(&self, file: Source) -> Result<Option<Checked>> {
        check::check(&file, &Header::read(&file)?).map(Some)
    }

    fn options(&self) -> &'static [(&'static str, &'static str)] {
        writer::OPTIONS
    }

    fn measure(&self, options: &CreateOptions, data: &mut Ranges<'_>) -> Result<u64> {
        writer::measure(options, data)
    }

    fn create(&self, file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        writer::create(file, options)
    }
}

/// What header and snapshot table say. A damaged table is no obstacle to reading the disk.
fn info(file: &dyn ReadAt, header: &Header) -> Result<Info> {
    let mut info = header.info();
    match snapshots::read(file, header) {
        Ok((rows, _)) => info.snapshots = rows.into_iter().map(|row| row.snapshot).collect(),
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            info.notes.push(format!("{error}; its snapshots cannot be listed"));
        }
        Err(error) => return Err(error),
    }
    Ok(info)
}
