//! Where the volumes of a disk are.
//!
//! A [`Scheme`] finds volumes: in the whole disk (a partition table) or in volumes found before (LVM). Schemes are asked
//! again until none finds more, so that an LVM group in a logical partition needs no special case.
//!
//! # How to add one
//!
//! Write `NAME.rs` with a unit struct that implements [`Scheme`], and add its word to `schemes!`.

use storage::{Error, Result, Source};

/// A stretch of the disk.
#[derive(Clone, Debug)]
pub struct Volume {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Number of a partition, as Linux counts them.
    pub number: Option<u32>,
    /// Where it begins on the disk, if it is one run.
    pub offset: Option<u64>,
    /// GPT: type GUID in upper case. MBR: `0x83`. LVM: segment type.
    pub partition_type: Option<String>,
    /// GPT: name. LVM: `group/volume`.
    pub name: Option<String>,
    /// GPT: unique GUID in lower case. MBR: `signature-NN`.
    pub uuid: Option<String>,
    /// MBR: active flag. GPT: legacy BIOS bootable attribute.
    pub bootable: bool,
    /// Length of it as the table says; `source` may be shorter where the disk is cut.
    pub size: u64,
    /// Its bytes.
    pub source: Source,
}

/// What kind of thing a volume is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An entry of the partition table.
    Partition,
    /// An MBR extended partition.
    Extended,
    /// An LVM logical volume.
    Logical,
    /// The whole disk.
    Disk,
}

/// A partition table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// MBR.
    Mbr,
    /// GPT behind a protective MBR.
    Gpt,
    /// GPT with an MBR that lists partitions too.
    HybridGpt,
}

/// A defect of a table, with a stable name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name, such as `gpt-backup-not-at-end`.
    pub id: &'static str,
    /// What the table says can no longer be relied on.
    pub severe: bool,
    /// Byte of the disk.
    pub offset: u64,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// What a disk is divided into.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The partition table, if there is one.
    pub table: Option<Table>,
    /// 512 or 4096.
    pub sector_size: u64,
    /// GPT: GUID in lower case. MBR: signature as 8 hex digits.
    pub disk_id: Option<String>,
    /// What is wrong with the tables.
    pub problems: Vec<Problem>,
    /// All volumes: partitions by number, then logical volumes; without a table, the disk itself.
    pub volumes: Vec<Volume>,
}

/// Finds all volumes of a disk. `sector_size` is what the container says, where it says it.
pub fn scan(disk: &Source, sector_size: Option<u64>) -> Result<Layout> {
    let _ = (disk, sector_size);
    Err(Error::unsupported("not written yet"))
}
