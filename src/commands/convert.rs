//! `convert`: a disk from one image into another.
//!
//! The output has no name until it is complete, flushed and, with `--verify`, read back.

use crate::cli::Convert;
use crate::exit::{Exit, Failure};
use crate::image::{self, Allowed};
use crate::output;
use crate::progress::Shown;
use convert::{Copied, Options};
use disk::{Closed, CreateOptions, Disk, Format};
use std::path::Path;
use std::sync::Arc;
use storage::{Error, ErrorKind, File, NewFile, ReadAt};

pub(crate) fn run(args: &Convert) -> Result<Exit, Failure> {
    let format = disk::format(&args.target_format).expect("the command line was checked");
    let options = split_options(&args.options)?;
    let file = image::open_file(&args.source)?;
    let allowed = Allowed::new(&args.source, &args.input.allow_backing)?;
    let source = image::open_disk(&file, &args.input, &allowed)?;
    refuse_own_source(&args.output, &file, &allowed)?;
    let new = Arc::new(create(args)?);

    let shown = Shown::new("convert", &args.progress)?;
    let copied = copy(args, format, options, &source, &new, &shown)?;
    if args.verify {
        verify(args, format, &copied, &new)?;
    }
    file.check_unchanged()?;
    let new = Arc::into_inner(new).expect("the writers of the image are gone");
    new.commit()?;
    if !args.progress.quiet {
        let verified = if args.verify { "verified: the output holds the same disk\n" } else { "" };
        output::text(&format!("digest: {}\n{verified}", copied.digest))?;
    }
    Ok(Exit::Done)
}

fn copy(
    args: &Convert,
    format: &dyn Format,
    options: Vec<(String, String)>,
    source: &Arc<dyn Disk>,
    new: &Arc<NewFile>,
    shown: &Shown,
) -> Result<Copied, Failure> {
    let target = format.create(new.clone(), &CreateOptions { size: source.size(), options, compress: false }).map_err(|error| {
        // A file that was created a moment ago is not damaged: what is wrong is what was asked for.
        if error.kind() == ErrorKind::Io { error.into() } else { Failure::usage(error) }
    })?;
    let how = Options { workers: args.parallel, sparse: args.sparse_size, ..Options::default() };
    let copied = convert::copy(source, &*target, &how, shown)?;
    target.finish()?;
    shown.end(copied.size);
    Ok(copied)
}

fn verify(args: &Convert, format: &dyn Format, copied: &Copied, new: &Arc<NewFile>) -> Result<(), Failure> {
    let written = disk::open(new.clone(), Some(format.name()), &Closed)?;
    let shown = Shown::new("verify", &args.progress)?;
    let digest = convert::digest(&written, args.parallel, &shown)?;
    shown.end(written.size());
    if digest == copied.digest && written.size() == copied.size {
        return Ok(());
    }
    let what = format!("the output does not hold the disk that was read ({digest} instead of {})", copied.digest);
    Err(Failure::new(Exit::Failed, format!("{}: {what}; nothing was kept", args.output.display())))
}

fn create(args: &Convert) -> Result<NewFile, Failure> {
    NewFile::create(&args.output, args.force).map_err(|error| match error.kind() {
        ErrorKind::Refused => Failure::usage(error),
        _ => error.into(),
    })
}

/// The output may not be the source, nor a file that the source needs, by whatever name.
fn refuse_own_source(output: &Path, file: &File, allowed: &Allowed) -> Result<(), Failure> {
    let Ok(there) = File::open(output) else { return Ok(()) };
    let same = there.identity() == file.identity() || allowed.opened().contains(&there.identity());
    if same {
        Err(Failure::usage(Error::refused("is the source itself; choose another output").at_path(output)))
    } else {
        Ok(())
    }
}

/// `-o a=b,c=d`; a comma in a value is written twice. A name without a value means `on`.
fn split_options(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut options = Vec::new();
    for item in given.iter().flat_map(|text| text.replace(",,", "\0").split(',').map(str::to_owned).collect::<Vec<_>>())
    {
        let item = item.replace('\0', ",");
        let (name, value) = item.split_once('=').unwrap_or((&item, "on"));
        if name.is_empty() {
            return Err(Failure::usage(format!("-o {:?}: an option has no name", given.join(","))));
        }
        options.push((name.to_owned(), value.to_owned()));
    }
    Ok(options)
}
