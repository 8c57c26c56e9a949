//! Facts without a verdict.

use crate::head::{head, holds, say, table_name};
use crate::json::{TOOL, Tool};
use crate::page::{Page, counted, cut, place, size};
use crate::style::{Ink, Style};
use crate::{freebsd, windows};
use facts::{
    Bootability, CloudInit, DataDisk, Disk, Evidence, Facts, Filesystem, Firewall, Fstab, Guest, Kernel, Known, Linux,
    NetworkProfile, Presence, Volume,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

const SCHEMA: &str = "https://github.com/bootworthy/bootworthy/blob/main/crates/report/schema/facts-1.json";

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    tool: Tool,
    #[serde(flatten)]
    facts: &'a Facts,
}

/// All facts as JSON. Its schema is `schema/facts-1.json`.
pub fn inspect_json(facts: &Facts, out: &mut dyn io::Write) -> io::Result<()> {
    crate::escape::json(&Document { schema: SCHEMA, tool: TOOL, facts }, out)
}

/// The facts that a person asks for first.
pub fn inspect_text(facts: &Facts, style: &Style) -> String {
    let mut page = Page::new(style);
    page.hanging("", 0, &facts.image.path);
    page.gap();
    head(&mut page, facts);
    image(&mut page, facts);
    facts.data_disks.iter().enumerate().for_each(|(index, disk)| data_disk(&mut page, index + 2, disk));
    volumes(&mut page, facts);
    boot(&mut page, facts);
    if let Known::Is(guest) = &facts.guest {
        if let Some(own) = &guest.windows {
            windows::rows(&mut page, facts, guest, own);
        } else if let Some(own) = &guest.freebsd {
            freebsd::rows(&mut page, own);
        } else {
            kernels(&mut page, guest);
        }
        if let Some(linux) = &guest.linux {
            configuration(&mut page, linux);
        }
    }
    page.finish()
}

/// The heading of a section.
pub(crate) fn title(page: &mut Page<'_>, text: &str) {
    page.gap();
    page.line(&page.style.paint(Ink::Bold, text));
}

fn image(page: &mut Page<'_>, facts: &Facts) {
    let damage = say(&facts.image.damage, |found| found.iter().map(place).collect::<Vec<_>>().join("; "), "");
    if !damage.is_empty() {
        page.row("damage", &damage);
    }
    if let Some(read) = facts.image.remote {
        let answers = counted(usize::try_from(read.requests).unwrap_or(usize::MAX), "answer");
        page.row("read", &format!("{} of the file, in {answers} of the server", size(read.bytes)));
    }
    for note in &facts.image.notes {
        page.row("note", note);
    }
    for problem in facts.disk.value().into_iter().flat_map(|disk| &disk.problems) {
        page.row("problem", &format!("{}: {}", problem.id, place(&problem.evidence)));
    }
}

/// A disk beside the first, in a line, and what is wrong with it.
fn data_disk(page: &mut Page<'_>, number: usize, found: &DataDisk) {
    let table = |disk: &Disk| say(&disk.table, |table| table_name(*table).to_owned(), "no partition table");
    let disk = match &found.disk {
        Known::Is(disk) => format!("{}, {}", size(disk.size), table(disk)),
        other => say(other, |_| String::new(), "none"),
    };
    let format = say(&found.image.format, Clone::clone, "empty file");
    page.row(&format!("disk {number}"), &format!("{}: {format}, {disk}", found.image.path));
    for problem in found.disk.value().into_iter().flat_map(|disk| &disk.problems) {
        page.row("problem", &format!("disk {number}: {}: {}", problem.id, place(&problem.evidence)));
    }
}

fn volumes(page: &mut Page<'_>, facts: &Facts) {
    title(page, "Volumes");
    let row = |volume: &Volume| {
        let role = say(&volume.role, |role| format!("{role:?}").to_lowercase(), "no role");
        let about = volume.filesystem().map_or(String::new(), filesystem_words);
        let text = format!("{}, {role}, {}{about}{}", holds(volume), size(volume.size), names(volume));
        (cut(&volume.id.to_string()), text)
    };
    page.rows(&facts.volumes.iter().map(row).collect::<Vec<_>>());
}

fn filesystem_words(filesystem: &Filesystem) -> String {
    let mut words = String::new();
    if let Some(label) = &filesystem.label {
        words += &format!(", label {label}");
    }
    if let Some(uuid) = &filesystem.uuid {
        words += &format!(", UUID {uuid}");
    }
    if let Known::Is(free) = &filesystem.free {
        words += &format!(", {} free", size(*free));
    }
    match &filesystem.clean {
        Known::Is(false) => words + ", not unmounted cleanly",
        _ => words,
    }
}

fn names(volume: &Volume) -> String {
    let kind = volume.partition_type.as_ref().map_or(String::new(), |kind| format!(", type {kind}"));
    let active = if volume.bootable { ", active" } else { "" };
    kind + active
}

