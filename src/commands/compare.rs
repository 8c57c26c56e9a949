//! `compare`: whether two images hold the same disk. Exit codes and words are qemu-img's.

use crate::cli::{Compare, Input};
use crate::exit::{Exit, Failure};
use crate::image::Image;
use crate::output;
use crate::progress::Shown;
use convert::Comparison;
use disk::Disk;
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

fn open(path: &Path, input: &Input) -> Result<(Image, Arc<dyn Disk>), Failure> {
    let image = Image::open(path, input)?;
    let disk = image.disk(input)?;
    Ok((image, disk))
}

fn say(args: &Compare, words: &str) -> Result<(), Failure> {
    if args.progress.quiet { Ok(()) } else { output::text(words) }
}
