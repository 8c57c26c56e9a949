//! `compare`: whether two images hold the same disk. Exit codes and words are qemu-img's.

use crate::cli::{Compare, Input};
use crate::exit::{Exit, Failure};
use crate::image::{self, Allowed};
use crate::output;
use crate::progress::Shown;
use convert::Comparison;
use disk::Disk;
use std::path::Path;
use std::sync::Arc;
use storage::{File, ReadAt};

pub(crate) fn run(args: &Compare) -> Result<Exit, Failure> {
    // 1 is the answer "different", so failures of any kind must not be 1.
    compare(args).map_err(|failure| match failure.exit {
        Exit::Failed => failure.with_exit(Exit::Usage),
        _ => failure,
    })
}

fn compare(args: &Compare) -> Result<Exit, Failure> {
    let second = Input { format: args.second_format.clone(), allow_backing: args.input.allow_backing.clone() };
    let (first_file, a) = open(&args.first, &args.input)?;
    let (second_file, b) = open(&args.second, &second)?;
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
    first_file.check_unchanged()?;
    second_file.check_unchanged()?;
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

fn open(path: &Path, input: &Input) -> Result<(Arc<File>, Arc<dyn Disk>), Failure> {
    let file = image::open_file(path)?;
    let disk = image::open_disk(&file, input, &Allowed::new(path, &input.allow_backing)?)?;
    Ok((file, disk))
}

fn say(args: &Compare, words: &str) -> Result<(), Failure> {
    if args.progress.quiet { Ok(()) } else { output::text(words) }
}
