//! What a volume holds, by its marks.
//!
//! Two kinds of marks. Those of containers (`stack.rs`: encryption, volume managers) are checked by themselves and win.
//! Those of filesystems (the drivers, `table.rs`, `swap.rs`) are all looked for: a volume that was formatted twice may
//! bear two, of which the one with a right checksum is believed.

mod exfat;
mod firmware;
mod nilfs;
mod raid;
mod stack;
pub(crate) mod swap;
mod table;
mod zfs;

use crate::DRIVERS;
use crate::tree::{Driver, FileSystem, Info};
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, Truncated};

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
    /// Part of something larger: `lvm2`, `md`, `bcache`, `zfs`, `vdo`, `stratis`, `ldm`, `drbd` and others.
    Member {
        /// Of what.
        of: &'static str,
        /// UUID of the member or its set.
        uuid: Option<String>,
        /// Name of the set.
        name: Option<String>,
    },
    /// Encrypted: `luks1`, `luks2`, `bitlocker`, `filevault2`.
    Encrypted {
        /// By what.
        by: &'static str,
        /// UUID.
        uuid: Option<String>,
    },
}

/// One thing that a volume may be.
pub(crate) struct Candidate {
    pub(crate) content: Content,
    /// A checksum proves it.
    proven: bool,
    pub(crate) driver: Option<&'static dyn Driver>,
}

impl Candidate {
    pub(crate) fn name(&self) -> &'static str {
        match &self.content {
            Content::FileSystem { info, .. } => info.fs_type,
            Content::Swap { .. } => "swap",
            Content::Member { of, .. } => of,
            Content::Encrypted { by, .. } => by,
        }
    }
}

/// Names what a volume holds. None: nothing that is known here. Two filesystems whose superblocks are both sound are an
/// error of kind `Corrupt` that names them.
pub fn identify(volume: &dyn ReadAt) -> Result<Option<Content>> {
    Ok(find(volume)?.map(|found| found.content))
}

/// Opens the filesystem on a volume.
pub fn open(volume: Source) -> Result<Box<dyn FileSystem>> {
    let whole = volume.size();
    open_truncated(volume, whole)
}

/// Opens the filesystem on what is left of a volume of `size` bytes whose end is missing. Much of it can be read
/// without that end; what cannot is damaged. Drivers reckon with the size, so the caller bounds it.
pub fn open_truncated(left: Source, size: u64) -> Result<Box<dyn FileSystem>> {
    match find(&*left)? {
        Some(Candidate { driver: Some(driver), .. }) if size > left.size() => {
            driver.open(Arc::new(Truncated::new(left, size)))
        }
        Some(Candidate { driver: Some(driver), .. }) => driver.open(left),
        Some(other) => Err(Error::unsupported(format!("{} is recognised, but its files are not read", other.name()))),
        None => Err(Error::unsupported("there is no filesystem here that is known")),
    }
}

pub(crate) fn find(volume: &dyn ReadAt) -> Result<Option<Candidate>> {
    if let Some(content) = stack::find(volume)? {
        return Ok(Some(Candidate { content, proven: true, driver: None }));
    }
    let mut candidates = Vec::new();
    for &driver in DRIVERS {
        if driver.probe(volume)? {
            let content = Content::FileSystem { info: driver.info(volume)?, readable: true };
            candidates.push(Candidate { content, proven: driver.proven(volume)?, driver: Some(driver) });
        }
    }
    candidates.extend(table::find(volume)?);
    for content in [swap::find(volume)?, zfs::find(volume)?].into_iter().flatten() {
        candidates.push(Candidate { content, proven: false, driver: None });
    }
    choose(candidates)
}

/// The only one, or the only proven one.
fn choose(mut candidates: Vec<Candidate>) -> Result<Option<Candidate>> {
    if candidates.len() > 1 && candidates.iter().filter(|candidate| candidate.proven).count() == 1 {
        candidates.retain(|candidate| candidate.proven);
    }
    match candidates.len() {
        0 | 1 => Ok(candidates.pop()),
        _ => {
            let names: Vec<_> = candidates.iter().map(Candidate::name).collect();
            Err(Error::corrupt(
                0,
                format!(
                    "the volume bears the marks of {}; clear the stale ones (`wipefs`) so that it can only be one",
                    names.join(" and ")
                ),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(fs_type: &'static str, proven: bool) -> Candidate {
        let content = Content::FileSystem { info: Info { fs_type, ..Info::default() }, readable: false };
        Candidate { content, proven, driver: None }
    }

    #[test]
    fn a_proven_filesystem_beats_a_stale_one() {
        let chosen = choose(vec![candidate("xfs", true), candidate("ntfs", false)]).unwrap().unwrap();
        assert_eq!(chosen.name(), "xfs");
        assert!(choose(Vec::new()).unwrap().is_none());
    }

    #[test]
    fn two_of_equal_standing_are_named_and_refused() {
        for proven in [false, true] {
            let error = choose(vec![candidate("xfs", proven), candidate("btrfs", proven)]).err().unwrap();
            assert_eq!(error.kind(), storage::ErrorKind::Corrupt);
            assert!(error.what().contains("xfs and btrfs"), "{error}");
        }
    }
}
