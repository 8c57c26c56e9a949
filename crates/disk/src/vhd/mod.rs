//! VHD (Virtual PC, Hyper-V generation 1, Azure; qemu calls it `vpc`).
//!
//! A fixed disk is the disk's bytes and a footer of 512 bytes. A dynamic one begins with a copy of the footer, then a
//! header, a table with the place of each block, and blocks: a bitmap of sectors, then data. All numbers big-endian.
//!
//! Source: "Virtual Hard Disk Image Format Specification", version 1.0, Microsoft, 2006; and qemu's `block/vpc.c` for
//! which writers mean the geometry by the size.
//!
//! Not supported: differencing disks (named, and refused). The sector bitmaps of dynamic disks are not looked at: they
//! have a meaning in differencing disks only.

mod check;
mod dynamic;
mod footer;
mod geometry;
mod image;
mod writer;

use crate::{Checked, CreateOptions, Details, Disk, Format, Info, Opener, Ranges, VhdDetails};
use dynamic::DynamicHeader;
use footer::{Ending, Footer, Found, Kind};
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, WriteAt};

const NAME: &str = "vhd";
const SECTOR: u64 = 512;

/// Largest disk that Microsoft's tools make: 2040 GiB. The table counts sectors in 32 bits.
const MAX_SIZE: u64 = 2040 << 30;

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["vpc"]
    }

    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        Ok(!matches!(footer::head(file)?, Ending::Missing) || !matches!(footer::tail(file)?.1, Ending::Missing))
    }

    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        Ok(Header::read(file)?.info)
    }

    fn open(&self, file: Source, _: &dyn Opener) -> Result<Arc<dyn Disk>> {
        let Header { found, dynamic, info } = Header::read(&file)?;
        match dynamic {
            None => Ok(Arc::new(image::Fixed::new(file, info, found.footer.current_size, found.end)?)),
            Some(_) if found.footer.kind()? == Kind::Differencing => {
                let parent = info.backing_file.unwrap_or_default();
                Err(Error::unsupported(format!(
                    "the VHD is a differencing disk: it holds only what changed since its parent ({parent:?}); merge \
                     it with its parent first"
                )))
            }
            Some(header) => Ok(Arc::new(image::Dynamic::new(file, info, &header, found.end)?)),
        }
    }

    fn check(&self, file: Source) -> Result<Option<Checked>> {
        check::check(&file).map(Some)
    }

    fn options(&self) -> &'static [(&'static str, &'static str)] {
        writer::OPTIONS
    }

    fn measure(&self, options: &CreateOptions, data: &mut Ranges<'_>) -> Result<u64> {
        writer::measure(options, data)
    }

    fn create(&self, file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        writer::create(file, options)
    }
}

/// For telling a fixed VHD from a raw disk with what is left of a footer: `None` without such a footer at the end,
/// else whether it is right, so that the file is a fixed VHD.
pub(crate) fn fixed_footer(file: &dyn ReadAt) -> Result<Option<bool>> {
    let (end, tail) = footer::tail(file)?;
    match tail {
        Ending::Missing => Ok(None),
        Ending::Good(footer) if footer.kind().is_ok_and(|kind| kind == Kind::Fixed) => {
            Ok(Some(footer.current_size == end))
        }
        Ending::Good(footer) if DynamicHeader::read(file, footer.data_offset).is_ok() => Ok(None),
        _ if matches!(footer::head(file)?, Ending::Good(_)) => Ok(None),
        _ => Ok(Some(false)),
    }
}

/// All that is said about the disk before its blocks.
struct Header {
    found: Found,
    dynamic: Option<DynamicHeader>,
    info: Info,
}

impl Header {
    fn read(file: &dyn ReadAt) -> Result<Self> {
        let found = footer::find(file)?;
        let footer = &found.footer;
        let kind = footer.kind()?;
        let virtual_size = disk_size(footer)?;
        let dynamic = match kind {
            Kind::Fixed => None,
            _ => Some(DynamicHeader::read(file, footer.data_offset)?),
        };
        let mut notes = found.notes.clone();
        notes.extend(size_note(footer, virtual_size));
        if footer.saved_state {
            notes.push("the VHD says that the machine was suspended when it was made (saved state)".to_owned());
        }
        if footer.features & 2 == 0 {
            notes.push("the VHD's footer lacks the reserved feature bit that is always set".to_owned());
        }
        notes.extend(dynamic.as_ref().and_then(DynamicHeader::note));
        let info = Info {
            format: NAME,
            virtual_size,
            cluster_size: dynamic.as_ref().map(|header| u64::from(header.block_size)),
            backing_file: dynamic.as_ref().filter(|_| kind == Kind::Differencing).map(|header| header.parent.clone()),
            details: Details::Vhd(VhdDetails {
                disk_type: footer.disk_type,
                creator: String::from_utf8_lossy(&footer.creator).into_owned(),
                current_size: footer.current_size,
                geometry_size: footer.geometry.size(),
                block_size: dynamic.as_ref().map(|header| u64::from(header.block_size)),
                max_table_entries: dynamic.as_ref().map(|header| u64::from(header.max_table_entries)),
                footer_valid: found.footer_valid,
                saved_state: footer.saved_state,
            }),
            notes,
            ..Info::default()
        };
        Ok(Header { found, dynamic, info })
    }
}

/// The length of the disk. Virtual PC and qemu (without `force_size`) mean the geometry, all others the current size;
/// a geometry that is full says nothing.
fn disk_size(footer: &Footer) -> Result<u64> {
    let by_geometry = matches!(&footer.creator, b"vpc " | b"qemu") && !footer.geometry.is_full();
    let size = if by_geometry { footer.geometry.size() } else { footer.current_size };
    if !size.is_multiple_of(SECTOR) || size > MAX_SIZE {
        let what = format!("VHD footer: a disk of {size} bytes is not possible (whole sectors, at most {MAX_SIZE})");
        return Err(Error::corrupt(footer.offset + 48, what));
    }
    Ok(size)
}

fn size_note(footer: &Footer, size: u64) -> Option<String> {
    let (current, geometry) = (footer.current_size, footer.geometry.size());
    (size != current).then(|| {
        format!(
            "the VHD's geometry amounts to {geometry} bytes and its current size is {current}; of its creator {:?} \
             the geometry is believed",
            String::from_utf8_lossy(&footer.creator)
        )
    })
}
