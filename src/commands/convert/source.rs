//! The disk that is copied: what the image holds, and what was asked to be made of it on the way.

use crate::cli::Convert;
use crate::exit::Failure;
use crate::image::{Image, misnamed};
use crate::size;
use disk::Format;
use std::path::Path;
use std::sync::Arc;
use storage::{Padded, Punched, ReadAt, Source};

/// Formats other than raw count whole sectors.
const SECTOR: u64 = 512;

/// A disk that is ready to be copied.
pub(super) struct Prepared {
    pub(super) image: Image,
    pub(super) disk: Source,
    /// The disk is the file, byte for byte.
    pub(super) is_file: bool,
}

pub(super) fn prepare(args: &Convert, path: &Path, format: &dyn Format) -> Result<Prepared, Failure> {
    let image = Image::open_with(path, &args.input, args.source_cache.unwrap_or_default())?;
    let opened = image.disk_as_of(args.snapshot.as_deref(), &args.input)?;
    if let Some(words) = misnamed(path, opened.info().format).filter(|_| args.input.format.is_none()) {
        say(args, &format!("{}: {words}", path.display()));
    }
    let at_path = |error: storage::Error| error.at_path(path);
    let mut is_file = opened.info().format == "raw";
    let media = (opened.info().format == "iso").then(|| disk::bootable(opened.clone())).transpose().map_err(at_path)?;
    let mut disk: Source = match media {
        None => opened.clone(),
        Some(media) => {
            media.notes.iter().for_each(|note| say(args, note));
            media.disk
        }
    };
    if args.drop_free {
        is_file = false;
        disk = thinned(args, disk)?;
    }
    let size = wanted_size(args, format, disk.size())?;
    if size != disk.size() {
        is_file = false;
        disk = Arc::new(Padded::new(disk, size)?);
    }
    Ok(Prepared { image, disk, is_file })
}

/// Without what its filesystems mark as free.
fn thinned(args: &Convert, disk: Source) -> Result<Source, Failure> {
    let unused = inspect::unused(&disk)?;
    unused.volumes.iter().for_each(|words| say(args, words));
    let punched = Punched::new(disk, unused.ranges)?;
    let dropped = punched.dropped()?;
    say(args, &format!("free space left out: {} ({dropped} bytes)", size::human(dropped)));
    Ok(Arc::new(punched))
}

fn wanted_size(args: &Convert, format: &dyn Format, size: u64) -> Result<u64, Failure> {
    let wanted = args.size.unwrap_or(size);
    if wanted < size {
        let what = format!("--size {wanted}: the disk is {size} bytes long, and what is at its end would be lost");
        return Err(Failure::usage(what));
    }
    let whole = |wanted: u64, unit: u64| {
        wanted.checked_next_multiple_of(unit).ok_or_else(|| Failure::usage(format!("no disk is a multiple of {unit}")))
    };
    let wanted = whole(wanted, args.align.unwrap_or(1).max(1))?;
    if format.name() == "raw" || wanted.is_multiple_of(SECTOR) {
        return Ok(wanted);
    }
    let sectors = whole(wanted, SECTOR)?;
    say(args, &format!("the disk is {wanted} bytes long, not whole sectors; zeros are added to make it {sectors}"));
    Ok(sectors)
}

/// A word to the user beside the output.
fn say(args: &Convert, words: &str) {
    if !args.progress.quiet {
        crate::image::say(words);
    }
}
