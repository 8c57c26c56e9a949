//! The virtual disk: its partition table.

use crate::{Evidence, Image, Known};
use serde::{Deserialize, Serialize};

/// The virtual disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// Length.
    pub size: u64,
    /// Logical sector size by which the partition table counts; 512 or 4096.
    pub sector_size: u64,
    /// The partition table. Absent: none, as on a disk that is one filesystem, or empty.
    pub table: Known<TableKind>,
    /// GPT: the disk's GUID in lower case. MBR: the signature as 8 hex digits.
    pub id: Option<String>,
    /// What is wrong with the partition table, worst first. Absent: there is no table.
    pub problems: Vec<Problem>,
    /// Whether all of it reads as zeros. Unknown where that was not looked into.
    pub empty: Known<bool>,
}

/// Where on the disk there is something, coarsely: what a picture is drawn from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskMap {
    /// Bytes of the disk that an entry of the lists stands for; the last stands for what is left.
    pub bucket: u64,
    /// How much of each is stored in the image file, in percent.
    pub stored: Vec<u8>,
    /// How much of each the filesystems mark as free, in percent. What no filesystem speaks of is not free.
    pub free: Vec<u8>,
}

/// A disk beside the one that the machine starts from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataDisk {
    /// The file.
    pub image: Image,
    /// The virtual disk in it. Unknown where the image cannot be read.
    pub disk: Known<Disk>,
}

/// A partition table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// MBR (DOS).
    Mbr,
    /// GPT behind a protective MBR.
    Gpt,
    /// GPT with an MBR that lists partitions too.
    HybridGpt,
    /// A BSD label over the whole disk.
    Bsd,
}

/// A defect, with a stable name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Name, such as `gpt-backup-not-at-end`; listed where they are made, in the crate `volume`.
    pub id: String,
    /// Whether what the table says can no longer be relied on.
    pub severe: bool,
    /// Where and what.
    pub evidence: Evidence,
}
