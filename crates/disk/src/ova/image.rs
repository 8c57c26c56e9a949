//! A disk of the archive, read where it lies.

use super::NAME;
use super::locate::format_note;
use super::ovf::Drive;
use super::package::Package;
use crate::{Closed, Details, Disk, Info, Mapping};
use std::sync::Arc;
use storage::{Error, Extent, ReadAt, Result, Slice, Source};

/// A disk whose file is a range of the archive.
#[derive(Debug)]
struct Image {
    disk: Arc<dyn Disk>,
    /// Where that range begins.
    start: u64,
    info: Info,
}

/// Opens the disk that `choose` chooses. What the manifest vouches for is checked first.
pub(super) fn open(file: Source, choose: impl Fn(&Package) -> Result<&Drive>) -> Result<Arc<dyn Disk>> {
    let package = Package::read(&file)?;
    let drive = choose(&package)?;
    let (member, format) = package.locate(&file, drive)?;
    let (manifest_checked, unchecked) = package.verify(&file)?;
    let slice = Slice::new(file.clone(), member.start, member.size)?;
    let within = |error: Error| error.within(format!("{:?} in the OVA", super::label(&member.name)));
    let disk = crate::open(Arc::new(slice), Some(format), &Closed).map_err(within)?;
    let mut info = info(disk.info().clone(), &package, drive);
    info.notes.extend(format_note(drive, format));
    info.notes.extend(unchecked);
    info.details = Details::Ova(package.details(&file, manifest_checked));
    Ok(Arc::new(Image { disk, start: member.start, info }))
}

/// What is said about a disk of the archive: as the disk says, but for what the archive knows.
pub(super) fn info(disk: Info, package: &Package, drive: &Drive) -> Info {
    let mut notes = package.notes().to_vec();
    if let Some(capacity) = drive.capacity.filter(|&capacity| capacity != disk.virtual_size) {
        let size = disk.virtual_size;
        notes.push(format!("the descriptor says that the disk has {capacity} bytes, and it has {size}"));
    }
    notes.extend(disk.notes);
    Info { format: NAME, notes, snapshots: Vec::new(), ..disk }
}

impl ReadAt for Image {
    fn size(&self) -> u64 {
        self.disk.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.disk.read_at(buf, offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.disk.extent_at(offset)
    }
}

impl Disk for Image {
    fn info(&self) -> &Info {
        &self.info
    }

    /// Offsets are those of the archive.
    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        let mapping = self.disk.mapping_at(offset)?;
        let offset = mapping.offset.and_then(|offset| offset.checked_add(self.start));
        Ok(Mapping { offset, ..mapping })
    }
}
