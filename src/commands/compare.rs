//! `compare`: whether two images hold the same disk. Exit codes and words are qemu-img's.

use crate::cli::{Compare, Input};
use crate::exit::{Exit, Failure};
use crate::image::Image;
use crate::output;
use crate::progress::Shown;
use convert::Comparison;
use disk::{Disk, Mapping, Mappings};
use std::path::Path;
use std::sync::Arc;
use storage::ReadAt;

pub(crate) fn run(args: &Compare) -> Result<Exit, Failure> {
    // 1 is the answer "different", so failures of any kind must not be 1.
    compare(args).map_err(|failure| match failure.exit {
        Exit::Failed => failure.with_exit(Exit::Usage),
        _ => failure,
    })
}

fn compare(args: &Compare) -> Result<Exit, Failure> {
    let second = Input { format: args.second_format.clone(), ..args.input.clone() };
    let (first, a) = open(&args.first, &args.input)?;
    let (second, b) = open(&args.second, &second)?;
    if args.strict && a.size() != b.size() {
        say(args, "Strict mode: Image size mismatch!\n")?;
        return Ok(Exit::Failed);
    }
    if a.size() != b.size() {
        say(args, "Warning: Image size mismatch!\n")?;
    }
    if args.strict
        && let Some(offset) = differently_stored(&*a, &*b)?
    {
        say(args, &format!("Strict mode: Offset {offset} block status mismatch!\n"))?;
        return Ok(Exit::Failed);
    }
    let shown = Shown::new("compare", &args.progress)?;
    let comparison = convert::compare(&a, &b, 0, &shown)?;
    shown.end(a.size().max(b.size()));
    first.check_unchanged()?;
    second.check_unchanged()?;
    match comparison {
        Comparison::Same => {
            say(args, "Images are identical.\n")?;
            Ok(Exit::Done)
        }
        Comparison::Differ(offset) => {
            say(args, &format!("Content mismatch at offset {offset}!\n"))?;
            Ok(Exit::Failed)
        }
    }
}

/// Where the two first differ in what is stored at all, if they do; they are of one length.
fn differently_stored(a: &dyn Disk, b: &dyn Disk) -> storage::Result<Option<u64>> {
    let status = |run: &Mapping| (run.is_data(), run.is_zero(), run.present);
    let (mut runs_a, mut runs_b) = (Mappings::new(a), Mappings::new(b));
    let (mut run_a, mut run_b) = (runs_a.next().transpose()?, runs_b.next().transpose()?);
    while let (Some(first), Some(second)) = (&run_a, &run_b) {
        if status(first) != status(second) {
            return Ok(Some(first.extent.range.start.max(second.extent.range.start)));
        }
        let (end_a, end_b) = (first.extent.range.end, second.extent.range.end);
        if end_a <= end_b {
            run_a = runs_a.next().transpose()?;
        }
        if end_b <= end_a {
            run_b = runs_b.next().transpose()?;
        }
    }
    Ok(None)
}

fn open(path: &Path, input: &Input) -> Result<(Image, Arc<dyn Disk>), Failure> {
    let image = Image::open(path, input)?;
    let disk = image.disk(input)?;
    Ok((image, disk))
}

fn say(args: &Compare, words: &str) -> Result<(), Failure> {
    if args.progress.quiet { Ok(()) } else { output::text(words) }
}
