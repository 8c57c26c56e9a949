//! What a volume holds: a filesystem, opened, or something that cannot be looked into, and why.

use crate::look::{Gap, Look, words};
use crate::volumes::BIOS_BOOT;
use facts::{Content, Evidence, Filesystem, Known, VolumeId};
use filesystem::FileSystem;
use storage::{ErrorKind, ReadAt as _, Result, Source};

/// GPT types whose content is never probed: signatures in them are leftovers of earlier partitionings.
const NO_FILESYSTEM: &[(&str, &str)] = &[
    ("E3C9E316-0B5C-4DB8-817D-F92DF00215AE", "microsoft-reserved"),
    ("5808C8AA-7E8F-42E0-85D2-E1E90434CFB3", "ldm-metadata"),
    ("CADDEBF1-4400-4DE8-B103-12117DCF3CCF", "windows-snapshot"),
    ("2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5", "dm-verity"),
    ("77FF5F63-E7B6-4633-ACF4-1565B864C0E6", "dm-verity"),
];

/// GPT type of the partitions that make a pool of Storage Spaces.
const STORAGE_SPACES: &str = "E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D";

/// GPT type of FreeBSD's boot programs.
const FREEBSD_BOOT: &str = "83BD6B9D-7F41-11DC-BE0B-001560B84F0F";

/// Types of FreeBSD's swap space, which bears no mark: what seems to be in it is a leftover.
const FREEBSD_SWAP: [&str; 2] = ["516E7CB5-6ECF-11D6-8FF8-00022D09712B", "swap"];

/// Bytes at the start of a volume that are looked at to tell whether it is free.
const HEAD: u64 = 128 << 10;

/// First bytes of a BSD disk label, in the second sector of a slice.
const BSD_LABEL: [u8; 4] = [0x57, 0x45, 0x56, 0x82];

/// A volume is at most so many times as long as what a disk that was cut short has of it. What a table says is not
/// believed to any length, because drivers reckon with the size of a volume.
const MOST_CUT: u64 = 16;

/// What is on a volume, and its filesystem.
pub(crate) type Inside = (Known<Content>, Look<Box<dyn FileSystem>>);

/// Names what is on a volume, and opens its filesystem.
pub(crate) fn look_into(volume: &volume::Volume, id: &VolumeId) -> Result<Inside> {
    let other = |name: &str| Known::Is(Content::Other { name: name.to_owned() });
    let kind = volume.partition_type.as_deref().unwrap_or_default();
    match volume.kind {
        volume::Kind::Extended => return Ok((other("extended-partition"), Err(Gap::Absent))),
        volume::Kind::Slice => return Ok((other("bsd-label"), Err(Gap::Absent))),
        _ => {}
    }
    if let Some(whole) = &volume.part_of {
        return Ok(part_of(whole, id));
    }
    if kind.eq_ignore_ascii_case(BIOS_BOOT) || kind.eq_ignore_ascii_case(FREEBSD_BOOT) {
        let name = if kind.eq_ignore_ascii_case(BIOS_BOOT) { "grub-core" } else { "freebsd-boot" };
        return Ok((if begins_with_zeros(&volume.source)? { Known::Absent } else { other(name) }, Err(Gap::Absent)));
    }
    if FREEBSD_SWAP.iter().any(|swap| swap.eq_ignore_ascii_case(kind)) {
        return Ok((Known::Is(Content::Swap { uuid: None, label: None, hibernated: false }), Err(Gap::Absent)));
    }
    if kind.eq_ignore_ascii_case(STORAGE_SPACES) {
        return Ok(part_of(&volume::Whole { of: "storage-spaces", uuid: None, name: None }, id));
    }
    if let Some((_, name)) = NO_FILESYSTEM.iter().find(|(guid, _)| guid.eq_ignore_ascii_case(kind)) {
        return Ok((other(name), Err(Gap::Absent)));
    }
    match filesystem::identify(&volume.source) {
        Ok(Some(found)) => identified(found, volume, id),
        Ok(None) => unrecognised(&volume.source, id),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(error) => {
            let why = format!("{id}: {}", words(&error));
            Ok((Known::unknown(why.clone()), Err(Gap::unknown(why))))
        }
    }
}

