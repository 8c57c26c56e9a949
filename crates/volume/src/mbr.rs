//! The MBR: four entries at the end of sector 0, and the chain of logical partitions in an extended one.
//!
//! Rules for what is a table and what only looks like one: libblkid and the Linux kernel
//! (`block/partitions/msdos.c`), which agree but for details. Numbers of partitions are those of Linux: an entry keeps
//! its number when those before it are empty, the first logical partition is 5.
//!
//! Not read: the tables of AIX, Atari, Sun and Apple (such a disk has no table here).

mod extended;
mod record;

pub(crate) use record::{PROTECTIVE, Record};

use crate::problem as defect;
use crate::{Kind, Layout, Table, Volume, boot_sector, lvm, overlap};
use record::Entry;
use storage::{Result, Source, read_array};

/// The MBR.
#[derive(Debug)]
pub(crate) struct Scheme;

impl crate::Scheme for Scheme {
    fn name(&self) -> &'static str {
        "mbr"
    }

    fn scan(&self, layout: &mut Layout, fresh: usize) -> Result<()> {
        let Some(disk) = layout.undivided_disk(fresh) else { return Ok(()) };
        let Some(sector) = first_sector(&disk)? else { return Ok(()) };
        let Some(record) = Record::parse(&sector) else { return Ok(()) };
        if boot_sector::filesystem(&sector).is_some() {
            return Ok(());
        }
        if let Some(odd) = record.odd_flag() {
            if is_plausible(&record, disk.size() / layout.sector_size) {
                let what = format!("the boot flag of MBR entry {} is {:02x}, not 00 or 80", odd.index + 1, odd.flag);
                layout.report(defect::MBR_BOOT_FLAG_INVALID, odd.position(), what);
            }
            return Ok(());
        }
        if is_freebsd_dummy(&record) || record.is_empty() && lvm::has_label(&disk)? {
            return Ok(());
        }
        list(layout, &disk, &record)
    }
}

/// Sector 0; nothing if the disk is shorter.
pub(crate) fn first_sector(disk: &Source) -> Result<Option<[u8; 512]>> {
    if disk.size() < 512 {
        return Ok(None);
    }
    read_array(disk, 0).map(Some).map_err(|error| error.within("the first sector of the disk"))
}

/// Whether it is what the boot blocks of FreeBSD hold where they fill a disk without slices: the fourth entry alone, of
/// 50000 sectors from 0 whatever the disk (FreeBSD's `geom_part` knows it by the same values).
fn is_freebsd_dummy(record: &Record) -> bool {
    let entries: Vec<_> = record.used().map(|entry| (entry.index, entry.system, entry.start, entry.sectors)).collect();
    entries == [(3, 0xA5, 0, 50_000)]
}

/// Whether all entries could be partitions of a disk of so many sectors, so that the sector is a table gone wrong
/// rather than boot code.
fn is_plausible(record: &Record, sectors: u64) -> bool {
    let could_be = |entry: Entry| entry.system != 0 && entry.start > 0 && u64::from(entry.start) < sectors;
    !record.is_empty() && record.used().all(could_be)
}

/// Adds all that the table lists.
fn list(layout: &mut Layout, disk: &Source, record: &Record) -> Result<()> {
    layout.table = Some(Table::Mbr);
    layout.disk_id = Some(format!("{:08x}", record.signature));
    layout.mbr_active = record.has_active();
    let mut primaries = Vec::new();
    for entry in record.used() {
        let number = u32::from(entry.index) + 1;
        let start = u64::from(entry.start);
        primaries.push((number, start..start + u64::from(entry.sectors)));
        if start == 0 {
            let what = format!("partition {number} begins at sector 0, where the partition table is");
            layout.report(defect::MBR_PARTITION_OVERLAP, entry.position(), what);
        }
        add(layout, disk, record.signature, &entry, Place { number, start, table: 0 });
    }
    report_overlaps(layout, primaries, 0);
    let containers: Vec<_> = record.used().filter(Entry::is_extended).collect();
    if containers.len() > 1 {
        let what = format!("the MBR has {} extended partitions; sfdisk and Windows know one", containers.len());
        layout.report(defect::MBR_SEVERAL_EXTENDED, containers[1].position(), what);
    }
    extended::list(layout, disk, record.signature, &containers)
}

/// What an entry means apart from what it says.
struct Place {
    number: u32,
    /// First sector on the disk.
    start: u64,
    /// Byte of the disk where the record lies.
    table: u64,
}

fn add(layout: &mut Layout, disk: &Source, signature: u32, entry: &Entry, place: Place) {
    // 32 bits times 4096 cannot overflow.
    let offset = place.start * layout.sector_size;
    let size = u64::from(entry.sectors) * layout.sector_size;
    if offset + size > disk.size() {
        let what = format!(
            "partition {} ends at byte {}, but the disk ends at byte {}",
            place.number,
            offset + size,
            disk.size()
        );
        layout.report(defect::MBR_PARTITION_BEYOND_END, place.table + entry.position(), what);
    }
    let kind = if entry.is_extended() { Kind::Extended } else { Kind::Partition };
    layout.volumes.push(Volume {
        number: Some(place.number),
        partition_type: Some(format!("0x{:02x}", entry.system)),
        // libblkid, and so udev, knows no partition by a signature of zero.
        uuid: (signature != 0).then(|| format!("{signature:08x}-{:02x}", place.number)),
        bootable: entry.is_active(),
        ..Volume::new(kind, disk, offset, size)
    });
}

/// `ranges` are in sectors; `table` is the byte where they are listed.
fn report_overlaps(layout: &mut Layout, ranges: Vec<(u32, std::ops::Range<u64>)>, table: u64) {
    for (one, other) in overlap::overlaps(ranges) {
        layout.report(defect::MBR_PARTITION_OVERLAP, table, format!("partitions {one} and {other} overlap"));
    }
}
