//! What the image is, in a few lines.

use crate::page::{Page, size};
use facts::{Boot, Content, Facts, Guest, Known, Media, Os, TableKind, Volume, Windows};

/// The image, the disk and the system on it, in a line each.
pub(crate) fn head(page: &mut Page<'_>, facts: &Facts) {
    head_rows(facts).iter().for_each(|(name, text)| page.row(name, text));
}

/// The same as names and texts. Where the disk could not be read, that says it all.
pub(crate) fn head_rows(facts: &Facts) -> Vec<(&'static str, String)> {
    let mut rows = vec![("image", image(facts)), ("disk", disk(facts))];
    rows.extend(facts.image.media.as_ref().map(|found| ("media", media(found))));
    if facts.disk.reason().is_some() {
        return rows;
    }
    match &facts.guest {
        Known::Is(guest) => rows.extend(system(facts, guest)),
        Known::Absent => rows.push(("system", "no operating system that this program knows".into())),
        Known::Unknown(reason) => rows.push(("system", format!("unknown: {}", reason.why))),
    }
    rows.push(("boots by", boots_by(&facts.boot)));
    rows
}

/// Format, lengths.
pub(crate) fn image(facts: &Facts) -> String {
    let format = say(&facts.image.format, Clone::clone, "empty file");
    let disk = facts.image.virtual_size.value().map_or(String::new(), |bytes| format!(", disk of {}", size(*bytes)));
    format!("{format}, {} in the file{disk}", size(facts.image.file_size))
}

/// Label, what they install or run, what starts them.
fn media(media: &Media) -> String {
    let system = say(&media.system, |found| found.value.clone(), "no system that this program knows");
    let architecture = media.architecture.value().map_or(String::new(), |found| format!(", {}", found.value));
    let starts = match media.starts_by.join(" and ").to_uppercase() {
        none if none.is_empty() => "starts by nothing".to_owned(),
        firmware => format!("starts by {firmware} as a CD{}", if media.hybrid { " and as a disk" } else { "" }),
    };
    format!("{:?}: {system}{architecture}; {starts}", media.label)
}

fn disk(facts: &Facts) -> String {
    let Known::Is(disk) = &facts.disk else { return say(&facts.disk, |_| String::new(), "none") };
    let table = say(&disk.table, |table| table_name(*table).into(), "no partition table");
    let volumes: Vec<_> = facts.volumes.iter().map(|volume| format!("{} {}", volume.id, holds(volume))).collect();
    format!("{table}: {}", if volumes.is_empty() { "no volumes".into() } else { volumes.join(", ") })
}

/// `MBR`, `GPT`.
pub(crate) fn table_name(table: TableKind) -> &'static str {
    match table {
        TableKind::Mbr => "MBR",
        TableKind::Gpt => "GPT",
        TableKind::HybridGpt => "hybrid GPT",
        TableKind::Bsd => "BSD label",
    }
}

/// What a volume holds, in a word.
pub(crate) fn holds(volume: &Volume) -> String {
    match &volume.content {
        Known::Is(Content::Filesystem(filesystem)) => filesystem.fs_type.clone(),
        Known::Is(Content::Swap { .. }) => "swap".into(),
        Known::Is(Content::Member { of, .. }) => format!("member of {of}"),
        Known::Is(Content::Encrypted { by, .. }) => format!("encrypted ({by})"),
        Known::Is(Content::Other { name }) => name.clone(),
        Known::Absent => "nothing known".into(),
        Known::Unknown(_) => "unknown".into(),
    }
}

fn system(facts: &Facts, guest: &Guest) -> [(&'static str, String); 4] {
    let name = say(&guest.distribution, |found| found.name.clone(), "no release file");
    let architecture = say(&guest.architecture, |found| found.value.to_string(), "no kernel");
    let kind = facts.root_volume().map_or(String::new(), |volume| format!(" ({})", holds(volume)));
    [
        ("system", format!("{name}, {architecture}")),
        ("root", format!("{}{kind}", guest.root)),
        ("kernel", kernel(guest)),
        ("import as", import_as(facts, guest)),
    ]
}

/// Which kernel boots. That of Windows has no version but that of Windows.
fn kernel(guest: &Guest) -> String {
    match &guest.windows {
        Some(windows) => kernel_of_windows(windows),
        None => guest.default_kernel().map_or("which one boots is not known".into(), |kernel| kernel.version.clone()),
    }
}

fn kernel_of_windows(windows: &Windows) -> String {
    let version = say(&windows.version.kernel, |claim| format!("{}.{}", claim.value.0, claim.value.1), "no version");
    let build = windows.version.build.value().map_or(String::new(), |claim| format!(".{}", claim.value));
    let revision = windows.version.revision.value().map_or(String::new(), |claim| format!(".{}", claim.value));
    let file = match windows.system_files.get("ntoskrnl.exe") {
        Some(Known::Absent) => ", but ntoskrnl.exe is not there",
        _ => "",
    };
    format!("Windows NT {version}{build}{revision}{file}")
}

/// What to tell `ImportImage`. What it calls no name of its own is another Linux or another Windows.
fn import_as(facts: &Facts, guest: &Guest) -> String {
    let (os_type, other) = match guest.os {
        Os::Windows => ("windows", "Other Windows"),
        Os::FreeBsd => ("linux", "FreeBSD"),
        Os::Linux => ("linux", "Others Linux"),
    };
    let platform = say(&guest.platform, |found| found.value.clone(), other);
    let architecture = say(&guest.architecture, |found| found.value.to_string(), "unknown");
    let mode = match (facts.boot.bios.can.value(), facts.boot.uefi.can.value()) {
        (Some(true), Some(true)) => "BIOS or UEFI",
        (Some(true), _) => "BIOS",
        (_, Some(true)) => "UEFI",
        _ => "unknown",
    };
    let size = facts.image.virtual_size.value().map_or("unknown".into(), |bytes| bytes.div_ceil(1 << 30).to_string());
    format!("OSType {os_type}, Platform {platform}, Architecture {architecture}, BootMode {mode}, DiskImageSize {size}")
}

fn boots_by(boot: &Boot) -> String {
    let say = |name: &str, can: &Known<bool>| match can {
        Known::Is(true) => format!("{name} yes"),
        Known::Is(false) | Known::Absent => format!("{name} no"),
        Known::Unknown(reason) => format!("{name} unknown ({})", reason.why),
    };
    format!("{}, {}", say("BIOS", &boot.bios.can), say("UEFI", &boot.uefi.can))
}

/// A fact in words.
pub(crate) fn say<T>(what: &Known<T>, words: impl Fn(&T) -> String, absent: &str) -> String {
    match what {
        Known::Is(value) => words(value),
        Known::Absent => absent.into(),
        Known::Unknown(reason) => format!("unknown ({})", reason.why),
    }
}
