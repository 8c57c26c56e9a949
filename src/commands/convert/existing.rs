//! `-n`: into an output that exists.
//!
//! A raw file or block device is written in place. An image of another format is made anew with the options of the one
//! that is there, and replaces it: nothing is ever modified inside an image.

use super::source::Prepared;
use super::{copy, done, to_new_file, usage_if_refused, verify};
use crate::cli::Convert;
use crate::exit::{Exit, Failure};
use crate::image;
use disk::{CreateOptions, Details, Format, Info};
use std::path::Path;
use std::sync::Arc;
use storage::{Error, ExistingFile, ReadAt, Slice, Source};

pub(super) fn write(
    args: &Convert,
    path: &Path,
    format: &dyn Format,
    create: CreateOptions,
    prepared: &Prepared,
) -> Result<Exit, Failure> {
    if !create.options.is_empty() {
        return Err(Failure::usage("-n: the output exists already, and so options for making it mean nothing"));
    }
    if format.name() != "raw" {
        let create = remake(path, format, create)?;
        return to_new_file(args, path, format, &create, prepared, true);
    }
    let file = Arc::new(ExistingFile::open(path).map_err(usage_if_refused)?);
    if file.size() < create.size {
        let what = format!("is {} bytes long, and the disk is {}", file.size(), create.size);
        return Err(Failure::usage(Error::refused(what).at_path(path)));
    }
    let copied = copy(args, &prepared.disk, Box::new(file.clone()), args.target_is_zero)?;
    if args.verify {
        // What is behind the disk was there before.
        let written: Source = file.clone();
        verify(args, path, "raw", Arc::new(Slice::new(written, 0, create.size)?), &copied)?;
    }
    prepared.image.check_unchanged()?;
    Arc::into_inner(file).expect("the copy is done").commit()?;
    done(args, false, &copied)
}

/// The options of the image that is there.
fn remake(path: &Path, format: &dyn Format, create: CreateOptions) -> Result<CreateOptions, Failure> {
    let file = image::open_file(path)?;
    let info = format.info(&*file).map_err(|error| error.at_path(path))?;
    let refuse = |what: String| Failure::usage(Error::refused(what).at_path(path));
    if info.backing_file.is_some() || info.data_file.is_some() || info.encryption.is_some() {
        return Err(refuse("refers to other files or is encrypted; it is not replaced".to_owned()));
    }
    if info.virtual_size < create.size {
        return Err(refuse(format!("holds a disk of {} bytes, and the source is {}", info.virtual_size, create.size)));
    }
    let options = options_of(&info).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(CreateOptions { size: info.virtual_size, options, ..create })
}

fn options_of(info: &Info) -> Vec<(&'static str, String)> {
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    match &info.details {
        Details::Qcow2(details) => {
            let mut options = vec![("cluster_size", info.cluster_size.unwrap_or_default().to_string())];
            if details.version < 3 {
                options.push(("compat", "0.10".to_owned()));
                return options;
            }
            options.push(("refcount_bits", details.refcount_bits.to_string()));
            options.push(("lazy_refcounts", switch(details.lazy_refcounts)));
            options.push(("extended_l2", switch(details.extended_l2)));
            options.push(("compression_type", details.compression.to_owned()));
            options
        }
        Details::Vhd(details) => {
            let kind = if details.disk_type == 3 { "dynamic" } else { "fixed" };
            vec![("subformat", kind.to_owned())]
        }
        _ => Vec::new(),
    }
}
