//! NTFS.
//!
//! Specification: [MS-FSCC] for reparse points, [MS-XCA] for compression; for the rest what Linux and `ntfs-3g` make of it
//! (`layout.h`). Read are files in their records and in clusters, sparse ones, compressed ones (LZNT1, WOF), lists of attributes,
//! links; `$MFT` in many pieces, and its copy. Not supported: encryption (EFS), deduplication, the copy of the boot
//! sector, what waits in the log, streams other than a file's own.
//!
//! It is read here and not by the crate `ntfs`: that gives what lies on the volume past the part of a file that was ever
//! written, does not read an `$MFT` that has a list of attributes, and follows an index that leads in circles without end.

mod bits;
mod boot;
mod fixup;
mod free;
mod index;
mod info;
mod interix;
mod log;
mod lznt1;
mod lzx;
mod mft;
mod name;
mod record;
mod reparse;
mod runs;
mod stream;
mod tree;
mod wof;
mod xpress;

use crate::cache::Cached;
use crate::nodes::NodeTree;
use crate::tree::{Driver, FileSystem, Info, See};
use boot::Boot;
use mft::Mft;
use name::UpCase;
use std::sync::Arc;
use storage::{ErrorKind, ReadAt, Result, Source};
use tree::Tree;

/// Reads NTFS.
pub(crate) struct Reader;

impl Driver for Reader {
    fn name(&self) -> &'static str {
        "ntfs"
    }

    fn probe(&self, volume: &dyn ReadAt) -> Result<bool> {
        Ok(Boot::read(volume)?.is_some())
    }

    fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        info::info(volume, &Boot::expect(volume)?)
    }

    /// There is no checksum; but a table of files that is sound where the boot sector has it is as good.
    fn proven(&self, volume: &dyn ReadAt) -> Result<bool> {
        let Some(boot) = Boot::read(volume)? else { return Ok(false) };
        match Mft::open(volume, boot) {
            Err(error) if error.kind() == ErrorKind::Io => Err(error),
            found => Ok(found.is_ok_and(|mft| !mft.is_mirrored && mft.place(mft::MFT) == mft.boot.mft)),
        }
    }

    fn unused(&self, volume: &dyn ReadAt, see: &mut See<'_>) -> Result<()> {
        free::unused(volume, &Mft::open(volume, Boot::expect(volume)?)?, see)
    }

    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>> {
        let volume: Source = Arc::new(Cached::new(volume));
        let boot = Boot::expect(&*volume)?;
        let mut info = info::info(&*volume, &boot)?;
        let mft = Mft::open(&*volume, boot)?;
        let upcase = match UpCase::read(&*volume, &mft) {
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            read => read.unwrap_or_default().unwrap_or_else(|| {
                info.notes.push("its table of capitals ($UpCase) is damaged, and that of Unicode was used".to_owned());
                UpCase::of_unicode()
            }),
        };
        Ok(Box::new(NodeTree::new(Tree::new(volume, mft, upcase), info)))
    }
}
