//! VHDX (Hyper-V generation 2, Windows 8 and later).
//!
//! The first MiB has a file identifier, two headers of which the one with the greater sequence number counts, and two
//! copies of a table of regions. All else is at whole MiB anywhere behind it: a log of changes to the other structures,
//! the metadata with the sizes of disk, blocks and sectors, the block allocation table (BAT), and the blocks. All numbers
//! little-endian, checksums CRC-32C.
//!
//! Where the header says that the log is in use, its changes are replayed in memory, and the disk is read as if they
//! stood in their places. Nothing is ever written.
//!
//! Source: \[MS-VHDX\] "Virtual Hard Disk v2 (VHDX) File Format", version 8.0: sections 2.2 (headers, regions), 2.3
//! (log), 2.5 (BAT), 2.6 (metadata).
//!
//! Not supported: differencing disks (named, and refused). Blocks whose content the specification leaves open (not
//! present, undefined, unmapped) read as zeros, as it allows.

mod bat;
mod checksum;
mod entry;
mod front;
mod guid;
mod header;
mod image;
mod locator;
mod log;
mod map;
mod metadata;
mod overlap;
mod patches;
mod regions;

use crate::{Checked, CreateOptions, Disk, Format, Info, Opener};
use bat::Bat;
use front::Front;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, WriteAt, read_array};

const NAME: &str = "vhdx";
const MIB: u64 = 1 << 20;

/// Tables begin a section of 64 KiB that is theirs.
const SECTION_LEN: u64 = 64 << 10;

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        Ok(file.size() >= 8 && read_array(file, 0)? == *header::SIGNATURE)
    }

    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        front::info(file)
    }

    fn open(&self, file: Source, _: &dyn Opener) -> Result<Arc<dyn Disk>> {
        let front = Front::read(&file)?;
        front.refuse_parent()?;
        let Bat { map, note } = front.bat(&file, &mut Err)?;
        let Front { patches, mut info, .. } = front;
        info.notes.extend(note);
        Ok(Arc::new(image::Image::new(file, patches, info, map)))
    }

    fn check(&self, file: Source) -> Result<Option<Checked>> {
        let mut checked = Checked::default();
        match Front::read(&file) {
            Ok(front) => {
                front.refuse_parent()?;
                examine(&file, &front, &mut checked)?;
            }
            Err(error) => checked.find(error)?,
        }
        Ok(Some(checked))
    }

    fn create(&self, _: Arc<dyn WriteAt>, _: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        Err(Error::unsupported("VHDX is only read; qcow2 and vhd are written, and Hyper-V reads vhd"))
    }
}

/// All damage of the BAT, and what it says.
fn examine(file: &Source, front: &Front, checked: &mut Checked) -> Result<()> {
    let map = match front.bat(file, &mut |error| checked.find(error)) {
        Ok(Bat { map, .. }) => map,
        Err(error) => return checked.find(error),
    };
    checked.total_clusters = front.metadata.blocks();
    checked.image_end_offset = front.structures.end();
    let mut end = None;
    for (_, place) in (0..map.len()).filter_map(|i| map.stored(i)) {
        checked.allocated_clusters += (place.end - place.start) / map.block_size();
        checked.fragmented_clusters += u64::from(end.is_some_and(|end| end != place.start));
        checked.image_end_offset = checked.image_end_offset.max(place.end);
        end = Some(place.end);
    }
    Ok(())
}

/// Text in UTF-16, to its first NUL.
fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    String::from_utf16_lossy(units.split(|&unit| unit == 0).next().unwrap_or_default())
}
