//! ISO 9660: optical media and their images, with Rock Ridge or Joliet.
//!
//! Specification: ECMA-119; SUSP 1.12 and RRIP 1.12 (Rock Ridge); the Joliet specification of Microsoft. Names and
//! attributes are those of Rock Ridge where it is there, else the names of Joliet, else the plain ones. Not supported:
//! interleaved files, files of Rock Ridge that are compressed (zisofs) or sparse, enhanced volume descriptors of version
//! 2, High Sierra.

mod descriptor;
mod directory;
mod record;
mod rock_ridge;
#[cfg(test)]
mod tests;

use crate::cache::Cached;
use crate::nodes::NodeTree;
use crate::tree::{Driver, FileSystem, Info};
use crate::udf;
use descriptor::Descriptors;
use directory::Tree;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};

/// Reads ISO 9660.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "iso9660"
    }

    /// A medium that bears UDF too is for UDF, if that can be read: Windows puts a mere notice into the other.
    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(is_here(volume)? && !udf::is_readable(volume)?)
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        Ok(info(volume, &descriptors(volume)?))
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let volume: Source = Arc::new(Cached::new(volume));
        let descriptors = descriptors(&*volume)?;
        let info = info(&*volume, &descriptors);
        let tree = Tree::open(volume, &descriptors).map_err(|error| error.within("ISO 9660"))?;
        Ok(Box::new(NodeTree::new(tree, info)))
    }
}

/// Whether there is a primary volume descriptor.
pub(crate) fn is_here(volume: &dyn ReadAt) -> Result<bool> {
    Ok(Descriptors::read(volume)?.is_some())
}

fn descriptors(volume: &dyn ReadAt) -> Result<Descriptors> {
    Descriptors::read(volume)?
        .ok_or_else(|| Error::corrupt(descriptor::OFFSET, "there is no volume descriptor of ISO 9660 here"))
}

fn info(volume: &dyn ReadAt, descriptors: &Descriptors) -> Info {
    let mut info = descriptors.info(volume.size());
    if directory::rock_ridge(volume, descriptors).is_ok_and(|skip| skip.is_some()) {
        info.features.push("rock_ridge".to_owned());
    }
    info
}
