//! Names of devices in FreeBSD, and the volumes they mean. fstab(5), glabel(8), gpart(8).

use crate::device::by_tag;
use facts::{DeviceSpec, Known, Reason, SpecKind, Volume, VolumeId, VolumeKind};

/// Drivers of disks. The first disk of each is this one, but `ad` numbers places where disks may be.
const DISKS: &[&str] =
    &["vtbd", "ada", "nvd", "nda", "da", "ad", "xbd", "mfid", "mfisyspd", "mmcsd", "aacd", "amrd", "idad", "twed"];

/// Names below `/dev` that only FreeBSD has; none if it is not one.
pub(crate) fn resolve(name: &str, volumes: &[Volume]) -> Option<(SpecKind, Known<VolumeId>)> {
    if let Some((class, label)) = name.split_once('/') {
        // A group of LVM may have such a name too.
        let group = volumes.iter().any(|volume| volume.id == VolumeId::lvm(class, label));
        return (!group && !label.contains('/')).then(|| by_label(class, label, volumes)).flatten();
    }
    if name.strip_prefix("cd").is_some_and(|unit| !unit.is_empty() && unit.bytes().all(|b| b.is_ascii_digit())) {
        return Some((SpecKind::Removable, Known::Absent));
    }
    by_driver(name, volumes).map(|volume| (SpecKind::KernelName, volume))
}

/// `ufs:/dev/gpt/rootfs`, `zfs:zroot/ROOT/default`.
pub(super) fn mount_from(text: &str, volumes: &[Volume]) -> DeviceSpec {
    match text.split_once(':') {
        Some(("zfs", dataset)) => {
            DeviceSpec { text: dataset.to_owned(), kind: SpecKind::Other, volume: Known::unknown("ZFS is not read") }
        }
        Some((_, device)) => crate::device::resolve(device, volumes),
        None => crate::device::resolve(text, volumes),
    }
}

fn by_label(class: &str, label: &str, volumes: &[Volume]) -> Option<(SpecKind, Known<VolumeId>)> {
    let kind = match class {
        "gpt" => SpecKind::PartLabel,
        "gptid" => SpecKind::PartUuid,
        "ufs" | "msdosfs" | "ext2fs" | "ntfs" => SpecKind::Label,
        "ufsid" => SpecKind::Uuid,
        "iso9660" => return Some((SpecKind::Removable, Known::Absent)),
        "diskid" => return Some((SpecKind::Hardware, unknown("it names the hardware of another machine"))),
        "label" | "mirror" | "stripe" | "raid" | "zvol" | "concat" => {
            return Some((SpecKind::Other, unknown("it is put together by GEOM, whose metadata are not read")));
        }
        _ => return None,
    };
    if let Some(label) = label.strip_suffix(".eli") {
        return Some((kind, unknown(&format!("{class}/{label} is encrypted by GELI"))));
    }
    Some((kind, by_tag(kind, label, volumes)))
}

fn unknown(why: &str) -> Known<VolumeId> {
    Known::Unknown(Reason::new(why))
}

/// `vtbd0p2`, `ada0s1a`, `da0a`.
fn by_driver(name: &str, volumes: &[Volume]) -> Option<Known<VolumeId>> {
    let (plain, encrypted) = name.strip_suffix(".eli").map_or((name, false), |plain| (plain, true));
    let (driver, unit, place) = DISKS.iter().find_map(|driver| {
        let (unit, place) = digits(plain.strip_prefix(driver)?)?;
        Some((*driver, unit, place))
    })?;
    let id = place_on_disk(place)?;
    if encrypted {
        return Some(unknown("it is encrypted by GELI"));
    }
    if unit != 0 && driver != "ad" {
        return Some(Known::Absent);
    }
    let found = match &id {
        Place::Disk => volumes.iter().find(|volume| volume.kind == VolumeKind::Disk),
        Place::Id(id) => volumes.iter().find(|volume| volume.id == *id),
    };
    Some(found.map(|volume| volume.id.clone()).into())
}

/// What the end of a name means.
enum Place {
    Disk,
    Id(VolumeId),
}

fn place_on_disk(text: &str) -> Option<Place> {
    let letter = |text: &str| match text.as_bytes() {
        [letter @ b'a'..=b'v'] => Some(char::from(*letter)),
        _ => None,
    };
    if text.is_empty() {
        return Some(Place::Disk);
    }
    let Some((number, rest)) = text.strip_prefix(['p', 's']).and_then(digits) else {
        return letter(text).map(|letter| Place::Id(VolumeId::bsd(None, letter)));
    };
    match rest {
        // The partition that is the whole slice.
        "" | "c" => Some(Place::Id(VolumeId::partition(number))),
        rest => letter(rest).map(|letter| Place::Id(VolumeId::bsd(Some(number), letter))),
    }
}

/// A number and what follows it.
fn digits(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}
