//! Where the volumes of a disk are.
//!
//! [`scan`] begins with the whole disk as its one volume and asks every [`Scheme`] what it finds in the volumes found
//! so far: a partition table in the disk, an LVM group in its partitions. Schemes are asked again until none finds
//! more, so that an LVM group in a logical partition needs no special case.
//!
//! A defect of a table is a [`Problem`], not an error: what can still be read is listed beside it. [`PROBLEMS`] names
//! all of them. The only errors of [`scan`] are a disk that cannot be read and a sector size that no disk has.
//!
//! # How to add one
//!
//! Write `NAME.rs` with a unit struct `Scheme` that implements the trait, and add its word to `schemes!` in
//! `scheme.rs`.

mod boot_sector;
mod bsd;
mod gpt;
mod layout;
mod lvm;
mod mbr;
mod overlap;
mod problem;
mod scheme;

pub use layout::{Kind, Layout, Table, Volume};
pub use problem::{Defect, PROBLEMS, Problem};
pub use scheme::{SCHEMES, Scheme};

use storage::{Error, Result, Source};

/// The size of a sector unless something says otherwise, in bytes.
const SECTOR: u64 = 512;

/// The sector sizes that disks have, in bytes, in the order in which they are tried.
const SECTOR_SIZES: [u64; 2] = [SECTOR, 4096];

/// Finds all volumes of a disk. `sector_size` is what the container says, where it says it.
///
/// # Errors
///
/// `Unsupported` if `sector_size` is neither 512 nor 4096. Any error of the first read of the disk; later on only
/// those of kind `Io`, since unreadable bytes elsewhere are a problem of the table that lies there.
pub fn scan(disk: &Source, sector_size: Option<u64>) -> Result<Layout> {
    if let Some(other) = sector_size.filter(|size| !SECTOR_SIZES.contains(size)) {
        return Err(Error::unsupported(format!("disks with sectors of {other} bytes are not read, only 512 and 4096")));
    }
    let mut layout = Layout::whole(disk.clone(), sector_size);
    scheme::ask_all(&mut layout)?;
    layout.finish();
    Ok(layout)
}
