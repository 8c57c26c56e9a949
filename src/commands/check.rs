//! `check`: whether the metadata of an image is sound. Exit codes, words and JSON are qemu-img's.

use crate::cli::{Check, InfoOutput};
use crate::exit::{Exit, Failure};
use crate::{image, output};
use disk::Checked;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use storage::{Error, File, Source};

pub(crate) fn run(args: &Check) -> Result<Exit, Failure> {
    // 2 is the answer "damaged", so failures of any kind must be 1.
    check(args).map_err(|failure| match failure.exit {
        Exit::Usage | Exit::Image | Exit::Resources => failure.with_exit(Exit::Failed),
        _ => failure,
    })
}

fn check(args: &Check) -> Result<Exit, Failure> {
    if args.repair.is_some() {
        return Err(Failure::usage(
            "-r: images are never repaired in place; convert makes a sound copy of a sound disk",
        ));
    }
    let file = image::open_file(&args.image)?;
    let source: Source = file.clone();
    let at_path = |error: Error| error.at_path(&args.image);
    let Some(checked) = disk::check(source, args.format.as_deref()).map_err(at_path)? else {
        return Err(Failure::new(Exit::NoChecks, "This image format does not support checks"));
    };
    file.check_unchanged()?;
    if !args.quiet {
        match args.output {
            InfoOutput::Human => output::text(&human(&checked))?,
            InfoOutput::Json => output::json(&document(args, &format(args, &file), &checked))?,
        }
    }
    Ok(match checked {
        Checked { corruption_count: 1.., .. } => Exit::Damaged,
        Checked { leak_count: 1.., .. } => Exit::Leaked,
        _ => Exit::Done,
    })
}

/// What was checked: the format that was named, or else the one that was found.
fn format(args: &Check, file: &File) -> String {
    let found = || Some((*disk::probe(file).ok()?.formats.first()?).to_owned());
    args.format.clone().or_else(found).unwrap_or_else(|| "raw".to_owned())
}

fn human(checked: &Checked) -> String {
    let mut out = String::new();
    for (word, errors) in [("ERROR", &checked.corruptions), ("Leaked", &checked.leaks)] {
        for error in errors {
            let _ = writeln!(out, "{word}: {error}");
        }
    }
    if checked.is_clean() {
        out.push_str("No errors were found on the image.\n");
    }
    if checked.corruption_count > 0 {
        let n = checked.corruption_count;
        let _ = write!(out, "\n{n} errors were found on the image.\nData may be corrupted, or further writes to the ");
        out.push_str("image may corrupt it.\n");
    }
    if checked.leak_count > 0 {
        let _ = writeln!(out, "\n{} leaked clusters were found on the image.", checked.leak_count);
        out.push_str("This means waste of disk space, but no harm to data.\n");
    }
    if checked.total_clusters > 0 {
        let (total, allocated) = (checked.total_clusters, checked.allocated_clusters);
        let of_allocated = |n| percent(n, allocated);
        let _ = writeln!(
            out,
            "{allocated}/{total} = {:.2}% allocated, {:.2}% fragmented, {:.2}% compressed clusters",
            percent(allocated, total),
            of_allocated(checked.fragmented_clusters),
            of_allocated(checked.compressed_clusters)
        );
    }
    if checked.image_end_offset > 0 {
        let _ = writeln!(out, "Image end offset: {}", checked.image_end_offset);
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// qemu-img leaves out what is zero, but for the errors of the check itself.
fn document(args: &Check, format: &str, checked: &Checked) -> Value {
    let mut map = Map::new();
    map.insert("check-errors".into(), json!(0));
    for (key, count) in [
        ("image-end-offset", checked.image_end_offset),
        ("total-clusters", checked.total_clusters),
        ("corruptions", checked.corruption_count),
        ("leaks", checked.leak_count),
        ("allocated-clusters", checked.allocated_clusters),
        ("fragmented-clusters", checked.fragmented_clusters),
        ("compressed-clusters", checked.compressed_clusters),
    ] {
        if count > 0 {
            map.insert(key.into(), json!(count));
        }
    }
    map.insert("filename".into(), json!(args.image.to_string_lossy()));
    map.insert("format".into(), json!(image::qemu_name(format)));
    Value::Object(map)
}
