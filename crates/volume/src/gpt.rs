//! GPT: two copies of a table, one after the first sector and one before the end.
//!
//! UEFI 2.10, section 5.3; what Linux (`block/partitions/efi.c`) adds to it. Where one copy is damaged the other is
//! used, and the problems say which part of which copy it was. Where both are valid and differ, the first is used.
//!
//! Not done: searching for a backup header that is neither where the primary one says nor in the last sector.

mod check;
mod copies;
mod copy;

use crate::problem as defect;
use crate::{Kind, Layout, Table, Volume, boot_sector, mbr};
use copies::Copies;
use copy::{Copy, Entry};
use mbr::Record;
use storage::{ErrorKind, Result, Source, is_zero, read_vec};

/// GPT.
#[derive(Debug)]
pub(crate) struct Scheme;

/// Attribute bit: a BIOS may boot from it.
const LEGACY_BOOTABLE: u64 = 1 << 2;

/// How far into a disk filesystems put their first superblock, in bytes (ISO 9660 at 32 KiB, btrfs and UFS at 64 KiB).
const SUPERBLOCKS_END: u64 = 128 << 10;

impl crate::Scheme for Scheme {
    fn name(&self) -> &'static str {
        "gpt"
    }

    fn scan(&self, layout: &mut Layout, fresh: usize) -> Result<()> {
        let Some(disk) = layout.undivided_disk(fresh) else { return Ok(()) };
        let Some(sector) = mbr::first_sector(&disk)? else { return Ok(()) };
        let record = Record::parse(&sector);
        let protected = record.as_ref().is_some_and(|record| record.protective().next().is_some());
        if !protected
            && (record.as_ref().is_some_and(|record| !record.is_empty()) || boot_sector::filesystem(&sector).is_some())
        {
            return report_remains(layout, &disk);
        }
        let copies = Copies::find(&disk, layout.given_sector_size)?;
        if protected || copies.is_signed() || copies.is_valid() && is_wiped(&disk, &copies)? {
            use_copies(layout, &disk, record.as_ref(), &copies);
        }
        Ok(())
    }
}

/// Says so where a GPT lies behind a first sector that is in force without it.
fn report_remains(layout: &mut Layout, disk: &Source) -> Result<()> {
    if Copy::read(disk, 1, layout.sector_size)?.is_ok_and(|copy| copy.is_valid()) {
        let what = "a valid GPT lies behind a first sector that does not announce it, and is not used";
        layout.report(defect::MBR_GPT_REMAINS, layout.sector_size, what);
    }
    Ok(())
}

/// Whether nothing is left before the first partition that a backup lists: then the start of the disk was wiped, and
/// no filesystem was made over it, which would also leave an old backup behind.
fn is_wiped(disk: &Source, copies: &Copies) -> Result<bool> {
    let Some((_, entries)) = copies.chosen() else { return Ok(false) };
    let first = entries.iter().map(|entry| entry.first).min().unwrap_or(u64::MAX);
    let len = first.saturating_mul(copies.sector_size).min(SUPERBLOCKS_END).min(disk.size());
    match read_vec(disk, 0, len) {
        Ok(head) => Ok(is_zero(&head)),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(_) => Ok(false),
    }
}

fn use_copies(layout: &mut Layout, disk: &Source, record: Option<&Record>, copies: &Copies) {
    copies.report(layout, disk);
    let Some((copy, entries)) = copies.chosen() else {
        let what = "neither copy of the GPT is valid; what the first sector says is all that is left";
        return layout.report(defect::GPT_INVALID, 0, what);
    };
    layout.sector_size = copies.sector_size;
    layout.disk_id = Some(copy.disk_guid.clone());
    layout.table = Some(table(layout, record, entries));
    layout.mbr_active = record.is_some_and(Record::has_active);
    check::header(layout, disk, copy);
    let usable = check::entries(layout, disk, copy, entries);
    for (entry, range) in usable {
        layout.volumes.push(Volume {
            number: Some(entry.number),
            partition_type: Some(entry.type_guid.clone()),
            name: Some(entry.name.clone()).filter(|name| !name.is_empty()),
            uuid: Some(entry.guid.clone()),
            bootable: entry.attributes & LEGACY_BOOTABLE != 0,
            attributes: entry.attributes,
            ..Volume::new(Kind::Partition, disk, range.start, range.end - range.start)
        });
    }
}

/// What kind of GPT the MBR makes of it, and what is wrong with that MBR.
fn table(layout: &mut Layout, record: Option<&Record>, entries: &[Entry]) -> Table {
    if !record.is_some_and(|record| record.protective().any(|entry| entry.start == 1)) {
        let what = "no MBR entry of type EE begins at sector 1: Linux and firmware see no GPT";
        layout.report(defect::GPT_PROTECTIVE_MBR, 446, what);
    }
    let Some(record) = record else { return Table::Gpt };
    let mut table = Table::Gpt;
    for entry in record.used().filter(|entry| entry.system != mbr::PROTECTIVE) {
        table = Table::HybridGpt;
        let (first, last) = (u64::from(entry.start), u64::from(entry.start) + u64::from(entry.sectors) - 1);
        if !entries.iter().any(|found| (found.first, found.last) == (first, last)) {
            let what = format!("MBR entry {} (sectors {first} to {last}) is no partition of the GPT", entry.index + 1);
            layout.report(defect::GPT_HYBRID_MISMATCH, entry.position(), what);
        }
    }
    table
}
