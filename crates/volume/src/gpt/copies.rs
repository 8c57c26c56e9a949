//! Both copies of a GPT, and which of them counts.

use super::copy::{Copy, Entry, Flaw};
use crate::problem as defect;
use crate::{Defect, Layout, SECTOR_SIZES};
use storage::{ReadAt, Result};

/// Both copies as they were found.
#[derive(Debug)]
pub(super) struct Copies {
    /// What the table was written for, in bytes.
    pub(super) sector_size: u64,
    primary: Result<Copy, Flaw>,
    backup: Result<Copy, Flaw>,
    /// The sector where the backup was expected last.
    backup_lba: u64,
}

impl Copies {
    /// Looks with the sector size that the container gives, or else 512; then with the other one.
    pub(super) fn find(disk: &dyn ReadAt, given: Option<u64>) -> Result<Copies> {
        let [small, large] = SECTOR_SIZES;
        let order = if given == Some(large) { [large, small] } else { [small, large] };
        let first = Self::read(disk, order[0])?;
        if first.is_valid() {
            return Ok(first);
        }
        let second = Self::read(disk, order[1])?;
        let better = second.is_valid() || second.is_signed() && !first.is_signed();
        Ok(if better { second } else { first })
    }

    fn read(disk: &dyn ReadAt, sector_size: u64) -> Result<Copies> {
        let last = (disk.size() / sector_size).saturating_sub(1);
        let primary = Copy::read(disk, 1, sector_size)?;
        let named = primary.as_ref().ok().map(|copy| copy.alternate).filter(|&lba| lba > 1);
        let mut backup_lba = named.unwrap_or(last);
        let mut backup = Copy::read(disk, backup_lba, sector_size)?;
        if backup.is_err() && backup_lba != last {
            let at_end = Copy::read(disk, last, sector_size)?;
            if at_end.is_ok() {
                (backup, backup_lba) = (at_end, last);
            }
        }
        Ok(Copies { sector_size, primary, backup, backup_lba })
    }

    /// The copy that counts, and its entries.
    pub(super) fn chosen(&self) -> Option<(&Copy, &[Entry])> {
        [&self.primary, &self.backup]
            .into_iter()
            .flatten()
            .find_map(|copy| Some((copy, &copy.entries.as_ref().ok()?[..])))
    }

    pub(super) fn is_valid(&self) -> bool {
        self.chosen().is_some()
    }

    /// Whether the sector after the first calls itself a GPT header.
    pub(super) fn is_signed(&self) -> bool {
        !matches!(self.primary, Err(Flaw::Missing(_)))
    }

    /// Says what is wrong with either copy, and with the two of them.
    pub(super) fn report(&self, layout: &mut Layout, disk: &dyn ReadAt) {
        let at = |lba: u64| lba.saturating_mul(self.sector_size);
        if let Some(given) = layout.given_sector_size.filter(|given| *given != self.sector_size) {
            let what = format!("the GPT is one for sectors of {} bytes, the disk has {given}", self.sector_size);
            layout.report(defect::GPT_SECTOR_SIZE, at(1), what);
        }
        let header = defect::GPT_PRIMARY_HEADER_BAD;
        report_copy(layout, &self.primary, at(1), header, header, defect::GPT_PRIMARY_ENTRIES_BAD);
        let (missing, header) = (defect::GPT_BACKUP_MISSING, defect::GPT_BACKUP_HEADER_BAD);
        report_copy(layout, &self.backup, at(self.backup_lba), missing, header, defect::GPT_BACKUP_ENTRIES_BAD);
        self.report_place(layout, (disk.size() / self.sector_size).saturating_sub(1));
        if let (Ok(primary), Ok(backup)) = (&self.primary, &self.backup)
            && let (true, true, Some(what)) = (primary.is_valid(), backup.is_valid(), primary.difference(backup))
        {
            let what = format!("the two copies differ in {what}; the one at the start of the disk is used");
            layout.report(defect::GPT_COPIES_DIFFER, at(backup.lba), what);
        }
    }

    /// Says where the backup should be, if it is not there.
    fn report_place(&self, layout: &mut Layout, last: u64) {
        let Ok(primary) = &self.primary else { return };
        if primary.alternate != last {
            let why = if primary.alternate < last { "the disk has grown" } else { "the disk was cut" };
            let what = format!("the backup belongs in the last sector, {last}, not in {}: {why}", primary.alternate);
            layout.report(defect::GPT_BACKUP_NOT_AT_END, self.sector_size, what);
        }
    }
}

fn report_copy(
    layout: &mut Layout,
    copy: &Result<Copy, Flaw>,
    at: u64,
    missing: Defect,
    header: Defect,
    entries: Defect,
) {
    match copy {
        Err(Flaw::Missing(what)) => layout.report(missing, at, what),
        Err(Flaw::Header(what)) => layout.report(header, at, what),
        Ok(Copy { entries: Err(what), .. }) => layout.report(entries, at, what),
        Ok(_) => {}
    }
}
