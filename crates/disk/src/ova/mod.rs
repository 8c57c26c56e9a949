//! OVA: a tar archive with a description of a virtual machine (OVF) and its disks.
//!
//! The disks are read where they lie in the archive; nothing is unpacked. The descriptor says which members are disks,
//! and in which order they are attached: the first is the disk that the format opens, [`open_disk`] opens any of them.
//! Where there is a manifest, opening reads all that it has digests of, and refuses what does not agree.
//!
//! Source: DMTF DSP0243, "Open Virtualization Format Specification", 1.1 and 2.1; POSIX.1-2024, pax.
//!
//! Not supported: compressed and chunked disks, disks that are differences to others, links and sparse members as
//! disks (all named, and refused). Certificates are not checked.

mod check;
mod hardware;
mod header;
mod image;
mod locate;
mod manifest;
mod ovf;
mod package;
mod pax;
mod tar;
mod text;
mod xml;

pub(crate) use text::is_ovf_text;

use crate::{Checked, CreateOptions, Details, Disk, Format, Info, Opener};
use package::Package;
use std::sync::Arc;
use storage::{Error, ErrorKind, ReadAt, Result, Source, WriteAt};

const NAME: &str = "ova";

/// What everything in a tar archive is a multiple of, in bytes.
const BLOCK: u64 = 512;

/// Members among which a descriptor is looked for to tell an OVA from other archives. It should be the first.
const MAX_PROBED: usize = 1000;

/// Characters of a name or text from the archive that are shown.
const MAX_LABEL: usize = 200;

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    /// A tar archive with an OVF descriptor among its first members.
    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        let mut walk = tar::Walk::new(file);
        for _ in 0..MAX_PROBED {
            match walk.next() {
                Ok(Some(member)) if has_extension(&member.name, "ovf") => return Ok(true),
                Ok(Some(_)) => {}
                Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                Ok(None) | Err(_) => return Ok(false),
            }
        }
        Ok(false)
    }

    /// The length of the disk is its own word, or else the descriptor's. The manifest is not checked.
    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        let package = Package::read(file)?;
        let details = Details::Ova(package.details(file, false));
        let Some(first) = package.drives().first() else {
            return Ok(Info { format: NAME, details, notes: package.notes().to_vec(), ..Info::default() });
        };
        let disk = package.header(file, first).unwrap_or_else(|error| Info {
            virtual_size: first.capacity.unwrap_or_default(),
            notes: vec![format!("the disk cannot be read: {error}")],
            ..Info::default()
        });
        Ok(Info { details, ..image::info(disk, &package, first) })
    }

    fn open(&self, file: Source, _: &dyn Opener) -> Result<Arc<dyn Disk>> {
        image::open(file, Package::first)
    }

    /// Checks the manifest, and every disk whose format has something to check.
    fn check(&self, file: Source) -> Result<Option<Checked>> {
        check::check(&file).map(Some)
    }

    fn create(&self, _: Arc<dyn WriteAt>, _: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        Err(Error::unsupported("OVA archives are read and not written; write the disk as qcow2, VHD or raw"))
    }
}

/// Opens a disk of the archive: by its number, from 1 in the order in which the disks are attached, or by the name of
/// its member. Checks the manifest as [`Format::open`] does.
pub fn open_disk(file: Source, which: &str) -> Result<Arc<dyn Disk>> {
    image::open(file, |package| package.find(which))
}

/// A name or text from the archive as it may be shown: one line of no great length.
fn label(text: &str) -> String {
    let clean = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    let mut label: String = text.chars().take(MAX_LABEL).map(clean).collect();
    if label.len() < text.len() && text.chars().nth(MAX_LABEL).is_some() {
        label.push('…');
    }
    label
}

/// The name of what `name` means where it stands in the member `of`: both in the same directory.
fn sibling(of: &str, name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    of.rsplit_once('/').map_or_else(|| name.to_owned(), |(directory, _)| format!("{directory}/{name}"))
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}
