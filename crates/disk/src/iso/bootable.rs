//! Media made to start from a disk.
//!
//! Firmware starts media as a CD by El Torito, and a disk by its MBR (BIOS) or by its EFI system partition (UEFI).
//! Media that start from a disk already, by either, stay as they are, byte for byte: firmware built on EDK II follows El
//! Torito on disks too. Media that nothing starts from a disk get what UEFI wants, because all of it lies outside the
//! volumes. What BIOS wants cannot be added: boot loaders find their files by the place that the code of their own hybrid
//! MBR gives them.

use super::catalog::{BIOS, UEFI};
use super::media::Media;
use super::overlay::Overlay;
use super::partitions::{ENTRIES, Partition};
use super::{DISK_SECTOR, SYSTEM_AREA, fat, gpt, mbr};
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, read_array};

/// What a conversion of media copies.
#[derive(Clone, Debug)]
pub struct Bootable {
    /// The disk. The ISO 9660 volume is readable on the whole of it, as live systems look for it by its label.
    pub disk: Source,
    /// BIOS firmware starts from it.
    pub bios: bool,
    /// UEFI firmware starts from it.
    pub uefi: bool,
    /// What was done and what was found, in sentences.
    pub notes: Vec<String>,
}

/// The disk that firmware starts as it starts the media in a CD drive.
///
/// Media that start from a disk already, and media from which nothing starts, stay as they are. Unsupported are media
/// that only a BIOS starts, and only as a CD; corrupt are media that end early, and boot images that do not fit.
pub fn bootable(media: Source) -> Result<Bootable> {
    let facts = Media::read(&media)?;
    facts.check_whole()?;
    if facts.efi_partition() || facts.tables.boot_code || !facts.boots(UEFI) {
        return as_it_is(media, &facts);
    }
    let added = match boot_image(&media, &facts)? {
        Ok(esp) => add_partition(&media, &facts, esp)?,
        Err(reason) => Err(reason),
    };
    match added {
        Ok(made) => Ok(made),
        Err(reason) => Err(Error::unsupported(format!("the media cannot be made to start from a disk: {reason}"))),
    }
}

/// All that may stand in the way of a partition for UEFI, as half a sentence.
type Added<T> = Result<std::result::Result<T, String>>;

fn as_it_is(media: Source, facts: &Media) -> Result<Bootable> {
    let (bios, uefi) = (facts.tables.boot_code, facts.efi_partition());
    let note = match (bios, uefi) {
        (true, true) => "the media are hybrid: they start from a disk as they are, with BIOS and with UEFI",
        (true, false) if facts.boots(UEFI) => {
            "the media start from a disk as they are, with BIOS, and with UEFI where the firmware follows El Torito on \
             disks, as EDK II does"
        }
        (true, false) => "the media start from a disk as they are, with BIOS only",
        (false, true) => "the media start from a disk as they are, with UEFI only",
        (false, false) if facts.boots(BIOS) => {
            return Err(Error::unsupported(
                "the media start with BIOS and as a CD only: their boot loader finds its files through the CD drive, \
                 and the first sector holds no code to start from a disk; make them hybrid first (isolinux media: \
                 `isohybrid` of syslinux-utils; all others: write them anew by xorriso with -isohybrid-mbr or \
                 --grub2-mbr), or install from them on a virtual machine elsewhere and convert its disk; -f raw \
                 copies the bytes as they are",
            ));
        }
        (false, false) => "nothing starts from the media: they are data, copied as they are",
    };
    Ok(Bootable { disk: media, bios, uefi, notes: vec![note.to_owned()] })
}

/// The first boot image for UEFI that is a FAT filesystem; Apple's, which are HFS+, bear the same platform.
fn boot_image(media: &Source, facts: &Media) -> Added<Partition> {
    for image in facts.boot.iter().filter(|image| image.platform == UEFI && !image.emulation) {
        if image.size < DISK_SECTOR {
            continue;
        }
        let Some(len) = fat::length(&read_array(media, image.offset)?) else { continue };
        let end = image.offset.saturating_add(len);
        if image.offset < SYSTEM_AREA || end > media.size() {
            let what = format!(
                "El Torito boot image: its FAT filesystem begins at byte {} and ends at byte {end}, which is not \
                 within the file's {} bytes; download it again",
                image.offset,
                media.size()
            );
            return Err(Error::corrupt(image.offset, what));
        }
        return Ok(Ok(Partition { first: image.offset / DISK_SECTOR, end: end / DISK_SECTOR, efi: true }));
    }
    Ok(Err("no boot image for UEFI is a FAT filesystem".to_owned()))
}

/// In a GPT where the system area is free for one, else as an entry of the MBR that is there.
fn add_partition(media: &Source, facts: &Media, esp: Partition) -> Added<Bootable> {
    let place = format!(
        "an EFI system partition over the boot image at byte {} ({} bytes)",
        esp.first * DISK_SECTOR,
        (esp.end - esp.first) * DISK_SECTOR
    );
    let primary = facts.volume.as_ref().map(|volume| volume.primary.as_slice()).unwrap_or_default();
    let (disk, note) = if let Some(head) = gpt::free_head(media)? {
        let tables = gpt::tables(media.size(), esp, primary, &head);
        let note = format!("a GPT with {place} was written into the system area, and its backup behind the data");
        (Overlay::new(media.clone(), tables.size, tables.patches), note)
    } else {
        let table = match mbr::with_efi(&read_array(media, 0)?, &facts.tables, esp) {
            Ok(table) => table,
            Err(reason) => return Ok(Err(reason)),
        };
        let note = format!("{place} was added to the partitions of the MBR; its code is unchanged");
        (Overlay::new(media.clone(), media.size(), vec![(ENTRIES as u64, table)]), note)
    };
    let mut notes = vec![note];
    notes.push(match facts.label() {
        "" => "the volume is readable on the whole disk".to_owned(),
        label => format!("the volume {label:?} is readable on the whole disk, where live systems look for its label"),
    });
    notes.push("the disk starts with UEFI only: the media have no code by which a BIOS starts a disk".to_owned());
    if facts.udf.is_some() {
        notes.push("the media hold a UDF volume; what expects a CD drive, as Windows does, may not find it".to_owned());
    }
    Ok(Ok(Bootable { disk: Arc::new(disk), bios: false, uefi: true, notes }))
}
