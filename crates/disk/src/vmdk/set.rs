//! The extents of a descriptor that is a file of its own.

use super::SECTOR;
use super::descriptor::{Descriptor, MAX_BYTES};
use super::extent_line::ExtentLine;
use super::header::{Header, MAGIC};
use super::image::{Part, Stored};
use super::sparse::Sparse;
use crate::Opener;
use std::collections::HashMap;
use storage::{Error, ReadAt, Result, Source, check_range, read_vec};

/// What an extent is by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Flat,
    Sparse,
    Zero,
}

/// Opens all extents, in order. No file is opened before all lines are found to be right.
pub(super) fn open(file: &Source, descriptor: &Descriptor, opener: &dyn Opener) -> Result<Vec<Part>> {
    let lines = &descriptor.extents;
    let kinds = lines.iter().map(|line| kind(line, descriptor)).collect::<Result<Vec<_>>>()?;
    check_overlaps(lines, &kinds)?;
    let mut opened = Opened { opener, descriptor: file, files: HashMap::new() };
    let mut parts = Vec::with_capacity(lines.len());
    let mut start = 0;
    for (line, kind) in lines.iter().zip(kinds) {
        let size = line.sectors * SECTOR;
        let stored = match kind {
            _ if size == 0 => continue,
            Kind::Zero => Stored::Zero,
            Kind::Flat => flat(line, opened.file(line)?).map_err(|error| within(line, error))?,
            Kind::Sparse => sparse(line, opened.file(line)?).map_err(|error| within(line, error))?,
        };
        parts.push(Part { range: start..start + size, stored });
        start += size;
    }
    Ok(parts)
}

fn within(line: &ExtentLine, error: Error) -> Error {
    error.within(format!("extent {:?}", line.name))
}

/// The kind of an extent that may be read; its name is checked.
fn kind(line: &ExtentLine, descriptor: &Descriptor) -> Result<Kind> {
    if line.no_access {
        return Err(Error::unsupported(format!("the VMDK's extent {:?} is marked NOACCESS", line.name)));
    }
    let kind = match line.kind.as_str() {
        "ZERO" => return Ok(Kind::Zero),
        "FLAT" | "VMFS" => Kind::Flat,
        "SPARSE" => Kind::Sparse,
        "VMFSSPARSE" | "SESPARSE" => return Err(super::kind::unread(&line.kind)),
        "VMFSRDM" | "VMFSRAW" | "VMFSRDMP" => {
            let what =
                format!("the VMDK's extent {:?} is a device ({}), and devices are not opened", line.name, line.kind);
            return Err(Error::refused(what));
        }
        other => return Err(Error::unsupported(format!("the VMDK has an extent of the unknown type {other:?}"))),
    };
    line.check_name(descriptor.encoding.as_deref())?;
    Ok(kind)
}

/// Parts of one file may be extents, but none twice.
fn check_overlaps(lines: &[ExtentLine], kinds: &[Kind]) -> Result<()> {
    let mut ranges: Vec<_> = lines
        .iter()
        .zip(kinds)
        .filter(|(line, kind)| **kind != Kind::Zero && line.sectors > 0)
        .map(|(line, kind)| match kind {
            Kind::Flat => (line.name.as_str(), line.offset, line.offset + line.sectors, line.at),
            _ => (line.name.as_str(), 0, u64::MAX, line.at),
        })
        .collect();
    ranges.sort_unstable();
    match ranges.windows(2).find(|pair| pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2) {
        None => Ok(()),
        Some(pair) => {
            let what = format!("VMDK descriptor: two extents are the same part of {:?}", pair[0].0);
            Err(Error::corrupt(pair[0].3.max(pair[1].3), what))
        }
    }
}

/// Files by their names; each is opened once.
struct Opened<'a> {
    opener: &'a dyn Opener,
    descriptor: &'a Source,
    files: HashMap<String, Source>,
}

impl Opened<'_> {
    fn file(&mut self, line: &ExtentLine) -> Result<Source> {
        if let Some(file) = self.files.get(&line.name) {
            return Ok(file.clone());
        }
        let file = self.opener.open(&line.name).map_err(|error| within(line, error))?;
        if is_same(&file, self.descriptor)? {
            let what = format!("the VMDK's descriptor names itself ({:?}) as an extent", line.name);
            return Err(Error::refused(what));
        }
        self.files.insert(line.name.clone(), file.clone());
        Ok(file)
    }
}

/// Whether a file has the content of the descriptor; it may have come under another name.
fn is_same(file: &Source, descriptor: &Source) -> Result<bool> {
    let size = descriptor.size();
    if file.size() != size || size > MAX_BYTES {
        return Ok(false);
    }
    Ok(read_vec(file, 0, size)? == read_vec(descriptor, 0, size)?)
}

fn flat(line: &ExtentLine, file: Source) -> Result<Stored> {
    let at = line.offset * SECTOR;
    check_range(file.size(), at, line.sectors * SECTOR)?;
    Ok(Stored::Flat(file, at))
}

fn sparse(line: &ExtentLine, file: Source) -> Result<Stored> {
    let mut magic = [0; 4];
    if file.size() < 512 || file.read_at(&mut magic, 0).is_err() || magic != *MAGIC {
        return Err(Error::corrupt(0, "is said to be a sparse extent, and does not begin with KDMV"));
    }
    let header = Header::read(&file)?;
    if let Some(inside) = Descriptor::inside(&file, &header)?.filter(Descriptor::has_parent) {
        return Err(super::kind::has_parent(inside.parent_hint.as_deref().unwrap_or_default()));
    }
    if header.capacity < line.sectors || header.capacity - line.sectors >= header.grain_size {
        let what = format!("has {} sectors, and the descriptor says {}", header.capacity, line.sectors);
        return Err(Error::corrupt(12, what));
    }
    Ok(Stored::Sparse(Box::new(Sparse::open(file, &header, &mut Err)?)))
}
