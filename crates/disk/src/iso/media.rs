//! All that is said about media: volumes, boot catalogue and tables, read at once.

use super::catalog;
use super::descriptors::{self, Volume};
use super::partitions::Tables;
use super::udf::{self, Udf};
use super::{DISK_SECTOR, MIB, NAME, SYSTEM_AREA};
use crate::{Details, Info, IsoBoot, IsoDetails};
use storage::{Error, ErrorKind, ReadAt, Result};

/// Sectors of 512 bytes before the volume descriptors. What begins at or before these covers the volume as a whole.
const SYSTEM_SECTORS: u64 = SYSTEM_AREA / DISK_SECTOR;

/// What is said about media.
#[derive(Clone, Debug)]
pub(super) struct Media {
    pub(super) size: u64,
    pub(super) volume: Option<Volume>,
    pub(super) udf: Option<Udf>,
    pub(super) boot: Vec<IsoBoot>,
    pub(super) tables: Tables,
    notes: Vec<String>,
}

/// Whether a volume of either kind is announced.
pub(super) fn is_marked(file: &dyn ReadAt) -> Result<bool> {
    Ok(descriptors::is_marked(file)? || (udf::is_marked(file)? && udf::is_anchored(file)?))
}

/// Whether the volume of ISO 9660 is what is left of media that a disk once held: a partition begins within the
/// volume and ends far behind it. On hybrid media a partition covers the volume from the system area on, lies within
/// it, or lies behind it.
pub(super) fn is_remains(file: &dyn ReadAt) -> Result<bool> {
    let read = || -> Result<_> { Ok((Volume::read(file)?, Tables::read(file)?)) };
    let (volume, tables) = match read() {
        Ok((Some(volume), tables)) => (volume, tables),
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        _ => return Ok(false),
    };
    let end = volume.size.div_ceil(DISK_SECTOR);
    let contradicts = |first: u64, last: u64| first > SYSTEM_SECTORS && first < end && last > end + MIB / DISK_SECTOR;
    Ok(tables.all().any(|partition| contradicts(partition.first, partition.end)))
}

impl Media {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let volume = Volume::read(file)?;
        let notes = volume.iter().flat_map(|volume| volume.notes.clone()).collect();
        let udf = if udf::is_marked(file)? { Some(Udf::read(file)?) } else { None };
        if volume.is_none() && udf.is_none() {
            return Err(Error::corrupt(SYSTEM_AREA, "neither an ISO 9660 volume nor a UDF volume begins here"));
        }
        let mut media = Media { size: file.size(), volume, udf, boot: Vec::new(), tables: Tables::read(file)?, notes };
        if let Some(offset) = media.volume.as_ref().and_then(|volume| volume.catalog) {
            let (boot, notes) = catalog::read(file, offset)?;
            media.boot = boot;
            media.notes.extend(notes);
        }
        Ok(media)
    }

    pub(super) fn label(&self) -> &str {
        match (&self.volume, &self.udf) {
            (Some(volume), _) if !volume.label.is_empty() => &volume.label,
            (_, Some(udf)) => &udf.label,
            _ => "",
        }
    }

    /// Whether firmware of that platform finds something in the boot catalogue.
    pub(super) fn boots(&self, platform: &str) -> bool {
        self.boot.iter().any(|image| image.platform == platform)
    }

    /// Whether UEFI firmware finds a partition to start from. One that reaches past the end is found and of no use.
    pub(super) fn efi_partition(&self) -> bool {
        let end = self.size / DISK_SECTOR;
        self.tables.in_force().iter().any(|partition| partition.efi && partition.first > 0 && partition.end <= end)
    }

    /// Refuses media that end early. That is so at the first byte that is missing: nothing tells padding, which some
    /// drives cannot read, from what was cut off a download.
    pub(super) fn check_whole(&self) -> Result<()> {
        let sectors = |end: u64| end.saturating_mul(DISK_SECTOR);
        let iso = self.volume.iter().map(|volume| ("the ISO 9660 volume", volume.size));
        let udf = self.udf.iter().map(|udf| ("the UDF volume", udf.end));
        let partitions = self.tables.all().map(|partition| ("a partition on it", sectors(partition.end)));
        let backup = self.tables.gpt.iter().map(|gpt| ("the GPT's backup", sectors(gpt.backup.saturating_add(1))));
        let all = iso.chain(udf).chain(partitions).chain(backup);
        match all.max_by_key(|&(_, end)| end).filter(|&(_, end)| end > self.size) {
            None => Ok(()),
            Some((what, end)) => Err(Error::corrupt(
                self.size,
                format!(
                    "the file ends at byte {} and {what} at byte {end}; download it again (or say -f raw to take what \
                     is there)",
                    self.size
                ),
            )),
        }
    }

    pub(super) fn info(&self) -> Info {
        let of_volume = |text: fn(&Volume) -> &String| self.volume.as_ref().map(text).cloned().unwrap_or_default();
        let mut notes = self.notes.clone();
        notes.extend(self.check_whole().err().map(|error| error.what().to_owned()));
        if self.tables.gpt.as_ref().is_some_and(|gpt| !gpt.has_backup) {
            notes.push("the GPT of the media has no valid backup".to_owned());
        }
        if !self.size.is_multiple_of(DISK_SECTOR) {
            notes.push(format!("the file is {} bytes long, which is not a multiple of {DISK_SECTOR}", self.size));
        }
        let details = IsoDetails {
            label: self.label().to_owned(),
            publisher: of_volume(|volume| &volume.publisher),
            application: of_volume(|volume| &volume.application),
            volume_size: self.volume.as_ref().map_or(0, |volume| volume.size),
            udf: self.udf.is_some(),
            boot: self.boot.clone(),
            boot_code: self.tables.boot_code,
            partition_tables: self.tables.names(),
            efi_partition: self.efi_partition(),
        };
        Info { format: NAME, virtual_size: self.size, details: Details::Iso(details), notes, ..Info::default() }
    }
}
