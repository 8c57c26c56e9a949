//! Names of devices, in fstab and on kernel command lines, and the volumes they mean. fstab(5), udev's persistent
//! names (rules/60-persistent-storage.rules), Linux Documentation/admin-guide/devices.txt.

use facts::{Content, DeviceSpec, Known, SpecKind, Volume, VolumeId, VolumeKind};

/// Directories below `/dev` that are not volume groups.
const NOT_GROUPS: &[&str] = &["disk", "mapper", "md", "block", "char", "input", "cciss", "ida", "rd", "shm", "loop"];

/// The volume that a device name means.
pub(crate) fn resolve(text: &str, volumes: &[Volume]) -> DeviceSpec {
    let (kind, volume) = classify(text.trim(), volumes);
    DeviceSpec { text: text.trim().to_owned(), kind, volume }
}

fn classify(text: &str, volumes: &[Volume]) -> (SpecKind, Known<VolumeId>) {
    if let Some((key, value)) = text.split_once('=')
        && let Some(kind) = tag(key)
    {
        return (kind, by_tag(kind, value.trim_matches(['"', '\'']), volumes));
    }
    let Some(name) = text.strip_prefix("/dev/") else { return (not_a_device(text), Known::Absent) };
    if let Some(link) = name.strip_prefix("disk/") {
        return by_link(link, volumes);
    }
    if let Some(name) = name.strip_prefix("mapper/") {
        return (SpecKind::Mapper, by_mapper(name, volumes));
    }
    if let Some(found) = crate::freebsd::device::resolve(name, volumes) {
        return found;
    }
    if let Some((group, volume)) = name.split_once('/')
        && !NOT_GROUPS.contains(&group)
        && !volume.contains('/')
    {
        return (SpecKind::Mapper, logical(group, volume, volumes));
    }
    if name.starts_with("md") {
        return (SpecKind::Md, by_array(name, volumes));
    }
    if let Some(volume) = by_kernel_name(name, volumes) {
        return (SpecKind::KernelName, volume);
    }
    if ["cdrom", "sr", "scd", "fd", "floppy", "dvd"].iter().any(|prefix| name.starts_with(prefix)) {
        return (SpecKind::Removable, Known::Absent);
    }
    if ["loop", "ram", "zram", "shm", "null"].iter().any(|prefix| name.starts_with(prefix)) {
        return (SpecKind::Pseudo, Known::Absent);
    }
    (SpecKind::Other, Known::unknown("no device of this program's knowledge has such a name"))
}

fn tag(key: &str) -> Option<SpecKind> {
    Some(match key {
        "UUID" => SpecKind::Uuid,
        "LABEL" => SpecKind::Label,
        "PARTUUID" => SpecKind::PartUuid,
        "PARTLABEL" => SpecKind::PartLabel,
        "ID" => SpecKind::Hardware,
        _ => return None,
    })
}

/// What is no path below `/dev`: a host's export, or no device at all.
fn not_a_device(text: &str) -> SpecKind {
    let host = text.split_once(":/").is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'));
    if host || text.starts_with("//") || text.starts_with("\\\\") { SpecKind::Network } else { SpecKind::Pseudo }
}

fn by_link(link: &str, volumes: &[Volume]) -> (SpecKind, Known<VolumeId>) {
    let Some((directory, name)) = link.split_once('/') else {
        return (SpecKind::Other, Known::unknown("not a name of a device"));
    };
    let kind = match directory {
        "by-uuid" => SpecKind::Uuid,
        "by-label" => SpecKind::Label,
        "by-partuuid" => SpecKind::PartUuid,
        "by-partlabel" => SpecKind::PartLabel,
        _ if name.starts_with("dm-name-") => {
            return (SpecKind::Mapper, by_mapper(&name["dm-name-".len()..], volumes));
        }
        _ if name.starts_with("dm-uuid-LVM-") => {
            return (SpecKind::Mapper, by_mapper_uuid(&name["dm-uuid-LVM-".len()..], volumes));
        }
        _ if name.starts_with("md-uuid-") || name.starts_with("md-name-") => {
            return (SpecKind::Md, by_array(name, volumes));
        }
        _ => return (SpecKind::Hardware, Known::unknown("it names the hardware of another machine")),
    };
    (kind, by_tag(kind, &unescape(name), volumes))
}

