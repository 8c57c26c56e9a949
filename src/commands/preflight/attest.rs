//! The report as an attestation.

use crate::cli::Preflight;
use crate::exit::{Exit, Failure};
use crate::image::Image;
use crate::progress::Shown;
use ::preflight::{Attestation, Report};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use storage::ReadAt;

/// What tells that a file is another than it was.
pub(super) type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// The stamp of a file as it is now.
pub(super) fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// The statement as JSON, of an image that had that stamp before it was judged. The whole disk is read for its digest.
pub(super) fn statement(args: &Preflight, report: &Report, before: Stamp) -> Result<Vec<u8>, Failure> {
    let [path] = args.images.as_slice() else { return Err(Failure::usage("--attest is about one image")) };
    let image = Image::open(path, &args.subject.input)?;
    let disk = image.disk(&args.subject.input)?;
    let shown = Shown::new("digest", &Default::default())?;
    let digest = convert::digest(&disk, 0, &shown).map_err(|error| error.at_path(path))?;
    shown.end(disk.size());
    image.check_unchanged()?;
    if stamp(path) != before {
        return Err(Failure::new(Exit::Failed, format!("{}: changed while it was judged", path.display())));
    }
    let statement = Attestation::of(report, disk.size(), &digest.to_string());
    let mut json = serde_json::to_vec_pretty(&statement).map_err(std::io::Error::from)?;
    json.push(b'\n');
    Ok(json)
}
