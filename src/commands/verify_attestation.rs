//! `verify-attestation`: whether what was attested of an image stands, in whatever format it is now.

use crate::cli::VerifyAttestation;
use crate::exit::{Exit, Failure};
use crate::image::Image;
use crate::output;
use crate::progress::Shown;
use preflight::{Attestation, Date};
use std::fmt::Write;

/// Longest statement that is read.
const MAX_STATEMENT: u64 = 1 << 20;

pub(crate) fn run(args: &VerifyAttestation) -> Result<Exit, Failure> {
    let path = args.attestation.display();
    let wrong = |error: String| Failure::usage(format!("{path}: {error}"));
    let file = std::fs::metadata(&args.attestation).map_err(|error| wrong(error.to_string()))?;
    if file.len() > MAX_STATEMENT {
        return Err(wrong("is longer than any attestation".into()));
    }
    let json = std::fs::read(&args.attestation).map_err(|error| wrong(error.to_string()))?;
    let attestation = Attestation::parse(&json).map_err(wrong)?;
    let digest = digest(args)?;
    let image = args.image.to_string_lossy();
    let size = std::fs::metadata(&args.image).map_or(0, |found| found.len());
    let clearance = match attestation.clear(&image, size, &digest, Date::today()) {
        Ok(clearance) => clearance,
        Err(why) => return Err(Failure::new(Exit::Blocked, format!("{path}: does not clear {image}: {why}"))),
    };
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

/// The digest of what the image holds.
fn digest(args: &VerifyAttestation) -> Result<String, Failure> {
    let image = Image::open(&args.image, &args.input)?;
    let disk = image.disk(&args.input)?;
    let shown = Shown::new("verify", &args.progress)?;
    let digest = convert::digest(&disk, 0, &shown).map_err(|error| error.at_path(&args.image))?;
    shown.end(storage::ReadAt::size(&disk));
    image.check_unchanged()?;
    Ok(digest.to_string())
}
