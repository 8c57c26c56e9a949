//! `measure`: how large the converted image will be, in qemu-img's words and JSON.
//!
//! Without `--exact` nothing is read but metadata, and all that a source stores counts as data, as in qemu-img. With it
//! the disk is read, and the answer is the length of the file that `convert` with the same options writes.

use super::convert::split_options;
use crate::cli::{InfoOutput, Measure, ProgressArgs};
use crate::exit::{Exit, Failure};
use crate::image::Image;
use crate::output;
use crate::progress::Shown;
use disk::{CreateOptions, Format};
use serde_json::{Map, json};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{ErrorKind, Extents, Padded, ReadAt, Result, Source, WriteAt};

type Outcome<T> = std::result::Result<T, Failure>;

pub(crate) fn run(args: &Measure) -> Outcome<Exit> {
    let format = disk::format(&args.target.target_format).expect("the command line was checked");
    let mut bitmaps = None;
    let source: Option<Source> = match &args.image {
        None => None,
        Some(path) => {
            let image = Image::open(path, &args.input)?;
            let disk = image.disk_as_of(args.snapshot.as_deref(), &args.input)?;
            // Bitmaps are never copied.
            bitmaps = (disk.info().format == "qcow2" && format.name() == "qcow2").then_some(0);
            let size = disk.size().next_multiple_of(512);
            Some(if size == disk.size() { disk } else { Arc::new(Padded::new(disk, size)?) })
        }
    };
    let size = source.as_ref().map_or(args.size.unwrap_or(0), |source| source.size());
    let create =
        CreateOptions { size, options: split_options(&args.target.options)?, compress: args.compress, made: None };
    let fully = match format.measure(&create, &mut std::iter::once(Ok(0..size))) {
        // What is compressed anyway has a length when it is written, and not before.
        Err(error) if error.kind() == ErrorKind::Unsupported && args.exact => None,
        fully => Some(fully.map_err(Failure::usage)?),
    };
    let required = match &source {
        None => format.measure(&create, &mut std::iter::empty()).map_err(Failure::usage)?,
        Some(source) if args.exact => exact(source, format, &create)?,
        Some(source) => format.measure(&create, &mut data(source))?,
    };
    say(args, required, fully, bitmaps)?;
    Ok(Exit::Done)
}

/// What must be read of a disk.
pub(super) fn data(source: &dyn ReadAt) -> impl Iterator<Item = Result<Range<u64>>> {
    let data = |extent: storage::Extent| extent.is_data().then_some(extent.range);
    Extents::new(source).filter_map(move |extent| extent.map(data).transpose())
}

fn say(args: &Measure, required: u64, fully: Option<u64>, bitmaps: Option<u64>) -> Outcome<()> {
    match args.output {
        InfoOutput::Human => {
            let line =
                |what: &str, bytes: Option<u64>| bytes.map(|bytes| format!("{what}: {bytes}\n")).unwrap_or_default();
            let required = line("required size", Some(required));
            output::text(&(required + &line("fully allocated size", fully) + &line("bitmaps size", bitmaps)))
        }
        InfoOutput::Json => {
            let mut map = Map::new();
            if let Some(bytes) = bitmaps {
                map.insert("bitmaps".into(), json!(bytes));
            }
            map.insert("required".into(), json!(required));
            if let Some(bytes) = fully {
                map.insert("fully-allocated".into(), json!(bytes));
            }
            output::json(&map)
        }
    }
}

/// Converts, and keeps nothing but the length.
fn exact(source: &Source, format: &dyn Format, create: &CreateOptions) -> Outcome<u64> {
    let file = Arc::new(Length::default());
    let target = format.create(file.clone(), create).map_err(Failure::usage)?;
    let shown = Shown::new("measure", &ProgressArgs::default())?;
    convert::copy(source, &*target, &convert::Options::default(), &shown)?;
    target.finish()?;
    Ok(file.0.load(Ordering::Relaxed))
}

/// A file of which only the length is kept.
#[derive(Default)]
struct Length(AtomicU64);

impl WriteAt for Length {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.0.fetch_max(offset + buf.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn zero_at(&self, _: Range<u64>) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
