//! `--convert`: images that are made as they are uploaded, and the facts of what they will be.

use crate::cli::Import;
use crate::commands::convert::split_options;
use crate::commands::measure::data;
use crate::exit::Failure;
use crate::image::{Image, say};
use crate::signals;
use ::import::upload::{Maker, Sink};
use convert::{Cut, Part, in_parts};
use disk::{Closed, CreateOptions, Format};
use facts::Facts;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use storage::{NewFile, Padded, ReadAt, Source};

/// Formats other than raw count whole sectors, and ECS whole sectors of any.
const SECTOR: u64 = 512;
/// Memory for parts that are not sent yet.
const PARTS: u64 = 48 << 20;
/// What is in front of an image and written last, at most: the block table of a VHD of 2 TiB.
const FRONT: u64 = 5 << 20;
/// Memory for what is converted.
const BUFFERS: u64 = 16 << 20;
/// What a compressed image may be longer than one that is not: the ends of its clusters.
const SLACK: u64 = 1 << 20;

/// An image that is converted while it is uploaded.
pub(super) struct Made {
    image: Image,
    path: PathBuf,
    disk: Source,
    format: &'static dyn Format,
    create: CreateOptions,
    bound: u64,
    digest: Mutex<Option<String>>,
}

impl Made {
    /// What becomes of the image at `path`.
    pub(super) fn of(args: &Import, path: &Path, format: &'static dyn Format) -> Result<Self, Failure> {
        let at_path = |error: storage::Error| error.at_path(path);
        let input = &args.machine.subject.input;
        let image = Image::open(path, input)?;
        let opened = image.disk(input)?;
        let media = (opened.info().format == "iso").then(|| disk::bootable(opened.clone())).transpose();
        let mut disk: Source = match media.map_err(at_path)? {
            None => opened,
            Some(media) => {
                media.notes.iter().for_each(|note| say(note));
                media.disk
            }
        };
        let size = disk.size().next_multiple_of(SECTOR);
        if size != disk.size() {
            disk = Arc::new(Padded::new(disk, size)?);
        }
        // Made again, it is the same.
        let made = std::fs::metadata(path).ok().and_then(|found| u64::try_from(found.mtime()).ok()).or(Some(0));
        let create =
            CreateOptions { size, options: split_options(&args.upload.options)?, compress: args.upload.compress, made };
        let bound = bound(&disk, format, &create).map_err(at_path)?;
        Ok(Made { image, path: path.to_owned(), disk, format, create, bound, digest: Mutex::default() })
    }

    /// The facts of the image that will be, of those of the image that is. Its header is that of an empty one, which is
    /// made for this.
    pub(super) fn facts(&self, mut facts: Facts) -> Result<Facts, Failure> {
        let empty = Arc::new(NewFile::scratch(std::env::temp_dir())?);
        self.format.create(empty.clone(), &self.create).map_err(Failure::usage)?.finish()?;
        let source: Source = empty;
        let disk = disk::open(source.clone(), Some(self.format.name()), &Closed)?;
        let name = self.path.with_extension(self.format.name());
        facts.image = inspect::inspect(&name.to_string_lossy(), &source, &disk)?.image;
        facts.image.file_size = self.bound;
        Ok(facts)
    }

    /// Fails if the image was written to since it was opened.
    pub(super) fn check_unchanged(&self) -> storage::Result<()> {
        self.image.check_unchanged()
    }

    /// The digest of the disk, once it was converted.
    pub(super) fn digest(&self) -> Option<String> {
        self.digest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Maker for Made {
    fn bound(&self) -> u64 {
        self.bound
    }

    fn make(&self, part_size: u64, workers: usize, sink: &Sink<'_>) -> ::import::Result<()> {
        let cut = Cut { part_size, memory: PARTS.max(Cut::least_memory(part_size) + FRONT) };
        let most = usize::try_from(cut.memory / part_size.max(1)).unwrap_or(1);
        let sink = |part: &Part<'_>| sink(part.number(), part);
        let done = in_parts(&cut, workers.min(most), &sink, |file| {
            let target = self.format.create(file, &self.create)?;
            let options = convert::Options { target_is_zero: true, memory: BUFFERS, ..convert::Options::default() };
            let copied = convert::copy(&self.disk, &*target, &options, &Stoppable)?;
            target.finish()?;
            Ok(copied.digest.to_string())
        })?;
        *self.digest.lock().unwrap_or_else(PoisonError::into_inner) = Some(done.value);
        Ok(())
    }
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.path.display(), self.format.name())
    }
}

/// A conversion whose progress shows as that of its upload.
struct Stoppable;

impl convert::Progress for Stoppable {
    fn at(&self, _: u64, _: u64) {}

    fn stop(&self) -> bool {
        signals::stop()
    }
}

/// A length that the image will not exceed.
fn bound(disk: &Source, format: &dyn Format, create: &CreateOptions) -> storage::Result<u64> {
    let plain = CreateOptions { compress: false, ..create.clone() };
    let slack = if create.compress { SLACK } else { 0 };
    Ok(format.measure(&plain, &mut data(disk))?.saturating_add(slack))
}
