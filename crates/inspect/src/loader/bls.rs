//! Entries of the Boot Loader Specification: in GRUB's menu by `blscfg`, or read by systemd-boot.

use super::view::View;
use super::{file_ref, is_rescue, root_of};
use crate::look::{Gap, Look};
use facts::{BootEntry, Evidence, Known, Loader, LoaderKind, Role};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use syntax::bls::Entry;

/// Most entries that are read.
const MAX_ENTRIES: usize = 256;

/// An entry and its file.
struct Named {
    id: String,
    path: String,
    entry: Entry,
}

/// Entries of a directory in the order of GRUB's menu: newest first, by the name of the file (rhboot grub2,
/// grub-core/commands/blscfg.c).
fn read(view: &View<'_>, index: usize, directory: &str) -> Look<Vec<Named>> {
    let tree = view.tree(index);
    let mut entries = Vec::new();
    for name in tree.list(directory)?.into_iter().take(MAX_ENTRIES) {
        let name = String::from_utf8_lossy(&name.name).into_owned();
        let Some(id) = name.strip_suffix(".conf") else { continue };
        let path = format!("{}/{name}", directory.trim_end_matches('/'));
        let entry = syntax::bls::parse(&tree.read(&path)?.bytes);
        entries.push(Named { id: id.to_owned(), path, entry });
    }
    entries.sort_by(|a, b| newest_first(&a.id, &b.id));
    Ok(entries)
}

fn newest_first(a: &str, b: &str) -> Ordering {
    syntax::version::compare(b, a).then_with(|| a.cmp(b))
}

/// Entries as GRUB's menu shows them.
pub(super) fn grub_entries(
    view: &View<'_>,
    index: usize,
    device: &str,
    directory: &str,
    variables: &BTreeMap<String, String>,
) -> Vec<syntax::grub::Entry> {
    let make = |named: Named| {
        let file = format!("({device}){}", named.path);
        let place = |line| syntax::grub::Place { file: file.clone(), line };
        let load = |path: &String| syntax::grub::File {
            device: device.to_owned(),
            path: expand(path, variables),
            place: place(named.entry.lines.0),
        };
        syntax::grub::Entry {
            title: title(&named),
            kernel: named.entry.linux.as_ref().map(load),
            initrds: named.entry.initrds.iter().map(load).filter(|file| !file.path.is_empty()).collect(),
            cmdline: expand(&named.entry.options, variables),
            unrestricted: !named.entry.locked,
            place: place(1),
            id: Some(named.id),
            ..syntax::grub::Entry::default()
        }
    };
    read(view, index, directory).unwrap_or_default().into_iter().map(make).collect()
}

fn title(named: &Named) -> String {
    named.entry.title.clone().or_else(|| named.entry.version.clone()).unwrap_or_else(|| named.id.clone())
}

/// Replaces `$name`, as GRUB does in `options` and `initrd`.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let after = after.strip_prefix('{').map_or(after, |inner| inner);
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        let (name, tail) = after.split_at(end);
        out.push_str(variables.get(name).map_or("", String::as_str));
        rest = tail.strip_prefix('}').unwrap_or(tail);
    }
    out.push_str(rest);
    out.trim().to_owned()
}

/// Entries in `/boot` that no configuration file brings together, as where GRUB's is built into its image.
pub(super) fn without_menu(view: &View<'_>) -> Look<Loader> {
    let found = view.stitched.tree.find("/boot/loader/entries")?;
    let index = view.volume_of(&found).ok_or(Gap::Absent)?;
    let entries = read(view, index, &found.inner.to_string())?;
    if entries.is_empty() {
        return Err(Gap::Absent);
    }
    let config = view.evidence(index, &found.inner.to_string());
    let entries: Vec<_> = entries.iter().map(|named| boot_entry(view, index, named)).collect();
    Ok(Loader {
        kind: LoaderKind::Grub2,
        config: vec![config],
        default: Known::Is(0),
        default_evidence: vec![Evidence::words("the first entry")],
        timeout: Known::unknown("no configuration says it"),
        locked: Known::unknown("no configuration says it"),
        entries,
        ..Loader::default()
    })
}

/// systemd-boot, on an EFI system partition, with entries there and on an extended boot partition.
pub(super) fn systemd_boot(view: &View<'_>, esp: usize) -> Look<Loader> {
    let file = view.tree(esp).read("/loader/loader.conf")?;
    let setting = |key: &str| {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let line = text.lines().map(str::trim).rfind(|line| line.split_whitespace().next() == Some(key));
        line.map(|line| line[key.len()..].trim().to_owned())
    };
    let mut entries = Vec::new();
    for index in [esp].into_iter().chain(view.by_role(Role::Boot)) {
        let found = read(view, index, "/loader/entries");
        entries.extend(
            found.unwrap_or_default().into_iter().map(|named| (named.id.clone(), boot_entry(view, index, &named))),
        );
    }
    entries.sort_by(|(a, _), (b, _)| newest_first(a, b));
    let wanted = setting("default").unwrap_or_default();
    let pattern = wanted.trim_end_matches(".conf").trim_end_matches('*');
    let default = entries.iter().position(|(id, _)| id.starts_with(pattern));
    let timeout = match setting("timeout").as_deref() {
        None => Known::Is(0),
        Some("menu-force") => Known::Is(-1),
        Some(text) => text.parse().map_or_else(|_| Known::unknown("its timeout is no number"), Known::Is),
    };
    Ok(Loader {
        kind: LoaderKind::SystemdBoot,
        config: vec![view.evidence(esp, "/loader/loader.conf")],
        default: default.into(),
        default_evidence: vec![view.evidence(esp, "/loader/loader.conf").saying(format!("default {wanted}"))],
        timeout,
        locked: Known::Is(false),
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
        ..Loader::default()
    })
}

fn boot_entry(view: &View<'_>, index: usize, named: &Named) -> BootEntry {
    let place = view.evidence(index, &named.path);
    let load = |path: &String| file_ref(view, Some(index), path, place.clone().at_line(named.entry.lines.0));
    let mut boot = BootEntry {
        id: Some(named.id.clone()),
        title: title(named),
        kernel: named.entry.linux.as_ref().or(named.entry.efi.as_ref()).map(load).into(),
        initrds: named.entry.initrds.iter().map(load).collect(),
        cmdline: named.entry.options.clone(),
        root: root_of(&named.entry.options, view.facts),
        evidence: place.clone(),
        rescue: false,
    };
    boot.rescue = is_rescue(&boot);
    boot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_in_options() {
        let variables = BTreeMap::from([("kernelopts".to_owned(), "root=UUID=1 ro".to_owned())]);
        assert_eq!(expand("$kernelopts ${tuned_params}", &variables), "root=UUID=1 ro");
        assert_eq!(expand("/initrd $tuned_initrd", &variables), "/initrd");
        assert_eq!(expand("a=$", &variables), "a=");
    }

    #[test]
    fn rescue_stands_last() {
        let mut ids = ["abc-0-rescue", "abc-5.14.0-9.el9", "abc-5.14.0-362.el9"];
        ids.sort_by(|a, b| newest_first(a, b));
        assert_eq!(ids, ["abc-5.14.0-362.el9", "abc-5.14.0-9.el9", "abc-0-rescue"]);
    }
}