/// A volume whose own bytes mean nothing: it is never probed.
fn part_of(whole: &volume::Whole, id: &VolumeId) -> Inside {
    if whole.of == "lvm2" && whole.name.is_none() {
        let name = "unused-physical-volume".to_owned();
        return (Known::Is(Content::Other { name }), Err(Gap::Absent));
    }
    let content = Content::Member { of: whole.of.to_owned(), uuid: whole.uuid.clone(), name: whole.name.clone() };
    let what = match whole.of {
        "ldm" => "a dynamic disk of Windows",
        "storage-spaces" => "a pool of Storage Spaces",
        "md" => "an md array",
        "lvm2" => "a volume group",
        other => other,
    };
    (Known::Is(content), Err(Gap::unknown(format!("{id} is a part of {what}"))))
}

/// A volume without any mark: free where it begins with zeros; else it may hold anything.
fn unrecognised(source: &Source, id: &VolumeId) -> Result<Inside> {
    if begins_with_zeros(source)? {
        return Ok((Known::Absent, Err(Gap::Absent)));
    }
    let labelled = source.size() > 516 && storage::read_array(source, 512).is_ok_and(|magic| magic == BSD_LABEL);
    if labelled {
        let why = format!("{id} is divided by a BSD label that is damaged or lists nothing");
        return Ok((Known::Is(Content::Other { name: "bsd-label".to_owned() }), Err(Gap::unknown(why))));
    }
    Ok((Known::Absent, Err(Gap::unknown(format!("{id} holds something that is not recognised")))))
}

/// Whether the first [`HEAD`] bytes are zeros: all that any format's first marks would be in.
fn begins_with_zeros(source: &Source) -> Result<bool> {
    let len = source.size().min(HEAD);
    match storage::read_vec(source, 0, len) {
        Ok(start) => Ok(storage::is_zero(&start)),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(_) => Ok(true),
    }
}

fn identified(found: filesystem::Content, volume: &volume::Volume, id: &VolumeId) -> Result<Inside> {
    let closed = |content: Content, what: String| Ok((Known::Is(content), Err(Gap::unknown(what))));
    match found {
        filesystem::Content::FileSystem { info, readable } => on_filesystem(info, readable, volume, id),
        filesystem::Content::Swap { uuid, label, hibernated } => {
            Ok((Known::Is(Content::Swap { uuid, label, hibernated }), Err(Gap::Absent)))
        }
        filesystem::Content::Member { of, uuid, name } => {
            let why = format!("{id} is a part of something larger ({of})");
            closed(Content::Member { of: of.to_owned(), uuid, name }, why)
        }
        filesystem::Content::Encrypted { by, uuid } => {
            closed(Content::Encrypted { by: by.to_owned(), uuid }, format!("{id} is encrypted ({by})"))
        }
    }
}

fn on_filesystem(info: filesystem::Info, readable: bool, volume: &volume::Volume, id: &VolumeId) -> Result<Inside> {
    let mut facts = filesystem_facts(&info, id);
    if !readable {
        let why = format!("{id} holds {}, which is not read yet", info.fs_type);
        facts.readable = Known::Is(false);
        facts.evidence.push(Evidence::volume(id, why.clone()));
        return Ok((Known::Is(Content::Filesystem(facts)), Err(Gap::unknown(why))));
    }
    let there = volume.source.size();
    let size = if volume.size / MOST_CUT <= there { volume.size } else { there };
    let files = match filesystem::open_truncated(volume.source.clone(), size) {
        Ok(files) => {
            facts.readable = Known::Is(true);
            Ok(files)
        }
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(error) => {
            facts.readable = Known::Is(false);
            facts.evidence.push(Evidence::volume(id, words(&error)));
            Err(Gap::unknown(format!("the {} on {id} cannot be read: {}", info.fs_type, words(&error))))
        }
    };
    Ok((Known::Is(Content::Filesystem(facts)), files))
}

fn filesystem_facts(info: &filesystem::Info, id: &VolumeId) -> Filesystem {
    fn said<T>(value: Option<T>) -> Known<T> {
        value.map_or_else(|| Known::unknown("its superblock does not say"), Known::Is)
    }
    Filesystem {
        fs_type: info.fs_type.to_owned(),
        uuid: info.uuid.clone(),
        label: info.label.clone(),
        size: said(info.size),
        free: said(info.free),
        inodes: info.inodes.into(),
        free_inodes: info.free_inodes.into(),
        clean: said(info.clean),
        errors: said(info.errors),
        features: info.features.clone(),
        readable: Known::default(),
        evidence: info.notes.iter().map(|note| Evidence::volume(id, note.clone())).collect(),
    }
}