fn boot(page: &mut Page<'_>, facts: &Facts) {
    title(page, "Boot");
    for (name, way) in [("BIOS", &facts.boot.bios), ("UEFI", &facts.boot.uefi)] {
        page.row(name, &way_words(way));
    }
    let Some(loader) = facts.guest.value().and_then(|guest| guest.loader.value()) else { return };
    page.row("loader", &format!("{}, {}", loader.kind, places(&loader.config)));
    for (index, entry) in loader.entries.iter().enumerate() {
        let mark = if loader.default.value() == Some(&index) { "*" } else { " " };
        page.row(&format!("entry {index}{mark}"), &cut(&entry.title));
        if mark == "*" {
            page.row("command line", &cut(&entry.cmdline));
        }
    }
}

fn way_words(way: &Bootability) -> String {
    match &way.can {
        Known::Is(true) => format!("yes: {}", places(&way.evidence)),
        Known::Unknown(reason) => format!("unknown: {}", reason.why),
        Known::Is(false) | Known::Absent => format!("no: {}", places(&way.missing)),
    }
}

fn places(evidence: &[Evidence]) -> String {
    evidence.iter().map(place).collect::<Vec<_>>().join("; ")
}

fn kernels(page: &mut Page<'_>, guest: &Guest) {
    title(page, "Kernels");
    match &guest.kernels {
        Known::Is(kernels) => kernels.iter().for_each(|kernel| kernel_rows(page, kernel)),
        Known::Absent => page.row("none", ""),
        Known::Unknown(reason) => page.row("unknown", &reason.why),
    }
}

fn kernel_rows(page: &mut Page<'_>, kernel: &Kernel) {
    let default = if kernel.default { ", boots by default" } else { "" };
    let initramfs = say(&kernel.initramfs, |found| found.file.path.clone(), "no initramfs");
    page.row("kernel", &format!("{}{default}, {initramfs}", cut(&kernel.version)));
    for (presence, words) in
        [(Presence::BuiltIn, "built in"), (Presence::Initramfs, "in initramfs"), (Presence::Disk, "only on disk")]
    {
        let names = kernel
            .drivers
            .iter()
            .filter(|(_, driver)| driver.value().is_some_and(|driver| driver.presence == presence));
        let names: Vec<_> = names.map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            page.row(words, &names.join(", "));
        }
    }
    unknown(page, &kernel.drivers);
    let missing: Vec<_> =
        kernel.drivers.iter().filter(|(_, driver)| driver.is_absent()).map(|(name, _)| name.as_str()).collect();
    if !missing.is_empty() {
        page.row("missing", &missing.join(", "));
    }
}

/// Drivers of which nothing is known, by reason: one file that says nothing leaves many open.
pub(crate) fn unknown<T>(page: &mut Page<'_>, drivers: &BTreeMap<String, Known<T>>) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, found) in drivers {
        if let Some(reason) = found.reason() {
            reasons.entry(&reason.why).or_default().push(name);
        }
    }
    for (why, names) in reasons {
        page.row("unknown", &format!("{}: {why}", names.join(", ")));
    }
}

fn configuration(page: &mut Page<'_>, linux: &Linux) {
    title(page, "Configuration");
    fstab(page, &linux.fstab);
    interfaces(page, &linux.network.profiles);
    page.row("cloud-init", &cloud_init(&linux.cloud_init));
    page.row("sshd", &say(&linux.sshd, |found| enabled(&found.enabled), "not installed"));
    page.row(
        "SELinux",
        &say(
            &linux.selinux,
            |found| say(&found.mode, |mode| format!("{:?}", mode.value).to_lowercase(), "no mode set"),
            "none",
        ),
    );
    page.row("firewall", &firewalls(&linux.firewalls));
    page.row("init", &say(&linux.init, Clone::clone, "none"));
}

/// A row for each entry.
pub(crate) fn fstab(page: &mut Page<'_>, fstab: &Known<Fstab>) {
    match fstab {
        Known::Is(fstab) => fstab.entries.iter().for_each(|entry| page.row("fstab", &place(&entry.evidence))),
        other => page.row("fstab", &say(other, |_| String::new(), "none")),
    }
}

/// A row for each configured interface.
pub(crate) fn interfaces(page: &mut Page<'_>, profiles: &Known<Vec<NetworkProfile>>) {
    match profiles {
        Known::Is(profiles) => profiles.iter().for_each(|profile| page.row("network", &place(&profile.evidence))),
        other => page.row("network", &say(other, |_| String::new(), "none configured")),
    }
}

pub(crate) fn cloud_init(found: &Known<CloudInit>) -> String {
    say(found, |found| enabled(&found.enabled), "not installed")
}

pub(crate) fn enabled(on: &Known<bool>) -> String {
    match on {
        Known::Is(true) => "starts at boot".into(),
        Known::Is(false) | Known::Absent => "does not start at boot".into(),
        Known::Unknown(reason) => format!("start unknown ({})", reason.why),
    }
}

pub(crate) fn firewalls(found: &Known<Vec<Firewall>>) -> String {
    say(found, |found| found.iter().map(|firewall| cut(&firewall.name)).collect::<Vec<_>>().join(", "), "none")
}
