//! What a volume holds, by its marks.

use crate::DRIVERS;
use crate::tree::{FileSystem, Info};
use storage::{Error, ReadAt, Result, Source};

/// What a volume holds by its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A filesystem; `readable` if [`open`] has a driver for it.
    FileSystem {
        /// What the superblock says.
        info: Info,
        /// There is a driver.
        readable: bool,
    },
    /// Swap space.
    Swap {
        /// UUID.
        uuid: Option<String>,
        /// Label.
        label: Option<String>,
        /// Holds a hibernation image.
        hibernated: bool,
    },
    /// Part of something larger: `lvm2`, `md`, `bcache`, `zfs`, `vdo`, `stratis`, `ldm`, `drbd`.
    Member {
        /// Of what.
        of: &'static str,
        /// UUID of the member or its set.
        uuid: Option<String>,
        /// Name of the set.
        name: Option<String>,
    },
    /// Encrypted: `luks1`, `luks2`, `bitlocker`.
    Encrypted {
        /// By what.
        by: &'static str,
        /// UUID.
        uuid: Option<String>,
    },
}

/// Names what a volume holds. None: nothing that is known here. Two filesystems whose superblocks are both sound are an
/// error of kind `Corrupt` that names them.
pub fn identify(volume: &dyn ReadAt) -> Result<Option<Content>> {
    for driver in DRIVERS {
        if driver.probe(volume)? {
            return Ok(Some(Content::FileSystem { info: driver.info(volume)?, readable: true }));
        }
    }
    Ok(None)
}

/// Opens the filesystem on a volume.
pub fn open(volume: Source) -> Result<Box<dyn FileSystem>> {
    for driver in DRIVERS {
        if driver.probe(&*volume)? {
            return driver.open(volume);
        }
    }
    Err(Error::unsupported("there is no filesystem here that is known"))
}
