//! What a volume says of itself: label, version, state, and what is free.

use super::boot::Boot;
use super::log;
use super::mft::{BITMAP, LOG, Mft, VOLUME};
use super::record::{DATA, VOLUME_INFORMATION, VOLUME_NAME};
use super::stream::Stream;
use crate::field::{label_utf16, le_units, le16};
use crate::tree::Info;
use storage::{Error, ErrorKind, ReadAt, Result};

/// Flags of `$Volume`: to be checked; a check was begun and not ended.
const DIRTY: u16 = 0x0001;
const CHECK_UNDERWAY: u16 = 0x4000;
/// Bytes of the bitmap that are looked at together; whole words.
pub(super) const CHUNK: u64 = 1 << 20;

/// As far as it can be read: what cannot is a note.
pub(super) fn info(volume: &dyn ReadAt, boot: &Boot) -> Result<Info> {
    let mut info = Info {
        fs_type: "ntfs",
        uuid: (boot.serial != 0).then(|| format!("{:016X}", boot.serial)),
        size: Some(boot.size),
        ..Info::default()
    };
    if boot.size > volume.size() {
        let (size, len) = (boot.size, volume.size());
        info.notes.push(format!("it is {size} bytes long by its own account, and its volume only {len}"));
    }
    match Mft::open(volume, boot.clone()) {
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(error) => info.notes.push(error.to_string()),
        Ok(mft) => {
            if mft.is_mirrored {
                info.notes.push("the first record of $MFT is damaged, and its copy was read".to_owned());
            }
            for fill in [of_volume, of_log, of_bitmap] {
                match fill(volume, &mft, &mut info) {
                    Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                    Err(error) => info.notes.push(error.to_string()),
                    Ok(()) => {}
                }
            }
        }
    }
    Ok(info)
}

/// Label, version and flags.
fn of_volume(volume: &dyn ReadAt, mft: &Mft, info: &mut Info) -> Result<()> {
    let record = mft.file(volume, VOLUME).map_err(|error| error.within("$Volume"))?;
    if let Some(name) = record.find(VOLUME_NAME, b"")? {
        info.label = label_utf16(le_units(name.value()?));
    }
    let missing = || record.damaged("$Volume has no version and flags");
    let found = record.find(VOLUME_INFORMATION, b"")?.ok_or_else(missing)?.value()?;
    let value = found.get(..12).ok_or_else(missing)?;
    info.features.push(format!("NTFS {}.{}", value[8], value[9]));
    let flags = le16(value, 10);
    info.clean = Some(flags & DIRTY == 0);
    info.errors = Some(flags & CHECK_UNDERWAY != 0);
    if flags & DIRTY != 0 {
        info.notes.push("it is marked dirty: Windows will check it (chkdsk) when it starts".to_owned());
    }
    if flags & CHECK_UNDERWAY != 0 {
        info.notes.push("a check of it (chkdsk) was begun and not ended".to_owned());
    }
    Ok(())
}

/// Whether it was unmounted.
fn of_log(volume: &dyn ReadAt, mft: &Mft, info: &mut Info) -> Result<()> {
    let note = system(volume, mft, LOG, "$LogFile").and_then(|log| log::note(volume, &log));
    let note = note.map_err(|error| {
        // It may be clean, but that is not known.
        info.clean = info.clean.filter(|clean| !clean);
        error.within("$LogFile")
    })?;
    if let Some(note) = note {
        info.notes.push(note.to_owned());
        info.clean = Some(false);
    }
    Ok(())
}

/// What is free. Of a volume cut short that is not known.
fn of_bitmap(volume: &dyn ReadAt, mft: &Mft, info: &mut Info) -> Result<()> {
    if mft.boot.size > volume.size() {
        return Ok(());
    }
    let bitmap = bitmap(volume, mft)?;
    let (len, mut used) = (mft.boot.clusters / 8, 0u64);
    for at in (0..len).step_by(1 << 20) {
        let part = bitmap.read(volume, at, CHUNK.min(len - at))?;
        let (words, rest) = part.as_chunks::<8>();
        used += words.iter().map(|word| u64::from(u64::from_le_bytes(*word).count_ones())).sum::<u64>();
        used += rest.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>();
    }
    // Bits past the last cluster are set.
    let odd = mft.boot.clusters % 8;
    if odd > 0 {
        let last = bitmap.read(volume, len, 1)?[0];
        used += u64::from((u32::from(last) & ((1 << odd) - 1)).count_ones());
    }
    info.free = Some((mft.boot.clusters - used) * mft.boot.cluster);
    Ok(())
}

/// The bitmap of clusters, with a bit for each at least.
pub(super) fn bitmap(volume: &dyn ReadAt, mft: &Mft) -> Result<Stream> {
    let bitmap = system(volume, mft, BITMAP, "$Bitmap")?;
    match bitmap.is_plain() && bitmap.size >= mft.boot.clusters.div_ceil(8) {
        true => Ok(bitmap),
        false => Err(Error::corrupt(mft.place(BITMAP), "NTFS: $Bitmap does not have a bit for each cluster")),
    }
}

/// The data of a file that NTFS keeps for itself.
fn system(volume: &dyn ReadAt, mft: &Mft, number: u64, name: &str) -> Result<Stream> {
    let record = mft.file(volume, number).map_err(|error| error.within(name))?;
    let data = mft.stream(volume, &record, DATA, b"").map_err(|error| error.within(name))?;
    data.ok_or_else(|| record.damaged(format!("{name} has no data")))
}
