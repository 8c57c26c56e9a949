//! What a file is by its content, and opening it as that.

use crate::signatures::{self, EXT, Ends, SIGNATURES, disk_marks};
use crate::{Checked, Disk, FORMATS, Format, Info, Opener, format, raw};
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source};

/// What a file is by its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// Names of the formats whose marks it bears, those that are recognised but not read among them; empty for raw.
    /// Where there is more than one, `raw` stands last if the file bears a disk's own marks too.
    pub formats: Vec<&'static str>,
}

/// Readings that a file may have at once, the first of which it is: an isohybrid is media and disk of the same bytes, and
/// every OVA is a tar archive.
const ALLOWED_PAIRS: &[[&str; 2]] = &[["iso", raw::NAME], ["ova", "tar"]];

/// Asks every probe.
pub fn probe(file: &dyn ReadAt) -> Result<Probed> {
    let ends = Ends::read(file)?;
    let mut formats = Vec::new();
    let mut raw = false;
    for format in FORMATS {
        if format.probe(file)? {
            if format.name() == raw::NAME { raw = true } else { formats.push(format.name()) }
        }
    }
    formats.extend(SIGNATURES.iter().filter(|signature| signature.matches(&ends)).map(|signature| signature.name));
    if raw && !formats.is_empty() {
        formats.push(raw::NAME);
    }
    // A partition table belongs to hybrid media; a filesystem where they have none is another story.
    let is_filesystem = raw && disk_marks(&ends).is_some_and(|marks| marks == EXT);
    if ALLOWED_PAIRS.iter().any(|pair| formats == pair) && !is_filesystem {
        formats.truncate(1);
    }
    Ok(Probed { formats })
}

/// Opens the disk in a file: as `format` where one is given, else by content. Raw is what bears no format's marks.
/// Ambiguous files, and formats that are recognised and not read, are errors that say what was found.
pub fn open(file: Source, format: Option<&str>, opener: &dyn Opener) -> Result<Arc<dyn Disk>> {
    chosen(&file, format)?.open(file, opener)
}

/// What the header of the image says, which is chosen as by [`open`]; nothing that it refers to is opened, and it need
/// not be readable.
pub fn info(file: &dyn ReadAt, format: Option<&str>) -> Result<Info> {
    chosen(file, format)?.info(file)
}

/// The disk as it was when an internal snapshot was taken; the format is chosen as by [`open`].
pub fn open_snapshot(file: Source, format: Option<&str>, snapshot: &str, opener: &dyn Opener) -> Result<Arc<dyn Disk>> {
    chosen(&file, format)?.open_snapshot(file, snapshot, opener)
}

/// Walks all metadata of the image; the format is chosen as by [`open`]. `None`: there is nothing to check in it.
pub fn check(file: Source, format: Option<&str>) -> Result<Option<Checked>> {
    chosen(&file, format)?.check(file)
}

fn chosen(file: &dyn ReadAt, format: Option<&str>) -> Result<&'static dyn Format> {
    named(match format {
        Some(name) => name,
        None => by_content(file)?,
    })
}

/// The format of that name, or the reason why it is not read.
pub(crate) fn named(name: &str) -> Result<&'static dyn Format> {
    format(name).ok_or_else(|| match signatures::signature(name) {
        Some(signature) => Error::unsupported(format!("the file is {}", signature.advice)),
        None => {
            let known: Vec<_> = FORMATS.iter().map(|format| format.name()).collect();
            Error::unsupported(format!("no format is called {name:?}; the formats are {}", known.join(", ")))
        }
    })
}

fn by_content(file: &dyn ReadAt) -> Result<&'static str> {
    match probe(file)?.formats.as_slice() {
        [] => Ok(raw::NAME),
        [name] => Ok(name),
        several => Err(Error::refused(format!(
            "the file bears the marks of {} at once{}; say with -f which of them it is",
            several.join(" and "),
            disk_marks(&Ends::read(file)?).map(|marks| format!(" (the disk would have {marks})")).unwrap_or_default()
        ))),
    }
}