/// `\x20`, as udev writes characters that may not stand in a file name.
fn unescape(name: &str) -> String {
    let mut out = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = rest.strip_prefix(b"\\x").and_then(|hex| std::str::from_utf8(hex.get(..2)?).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                out.push(code);
                rest = &rest[4..];
            }
            None => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The volume with that UUID, label, or name in the table.
pub(crate) fn by_tag(kind: SpecKind, value: &str, volumes: &[Volume]) -> Known<VolumeId> {
    let same = |known: Option<&String>| known.is_some_and(|known| known.eq_ignore_ascii_case(value));
    let matches = |volume: &&Volume| match kind {
        SpecKind::Uuid => same(uuid(volume)),
        SpecKind::Label => label(volume).is_some_and(|label| label == value),
        SpecKind::PartUuid => same(volume.uuid.as_ref()),
        SpecKind::PartLabel => {
            volume.kind == VolumeKind::Partition && volume.name.as_deref().is_some_and(|name| name == value)
        }
        _ => false,
    };
    if kind == SpecKind::Hardware || value.contains("/PARTNROFF=") {
        return Known::unknown("it names a device by something that the disk does not hold");
    }
    match volumes.iter().find(matches) {
        Some(volume) => Known::Is(volume.id.clone()),
        None if matches!(kind, SpecKind::Uuid | SpecKind::Label) => absent_unless_hidden(volumes),
        None => Known::Absent,
    }
}

/// UUID of what a volume holds.
fn uuid(volume: &Volume) -> Option<&String> {
    match volume.content.value()? {
        Content::Filesystem(filesystem) => filesystem.uuid.as_ref(),
        Content::Swap { uuid, .. } | Content::Encrypted { uuid, .. } => uuid.as_ref(),
        Content::Member { .. } | Content::Other { .. } => None,
    }
}

fn label(volume: &Volume) -> Option<&String> {
    match volume.content.value()? {
        Content::Filesystem(filesystem) => filesystem.label.as_ref(),
        Content::Swap { label, .. } => label.as_ref(),
        _ => None,
    }
}

/// What no volume answers to may still be inside one that could not be looked into.
fn absent_unless_hidden(volumes: &[Volume]) -> Known<VolumeId> {
    for volume in volumes {
        let hidden = match &volume.content {
            Known::Unknown(reason) => Some(reason.why.clone()),
            Known::Is(Content::Encrypted { by, .. }) => Some(format!("encrypted, {by}")),
            Known::Is(Content::Member { of, uuid, name })
                if !is_assembled(of, uuid.as_deref(), name.as_deref(), volumes) =>
            {
                Some(format!("a part of something that was not assembled, {of}"))
            }
            _ => None,
        };
        if let Some(hidden) = hidden {
            return Known::unknown(format!("it may be inside {} ({hidden})", volume.id));
        }
    }
    Known::Absent
}

/// Whether what a member belongs to is among the volumes, be it closed.
pub(crate) fn is_assembled(of: &str, uuid: Option<&str>, name: Option<&str>, volumes: &[Volume]) -> bool {
    let whole = match of {
        // Members of a group that was put together bear its name.
        "lvm2" => return name.is_some(),
        "md" => name.map(VolumeId::md),
        "bcache" => uuid.map(VolumeId::bcache),
        _ => None,
    };
    whole.is_some_and(|whole| volumes.iter().any(|volume| volume.id.is_within(&whole)))
}

/// `md/NAME`, `mdN`, `md_dN`, with `pN` behind it for a partition; and udev's links by UUID or full name.
fn by_array(name: &str, volumes: &[Volume]) -> Known<VolumeId> {
    let arrays = || volumes.iter().filter(|volume| volume.kind == VolumeKind::Array);
    if let Some(uuid) = name.strip_prefix("md-uuid-") {
        let hex = |text: &str| text.replace([':', '-'], "");
        let found = arrays().find(|array| array.uuid.as_deref().is_some_and(|own| hex(own) == hex(uuid)));
        return found.map_or_else(|| absent_unless_hidden(volumes), |array| Known::Is(array.id.clone()));
    }
    let name = ["md-name-", "md/", "md_d", "md"].into_iter().find_map(|start| name.strip_prefix(start)).unwrap_or(name);
    let name = name.split_once(':').map_or(name, |(_, name)| name);
    let whole = VolumeId::md(name);
    if arrays().any(|array| array.id == whole) {
        return Known::Is(whole);
    }
    let partition = name.rsplit_once('p').and_then(|(whole, number)| {
        let number = number.trim_start_matches("art").parse().ok()?;
        Some(VolumeId::partition(number).inside(&VolumeId::md(whole)))
    });
    match partition.filter(|id| volumes.iter().any(|volume| volume.id == *id)) {
        Some(id) => Known::Is(id),
        // Arrays are numbered by what the guest says of them, which may be anything.
        None if volumes.iter().any(|volume| volume.id.0.starts_with("md/")) => {
            Known::unknown("no array on these disks has that name, and the guest may give it to any")
        }
        None => absent_unless_hidden(volumes),
    }
}

/// UUIDs of the group and the volume, without dashes.
fn by_mapper_uuid(uuids: &str, volumes: &[Volume]) -> Known<VolumeId> {
    let own = uuids.get(32..).unwrap_or_default();
    let same = |uuid: &str| uuid.replace('-', "") == own;
    let mut logical = volumes.iter().filter(|volume| volume.kind == VolumeKind::Logical);
    let found = logical.find(|volume| volume.uuid.as_deref().is_some_and(same));
    found.map_or_else(|| absent_unless_hidden(volumes), |volume| Known::Is(volume.id.clone()))
}

/// `/dev/mapper/VG-LV`, with each `-` inside a name doubled.
fn by_mapper(name: &str, volumes: &[Volume]) -> Known<VolumeId> {
    let found = volumes.iter().filter(|volume| volume.kind == VolumeKind::Logical).find(|volume| {
        let parts = volume.name.as_deref().and_then(|name| name.split_once('/'));
        parts.is_some_and(|(group, volume)| mapper_name(group, volume) == name)
    });
    found.map_or_else(|| absent_unless_hidden(volumes), |volume| Known::Is(volume.id.clone()))
}

/// The name below `/dev/mapper` of a logical volume.
pub(crate) fn mapper_name(group: &str, volume: &str) -> String {
    format!("{}-{}", group.replace('-', "--"), volume.replace('-', "--"))
}

fn logical(group: &str, volume: &str, volumes: &[Volume]) -> Known<VolumeId> {
    let id = VolumeId::lvm(group, volume);
    match volumes.iter().find(|volume| volume.id == id) {
        Some(_) => Known::Is(id),
        None => absent_unless_hidden(volumes),
    }
}

/// `sda1`, `vdb`, `xvda1`, `hda3`, `nvme0n1p2`, `mmcblk0p1`, `cciss/c0d0p1`: disks are counted as they were given.
fn by_kernel_name(name: &str, volumes: &[Volume]) -> Option<Known<VolumeId>> {
    let (disk, partition) = split_kernel_name(name)?;
    let id = partition.map_or_else(VolumeId::disk, VolumeId::partition).on_disk(disk);
    Some(volumes.iter().find(|volume| volume.id == id).map(|volume| volume.id.clone()).into())
}

/// The number of the disk among those of its kind, counted from 1, and the number of the partition.
fn split_kernel_name(name: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    for prefix in ["xvd", "sd", "vd", "hd", "ubd"] {
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
        let (disk, partition) = rest.split_at(letters);
        return Some((letters_number(disk)?, number(partition)?));
    }
    // Controllers and what hangs on them: those given are each the first on its own, or all on the first.
    for (prefix, parts) in [("nvme", "n"), ("mmcblk", ""), ("cciss/c", "d"), ("ida/c", "d")] {
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        let (disk, partition) = rest.split_once('p').unwrap_or((rest, ""));
        let (first, second) = disk.split_once(parts).filter(|_| !parts.is_empty()).unwrap_or((disk, ""));
        let first: u32 = first.parse().ok()?;
        let second: u32 = if second.is_empty() { 0 } else { second.parse().ok()? };
        // Namespaces are counted from 1, disks of a controller from 0.
        let second = if prefix == "nvme" { second.checked_sub(1)? } else { second };
        return Some((first.checked_add(second)?.checked_add(1)?, number(partition)?));
    }
    None
}

/// `a` is 1, `z` 26, `aa` 27.
fn letters_number(letters: &str) -> Option<u32> {
    let add = |number: u32, letter: u8| number.checked_mul(26)?.checked_add(u32::from(letter - b'a') + 1);
    letters.bytes().try_fold(0, add).filter(|&number| number > 0)
}

#[cfg(test)]
mod tests;
