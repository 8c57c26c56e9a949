//! `convert`: a disk from one image into another.
//!
//! The output has no name until it is complete, flushed and, with `--verify`, read back.

mod existing;
mod options;
mod source;

use crate::cli::Convert;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::progress::Shown;
use convert::{Copied, Options};
use disk::{Closed, CreateOptions, Format};
use source::Prepared;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use storage::{Error, ErrorKind, File, NewFile, ReadAt, Sequential, Source, WriteAt};

pub(crate) use options::split as split_options;

pub(crate) fn run(args: &Convert) -> Result<Exit, Failure> {
    let format = disk::format(&args.target.target_format).expect("the command line was checked");
    let options = split_options(&args.target.options)?;
    if options.iter().any(|(name, _)| name == "help") {
        output::text(&options::help(format))?;
        return Ok(Exit::Done);
    }
    let (Some(source), Some(path)) = (&args.source, &args.output) else {
        return Err(Failure::usage("a source and an output are wanted; see convert --help"));
    };
    let prepared = source::prepare(args, source, format)?;
    refuse_own_source(path, &prepared)?;
    let create = CreateOptions { size: prepared.disk.size(), options, compress: args.compress, made: made()? };
    if path == Path::new("-") {
        to_standard_output(args, format, &create, &prepared)
    } else if args.no_create {
        existing::write(args, path, format, create, &prepared)
    } else {
        let replace = args.force;
        to_new_file(args, path, format, &create, &prepared, replace)
    }
}

/// The moment that images are to be made at, for builds that can be repeated (`SOURCE_DATE_EPOCH`, as
/// reproducible-builds.org specifies it).
fn made() -> Result<Option<u64>, Failure> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else { return Ok(None) };
    let moment = text.to_str().and_then(|text| text.parse().ok());
    moment.map(Some).ok_or_else(|| Failure::usage("SOURCE_DATE_EPOCH: write it as seconds since 1970"))
}

/// Makes a file that gets its name in the end.
fn to_new_file(
    args: &Convert,
    path: &Path,
    format: &dyn Format,
    create: &CreateOptions,
    prepared: &Prepared,
    replace: bool,
) -> Result<Exit, Failure> {
    let new = NewFile::create_with(path, replace, args.target_cache.unwrap_or_default()).map_err(usage_if_refused)?;
    if let Some(file) = cloneable(args, format, create, prepared)
        && new.clone_from(file)?
    {
        file.check_unchanged()?;
        new.commit()?;
        say(args, false, "cloned: the output shares its blocks with the source until one of them changes\n")?;
        return Ok(Exit::Done);
    }
    let new = Arc::new(new);
    let target = format.create(new.clone(), create).map_err(usage_unless_io)?;
    let copied = copy(args, &prepared.disk, target, true)?;
    if args.verify {
        verify(args, path, format.name(), new.clone(), &copied)?;
    }
    prepared.image.check_unchanged()?;
    Arc::into_inner(new).expect("the writers of the image are gone").commit()?;
    done(args, false, &copied)
}

/// The file whose blocks the output may share: a raw image, all of it, that is to become a raw image.
fn cloneable<'a>(
    args: &Convert,
    format: &dyn Format,
    create: &CreateOptions,
    prepared: &'a Prepared,
) -> Option<&'a File> {
    let plain = format.name() == "raw" && create.options.is_empty() && !create.compress && args.sparse_size > 0;
    let file = prepared.image.file().filter(|_| plain && !args.verify && prepared.is_file && args.rate.is_none())?;
    (file.size() == create.size).then_some(file)
}

/// Raw needs nothing but its bytes in order, and streamOptimized VMDK was made for it.
fn to_standard_output(
    args: &Convert,
    format: &dyn Format,
    create: &CreateOptions,
    prepared: &Prepared,
) -> Result<Exit, Failure> {
    if args.verify || args.no_create {
        return Err(Failure::usage(
            "standard output cannot be read back, nor does it exist before; leave out that option",
        ));
    }
    let copied = match format.name() {
        "raw" if create.options.is_empty() && !create.compress => {
            let out = Sequential::new(std::io::stdout(), create.size);
            copy(args, &prepared.disk, Box::new(out), true)?
        }
        "vmdk" => {
            let out = Arc::new(Sequential::new(std::io::stdout(), 0));
            let target = format.create(out.clone(), create).map_err(usage_unless_io)?;
            let copied = copy(args, &prepared.disk, target, true)?;
            Arc::into_inner(out).expect("the writer of the image is gone").close()?;
            copied
        }
        name => {
            let what = format!("a {name} image is not written from its start to its end, so not to standard output");
            return Err(Failure::usage(format!("{what}; use raw or vmdk, or a file")));
        }
    };
    prepared.image.check_unchanged()?;
    done(args, true, &copied)
}

/// Copies all of `source` and finishes `target`.
fn copy(args: &Convert, source: &Source, target: Box<dyn WriteAt>, is_zero: bool) -> Result<Copied, Failure> {
    let shown = Shown::new("convert", &args.progress)?;
    let copied = convert::copy(source, &*target, &how(args, is_zero), &shown)?;
    target.finish()?;
    shown.end(copied.size);
    Ok(copied)
}

fn how(args: &Convert, target_is_zero: bool) -> Options {
    let (workers, sparse, rate, memory) = (args.parallel, args.sparse_size, args.rate, args.memory);
    Options { workers, sparse, target_is_zero, rate, memory }
}

/// Reads the output back.
fn verify(args: &Convert, path: &Path, format: &str, file: Source, copied: &Copied) -> Result<(), Failure> {
    let written = disk::open(file, Some(format), &Closed)?;
    let shown = Shown::new("verify", &args.progress)?;
    let verified = convert::verify(&written, copied, &how(args, true), &shown)?;
    shown.end(written.size());
    match verified.difference() {
        None => Ok(()),
        Some(words) => {
            let what = format!("{}: the output does not hold the disk that was read: {words}", path.display());
            Err(Failure::new(Exit::Failed, format!("{what}; nothing was kept")))
        }
    }
}

fn done(args: &Convert, to_stderr: bool, copied: &Copied) -> Result<Exit, Failure> {
    let verified = if args.verify { "verified: the output holds the same disk\n" } else { "" };
    say(args, to_stderr, &format!("digest: {}\n{verified}", copied.digest))?;
    Ok(Exit::Done)
}

fn say(args: &Convert, to_stderr: bool, words: &str) -> Result<(), Failure> {
    if args.progress.quiet {
        return Ok(());
    }
    if to_stderr { Ok(std::io::stderr().write_all(words.as_bytes())?) } else { output::text(words) }
}

/// The output may not be the source, nor a file that the source needs, by whatever name.
fn refuse_own_source(output: &Path, prepared: &Prepared) -> Result<(), Failure> {
    let Ok(there) = File::open(output) else { return Ok(()) };
    if prepared.image.reads(there.identity()) {
        Err(Failure::usage(Error::refused("is the source itself; choose another output").at_path(output)))
    } else {
        Ok(())
    }
}

/// A file that was created a moment ago is not damaged: what is wrong is what was asked for.
fn usage_unless_io(error: Error) -> Failure {
    if error.kind() == ErrorKind::Io { error.into() } else { Failure::usage(error) }
}

fn usage_if_refused(error: Error) -> Failure {
    if error.kind() == ErrorKind::Refused { Failure::usage(error) } else { error.into() }
}
