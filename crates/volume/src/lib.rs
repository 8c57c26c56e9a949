//! Where the volumes of a machine's disks are.
//!
//! Two kinds of things are looked for. Every [`Scheme`] is a partition table, which divides one disk; schemes are asked
//! again about what others found, so that a table in a partition needs no special case. Every `Stack` puts volumes
//! of any disk together, or reads through one: an md array, a group of LVM, a cached device. What a stack adds may hold
//! a table, and may be a member of another: an LVM group in a partition of an array over two disks.
//!
//! A defect is a [`Problem`] of a disk, not an error: what can still be read is listed beside it. [`PROBLEMS`] names all
//! of them. The only errors are a disk that cannot be read and a sector size that no disk has.
//!
//! # How to add one
//!
//! Write `NAME.rs` with a unit struct `Scheme` or `Stack` that implements the trait, and add its word to `schemes!` in
//! `scheme.rs` or to `stacks!` in `stack.rs`.

mod bcache;
mod boot_sector;
mod bsd;
mod closed;
mod firmware;
mod gpt;
mod layout;
mod ldm;
mod lvm;
mod machine;
mod mbr;
mod md;
mod overlap;
mod problem;
mod scheme;
mod stack;

pub use layout::{Kind, Layout, Table, Volume, Whole};
pub use machine::Machine;
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
    Ok(Machine::of(&[(disk.clone(), sector_size)])?.alone())
}

/// Finds all volumes of the disks of one machine. The first is the one that it starts from.
///
/// # Errors
///
/// As [`scan`], of the first disk; of kind `Io` of the others.
pub fn scan_all(disks: &[Source]) -> Result<Machine> {
    Machine::of(&disks.iter().map(|disk| (disk.clone(), None)).collect::<Vec<_>>())
}
