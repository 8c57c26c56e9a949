//! What a disk is divided into.

use crate::{Defect, Problem, SECTOR};
use std::sync::Arc;
use storage::{Slice, Source};

/// A stretch of the disk.
#[derive(Clone, Debug)]
pub struct Volume {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Which of the disks that were given it lies on, counted from 0; the first of them if it lies on several.
    pub disk: usize,
    /// What the table that lists it divides, if that is no disk: an array or a cached device, such as `md/root`.
    pub inside: Option<String>,
    /// Number of a partition, as Linux counts them.
    pub number: Option<u32>,
    /// Where it begins on the disk, if it is one run.
    pub offset: Option<u64>,
    /// GPT: type GUID in upper case. MBR: `0x83`. BSD label: type as `bsdlabel` names it, such as `4.2BSD`. LVM: segment
    /// type as `lvs` names it, such as `linear`. md: the level, such as `raid1`. bcache: how it caches.
    pub partition_type: Option<String>,
    /// GPT: name. LVM: `group/volume`. md: name of the array, or its UUID. bcache: UUID.
    pub name: Option<String>,
    /// GPT: unique GUID in lower case. MBR: `signature-NN`, none if the signature is 0. LVM: UUID of the volume, of
    /// `6-4-4-4-4-4-6` characters. md: UUID of the array. bcache: UUID of the device.
    pub uuid: Option<String>,
    /// LVM: UUID of the group.
    pub group_uuid: Option<String>,
    /// MBR: active flag. GPT: legacy BIOS bootable attribute.
    pub bootable: bool,
    /// GPT: the attribute bits (60 read-only, 48 to 56 priority, tries and success of a CoreOS slot); else 0.
    pub attributes: u64,
    /// What it is a part of. Its bytes alone mean nothing then, even where they look like a filesystem.
    pub part_of: Option<Whole>,
    /// Length of it as the table says; `source` may be shorter where the disk is cut, and empty where it begins
    /// after the end.
    pub size: u64,
    /// Its bytes. Reads of an LVM volume fail with kind `Unsupported` where it needs a missing disk or a segment type
    /// that is not read.
    pub source: Source,
}

/// What several volumes are put together to, or one is read through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// `lvm2`, `md`, `bcache`, `ldm`.
    pub of: &'static str,
    /// UUID of it; of a physical volume, its own.
    pub uuid: Option<String>,
    /// Name of it. A physical volume without one belongs to no group, and holds nothing.
    pub name: Option<String>,
}

/// What kind of thing a volume is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An entry of the partition table.
    Partition,
    /// An MBR extended partition.
    Extended,
    /// A partition that a BSD label divides.
    Slice,
    /// An entry of a BSD label.
    Bsd {
        /// Number of the slice; none if the label divides the whole disk.
        slice: Option<u32>,
        /// Its letter.
        letter: char,
    },
    /// An LVM logical volume.
    Logical,
    /// An md array.
    Array,
    /// The device behind a cache of bcache.
    Cached,
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
    /// A BSD label over the whole disk.
    Bsd,
}

/// What a disk is divided into.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The partition table, if there is one.
    pub table: Option<Table>,
    /// 512 or 4096: what the table was written for, else what the container says, else 512.
    pub sector_size: u64,
    /// GPT: GUID in lower case. MBR: signature as 8 hex digits.
    pub disk_id: Option<String>,
    /// Whether an entry of the MBR is marked active, also of one beside a GPT (some BIOS boot no other disk).
    pub mbr_active: bool,
    /// What is wrong with the tables.
    pub problems: Vec<Problem>,
    /// Partitions by number, then those of BSD labels. Where no partition table lists a partition, the disk itself comes first, since a
    /// filesystem or a physical volume may fill it. Behind them, from [`scan`](crate::scan), what was put together of
    /// them: arrays and what a table divides them into, cached devices, logical volumes.
    pub volumes: Vec<Volume>,
    /// All of it.
    pub(crate) source: Source,
    /// What the container said.
    pub(crate) given_sector_size: Option<u64>,
}

impl Layout {
    /// A disk of which nothing is known but its bytes.
    pub(crate) fn whole(disk: Source, given_sector_size: Option<u64>) -> Self {
        Layout {
            table: None,
            sector_size: given_sector_size.unwrap_or(SECTOR),
            disk_id: None,
            mbr_active: false,
            problems: Vec::new(),
            volumes: vec![Volume::new(Kind::Disk, &disk, 0, disk.size())],
            source: disk,
            given_sector_size,
        }
    }

    /// The whole disk, if it is among the volumes from `fresh` on and no table was found on it.
    pub(crate) fn undivided_disk(&self, fresh: usize) -> Option<Source> {
        let first = self.volumes.get(fresh)?;
        (self.table.is_none() && first.kind == Kind::Disk).then(|| first.source.clone())
    }

    /// Whether a table lists a partition.
    pub(crate) fn is_divided(&self) -> bool {
        let of_table = |kind| matches!(kind, Kind::Partition | Kind::Extended | Kind::Slice | Kind::Bsd { .. });
        self.volumes.iter().any(|volume| of_table(volume.kind))
    }

    /// Adds a problem at a byte of the disk.
    pub(crate) fn report(&mut self, defect: Defect, offset: u64, what: impl Into<String>) {
        self.problems.push(Problem { id: defect.id, severe: defect.severe, offset, what: what.into() });
    }

    /// Takes the whole disk off the list where a table divides it.
    pub(crate) fn finish(&mut self) {
        let gpt = matches!(self.table, Some(Table::Gpt | Table::HybridGpt));
        if gpt || self.is_divided() {
            self.volumes.retain(|volume| volume.kind != Kind::Disk);
        }
    }
}

impl Volume {
    /// `size` bytes of the disk from `offset`, or as many of them as there are.
    pub(crate) fn new(kind: Kind, disk: &Source, offset: u64, size: u64) -> Self {
        let start = offset.min(disk.size());
        let len = size.min(disk.size() - start);
        let source = Slice::new(disk.clone(), start, len).expect("both ends were cut to the disk");
        Volume::over(kind, Some(offset), size, Arc::new(source))
    }

    /// Any bytes, with nothing else said of them.
    pub(crate) fn over(kind: Kind, offset: Option<u64>, size: u64, source: Source) -> Self {
        Volume {
            kind,
            disk: 0,
            inside: None,
            number: None,
            offset,
            partition_type: None,
            name: None,
            uuid: None,
            group_uuid: None,
            bootable: false,
            attributes: 0,
            part_of: None,
            size,
            source,
        }
    }
}
