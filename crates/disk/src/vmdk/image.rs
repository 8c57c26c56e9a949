//! The disk: its parts one after the other.

use super::descriptor::Descriptor;
use super::header::Header;
use super::kind::{self, Kind};
use super::sparse::{Run, Sparse};
use super::{MAX_SECTORS, SECTOR, said, set};
use crate::{Disk, Info, Mapping, Opener};
use std::ops::Range;
use storage::{Error, Extent, ReadAt, Result, Source, State, check_range, to_usize};

/// A part of the disk.
#[derive(Debug)]
pub(super) struct Part {
    /// Bytes of the disk.
    pub(super) range: Range<u64>,
    pub(super) stored: Stored,
}

/// Where a part is.
#[derive(Debug)]
pub(super) enum Stored {
    /// In a sparse extent.
    Sparse(Box<Sparse>),
    /// In a file as it is, from this byte on.
    Flat(Source, u64),
    /// Nowhere: zeros.
    Zero,
}

/// A disk.
#[derive(Debug)]
pub(super) struct Image {
    info: Info,
    /// In order, without gaps; empty ones are left out.
    parts: Vec<Part>,
}

/// The disk in `file`; extents in other files are opened by `opener`.
pub(super) fn open(file: Source, opener: &dyn Opener) -> Result<Image> {
    match Kind::expect(&file)? {
        Kind::Sparse => {
            let header = Header::read(&file)?;
            let descriptor = Descriptor::inside(&file, &header)?.ok_or_else(|| kind::no_descriptor(&header))?;
            check_readable(&header, &descriptor)?;
            let sparse = Sparse::open(file, &header, &mut Err)?;
            let part = Part { range: 0..header.size(), stored: Stored::Sparse(Box::new(sparse)) };
            Ok(Image::new(said::sparse(&header, Some(&descriptor)), vec![part]))
        }
        Kind::Text => {
            let descriptor = Descriptor::of_file(&file)?;
            refuse(&descriptor)?;
            let mut info = said::text(&descriptor);
            let parts = set::open(&file, &descriptor, opener)?;
            said::add_open(&mut info, &parts);
            Ok(Image::new(info, parts))
        }
        Kind::Cowd => Err(kind::unread("COWD (vmfsSparse)")),
        Kind::SeSparse => Err(kind::unread("seSparse")),
    }
}

/// What the descriptor says not to be readable.
fn refuse(descriptor: &Descriptor) -> Result<()> {
    if descriptor.has_parent() {
        return Err(kind::has_parent(descriptor.parent_hint.as_deref().unwrap_or_default()));
    }
    kind::refuse_type(&descriptor.create_type)
}

/// That the one extent is the disk, and can be read: a descriptor inside an extent describes that extent.
pub(super) fn check_readable(header: &Header, descriptor: &Descriptor) -> Result<()> {
    refuse(descriptor)?;
    let [extent] = descriptor.extents.as_slice() else {
        let what = format!("the descriptor inside the VMDK names {} extents", descriptor.extents.len());
        return Err(Error::refused(format!("{what}, and no other file is opened for it; give it one of its own")));
    };
    if extent.kind != "SPARSE" || extent.no_access {
        let what = format!("the descriptor inside the VMDK says that the disk is elsewhere ({:?})", extent.name);
        return Err(Error::refused(what));
    }
    if extent.sectors.abs_diff(header.capacity) >= header.grain_size {
        let what = format!("the descriptor says {} sectors, and the header {}", extent.sectors, header.capacity);
        return Err(Error::corrupt(extent.at, format!("VMDK descriptor: {what}")));
    }
    Ok(())
}

impl Image {
    fn new(info: Info, parts: Vec<Part>) -> Self {
        debug_assert!(info.virtual_size <= MAX_SECTORS * SECTOR);
        let parts = parts.into_iter().filter(|part| !part.range.is_empty()).collect();
        Image { info, parts }
    }

    /// Number of the part that `offset` lies in.
    fn find(&self, offset: u64) -> usize {
        self.parts.partition_point(|part| part.range.end <= offset)
    }
}

impl Part {
    /// Fills `buf` from `offset` within the part.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        match &self.stored {
            Stored::Sparse(sparse) => sparse.read_at(buf, offset),
            Stored::Flat(file, at) => file.read_at(buf, at + offset),
            Stored::Zero => {
                buf.fill(0);
                Ok(())
            }
        }
    }

    fn size(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// The run at `offset` within the part: its end there, and its state.
    fn extent_at(&self, offset: u64) -> Result<(u64, State)> {
        match &self.stored {
            Stored::Sparse(sparse) => Ok(sparse.extent(offset..self.size())),
            Stored::Flat(file, at) => {
                let extent = file.extent_at(at + offset)?;
                Ok(((extent.range.end - at).min(self.size()), extent.state))
            }
            Stored::Zero => Ok((self.size(), State::Zero)),
        }
    }

    fn mapping_at(&self, offset: u64) -> Result<Run> {
        match &self.stored {
            Stored::Sparse(sparse) => Ok(sparse.mapping(offset)),
            Stored::Flat(_, at) => {
                let (end, state) = self.extent_at(offset)?;
                Ok(Run { end, state, at: Some(at + offset) })
            }
            Stored::Zero => Ok(Run { end: self.size(), state: State::Zero, at: None }),
        }
    }

    fn is_compressed(&self) -> bool {
        matches!(&self.stored, Stored::Sparse(sparse) if sparse.header.is_compressed())
    }
}

impl ReadAt for Image {
    fn size(&self) -> u64 {
        self.info.virtual_size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        let mut i = self.find(offset);
        while !buf.is_empty() {
            let part = &self.parts[i];
            let len = to_usize((part.range.end - offset).min(buf.len() as u64))?;
            let (here, rest) = buf.split_at_mut(len);
            part.read_at(here, offset - part.range.start)?;
            buf = rest;
            offset += len as u64;
            i += 1;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let part = &self.parts[self.find(offset)];
        let (end, state) = part.extent_at(offset - part.range.start)?;
        Ok(Extent { range: offset..part.range.start + end, state })
    }
}

impl Disk for Image {
    fn info(&self) -> &Info {
        &self.info
    }

    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        check_range(self.size(), offset, 1)?;
        let part = &self.parts[self.find(offset)];
        let run = part.mapping_at(offset - part.range.start)?;
        let end = part.range.start + run.end.min(part.size());
        let mapping = Mapping::of(Extent { range: offset..end, state: run.state });
        let compressed = part.is_compressed() && run.state == State::Data;
        Ok(Mapping { compressed, offset: run.at, ..mapping })
    }
}
