//! The disks of a machine beside the one that it starts from.

use crate::{image, look, table};
use disk::Disk;
use facts::{DataDisk, Known, Reason};
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};

/// An image file, and the disk in it.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a, D = &'a Arc<dyn Disk>> {
    /// Its name, as it was given.
    pub path: &'a str,
    /// Its bytes.
    pub file: &'a Source,
    /// The disk.
    pub disk: D,
}

/// One whose disk may not have been opened, for that error.
pub type DataImage<'a> = Image<'a, std::result::Result<&'a Arc<dyn Disk>, &'a Error>>;

/// A disk that was not opened. It keeps its number, and what it would hold is not known.
#[derive(Debug)]
struct Unopened {
    why: String,
}

impl ReadAt for Unopened {
    fn size(&self) -> u64 {
        512
    }

    fn read_at(&self, _: &mut [u8], _: u64) -> Result<()> {
        Err(Error::unsupported(self.why.clone()))
    }
}

/// Its bytes.
pub(crate) fn source(image: &DataImage<'_>) -> Source {
    match image.disk {
        Ok(disk) => disk.clone(),
        Err(error) => Arc::new(Unopened { why: look::words(error) }),
    }
}

/// Facts about it.
pub(crate) fn data_disk(image: &DataImage<'_>, source: &Source, layout: &volume::Layout) -> Result<DataDisk> {
    Ok(match image.disk {
        Ok(disk) => DataDisk {
            image: image::opened(image.path, image.file, disk.info()),
            disk: Known::Is(table::scanned(source, layout)?),
        },
        Err(error) => DataDisk {
            image: image::refused(image.path, image.file, error),
            disk: Known::Unknown(Reason::new(look::words(error))),
        },
    })
}
