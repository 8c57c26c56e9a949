//! `verify-attestation`: whether what was attested of an image stands, in whatever format it is now.

use crate::cli::{Input, ProgressArgs, VerifyAttestation};
use crate::exit::{Exit, Failure};
use crate::image::Image;
use crate::output;
use crate::progress::Shown;
use preflight::{Attestation, Clearance, Date};
use std::fmt::Write;
use std::path::Path;

/// Longest statement that is read.
const MAX_STATEMENT: u64 = 1 << 20;

pub(crate) fn run(args: &VerifyAttestation) -> Result<Exit, Failure> {
    let image = args.image.to_string_lossy();
    let attestation = read(&args.attestation)?;
    let size = std::fs::metadata(&args.image).map_or(0, |found| found.len());
    let (clearance, digest) = clear(&args.attestation, &attestation, (&args.image, &args.input), size, &args.progress)?;
    let mut text = format!("{image}: holds what was attested, and that is ready\ndigest: {digest}\n");
    let _ = writeln!(text, "rules: {}", clearance.pack());
    if let Some(other) = attestation.other_pack() {
        let _ = writeln!(text, "judged by the rules {other}; those of this program are {}", preflight::PACK);
    }
    for rule in clearance.waived() {
        let _ = writeln!(text, "waived: {rule}");
    }
    output::text(&text)?;
    Ok(Exit::Done)
}

/// The statement in a file.
pub(super) fn read(path: &Path) -> Result<Attestation, Failure> {
    let wrong = |error: String| Failure::usage(format!("{}: {error}", path.display()));
    let file = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if file.len() > MAX_STATEMENT {
        return Err(wrong("is longer than any attestation".into()));
    }
    let json = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    Attestation::parse(&json).map_err(wrong)
}

/// The proof that an image passed, of a statement about what it holds; all of it is read for its digest. The proof is of
/// a file of `size` bytes.
pub(super) fn clear(
    path: &Path,
    attestation: &Attestation,
    image: (&Path, &Input),
    size: u64,
    progress: &ProgressArgs,
) -> Result<(Clearance, String), Failure> {
    let digest = digest(image, progress)?;
    let name = image.0.to_string_lossy();
    match attestation.clear(&name, size, &digest, Date::today()) {
        Ok(clearance) => Ok((clearance, digest)),
        Err(why) => {
            let what = format!("{}: does not clear {name}: {why}", path.display());
            Err(Failure::new(Exit::Blocked, what))
        }
    }
}

/// The digest of what the image holds.
fn digest((path, input): (&Path, &Input), progress: &ProgressArgs) -> Result<String, Failure> {
    let image = Image::open(path, input)?;
    let disk = image.disk(input)?;
    let shown = Shown::new("verify", progress)?;
    let digest = convert::digest(&disk, 0, &shown).map_err(|error| error.at_path(path))?;
    shown.end(storage::ReadAt::size(&disk));
    image.check_unchanged()?;
    Ok(digest.to_string())
}
