//! UDF: installation media of Windows, DVDs, and drives that several systems write.
//!
//! Specification: ECMA-167 third edition; OSTA UDF 1.02 to 2.60. Not supported: virtual and sparable partitions,
//! sessions behind the first, blocks that are not sectors, named streams; in `partition.rs` and `entry.rs` is said more.
//! The bitmap of free space is not read.

mod directory;
mod entry;
mod partition;
mod tag;
mod text;
mod volume;

use crate::cache::Cached;
use crate::iso9660;
use crate::nodes::NodeTree;
use crate::tree::{Driver, FileSystem, Info};
use directory::{Node, Tree};
use partition::Partitions;
use std::sync::Arc;
use storage::{Error, ErrorKind, ReadAt, Result, Source};
use volume::Descriptors;

/// Reads UDF.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "udf"
    }

    /// A medium that bears ISO 9660 too is for that, unless this can be read.
    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(volume::sectors(volume)?.is_some() && (is_readable(volume)? || !iso9660::is_here(volume)?))
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        if volume::sectors(volume)?.is_none() {
            return Err(Error::corrupt(32768, "there is no sequence of UDF here"));
        }
        let mut info = Info { fs_type: "udf", ..Info::default() };
        match Descriptors::read(volume) {
            Ok(descriptors) => descriptors.info(volume, &mut info),
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => info.notes.push(error.to_string()),
        }
        Ok(info)
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let volume: Source = Arc::new(Cached::new(volume));
        let info = self.info(&*volume)?;
        let (partitions, root) = find_root(&*volume)?;
        Ok(Box::new(NodeTree::new(Tree { volume, partitions, root }, info)))
    }
}

/// Whether there is UDF, as far as the names in its first directory: of the two that a medium may bear this is the
/// one to be read then, as `blkid` and Windows do.
pub(crate) fn is_readable(volume: &dyn ReadAt) -> Result<bool> {
    if volume::sectors(volume)?.is_none() {
        return Ok(false);
    }
    match find_root(volume).and_then(|(partitions, root)| root.list(volume, &partitions)) {
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        found => Ok(found.is_ok()),
    }
}

/// The partitions, and the first directory in them.
fn find_root(volume: &dyn ReadAt) -> Result<(Partitions, Node)> {
    let descriptors = Descriptors::read(volume)?;
    let partitions = Partitions::read(volume, &descriptors)?;
    let root = Node::root(volume, &partitions, directory::address(&descriptors.logical, 248))?;
    Ok((partitions, root))
}
