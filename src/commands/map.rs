//! `map`: where each run of a disk is stored, in qemu-img's table and JSON.

use crate::cli::{InfoOutput, Map};
use crate::exit::{Exit, Failure};
use crate::image::Image;
use crate::output;
use disk::{Disk, Mapping, Mappings};
use std::fmt::Write;
use std::ops::Range;
use storage::{ReadAt, Result};

type Outcome = std::result::Result<(), Failure>;

/// Lines that are written at a time.
const LINES: usize = 4096;

pub(crate) fn run(args: &Map) -> std::result::Result<Exit, Failure> {
    let image = Image::open(&args.image, &args.input)?;
    let disk = image.disk(&args.input)?;
    let end = args.max_length.map_or(disk.size(), |len| args.start_offset.saturating_add(len).min(disk.size()));
    if args.start_offset > disk.size() {
        return Err(Failure::usage(format!("--start-offset: the disk is {} bytes long", disk.size())));
    }
    let mut runs =
        Mappings::new(&*disk).filter_map(|run| run.map(|run| clip(run, &(args.start_offset..end))).transpose());
    match args.output {
        InfoOutput::Human => human(args, &*disk, &mut runs)?,
        InfoOutput::Json => json(&mut runs)?,
    }
    image.check_unchanged()?;
    Ok(Exit::Done)
}

/// As much of a run as lies in `range`.
fn clip(mut run: Mapping, range: &Range<u64>) -> Option<Mapping> {
    let Range { start, end } = run.extent.range;
    run.extent.range = start.max(range.start)..end.min(range.end);
    run.offset = run.offset.map(|offset| offset + (run.extent.range.start - start));
    (run.extent.range.start < run.extent.range.end).then_some(run)
}

/// Only what is stored byte for byte; other data cannot be told in this table.
fn human(args: &Map, disk: &dyn Disk, runs: &mut dyn Iterator<Item = Result<Mapping>>) -> Outcome {
    let files = files(args, disk);
    let mut out = format!("{:<16}{:<16}{:<16}{}\n", "Offset", "Length", "Mapped to", "File");
    for (number, run) in runs.enumerate() {
        let run = run?;
        if !run.is_data() || run.is_zero() {
            continue;
        }
        let Some(offset) = run.offset else {
            output::text(&out)?;
            let what = "the image holds compressed data, or data in other files, which this table has no place for; \
                        --output=json tells all";
            return Err(Failure::new(Exit::Failed, what));
        };
        let (start, len) = (format!("{:#x}", run.extent.range.start), format!("{:#x}", run.extent.size()));
        let start = if start == "0x0" { "0".to_owned() } else { start };
        let offset = if offset == 0 { "0".to_owned() } else { format!("{offset:#x}") };
        let file = files.get(usize::try_from(run.depth).unwrap_or(usize::MAX)).map_or("", String::as_str);
        let _ = writeln!(out, "{start:<16}{len:<16}{offset:<16}{file}");
        if number % LINES == 0 {
            output::text(&std::mem::take(&mut out))?;
        }
    }
    output::text(&out)
}

/// The image and the file below it; what is further below is not named by the image.
fn files(args: &Map, disk: &dyn Disk) -> Vec<String> {
    let mut files = vec![args.image.to_string_lossy().into_owned()];
    if let Some(name) = &disk.info().backing_file {
        let path = args.image.parent().unwrap_or("".as_ref()).join(name);
        files.push(facts::printable(&path.to_string_lossy()));
    }
    files
}

fn json(runs: &mut dyn Iterator<Item = Result<Mapping>>) -> Outcome {
    let mut out = String::from("[");
    for (number, run) in runs.enumerate() {
        let run = run?;
        let (zero, data) = (run.is_zero(), run.is_data());
        let Mapping { extent, depth, present, compressed, offset } = run;
        let separator = if number == 0 { "" } else { ",\n" };
        let _ = write!(
            out,
            "{separator}{{ \"start\": {}, \"length\": {}, \"depth\": {depth}, \"present\": {present}, \"zero\": {zero}, \
             \"data\": {data}, \"compressed\": {compressed}",
            extent.range.start,
            extent.size()
        );
        if let Some(offset) = offset {
            let _ = write!(out, ", \"offset\": {offset}");
        }
        out.push('}');
        if number % LINES == 0 {
            output::text(&std::mem::take(&mut out))?;
        }
    }
    output::text(&(out + "]\n"))
}
