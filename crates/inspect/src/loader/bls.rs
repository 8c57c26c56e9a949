//! Entries of the Boot Loader Specification: in GRUB's menu by `blscfg`, or read by systemd-boot. UAPI.1.

use super::view::View;
use super::{file_ref, is_rescue, root_of};
use crate::look::{Gap, Look};
use facts::{BootEntry, Evidence, Known, Loader, LoaderKind};
use std::collections::BTreeMap;
use syntax::bls::{Entry, menu_entry, menu_order};

/// Most entries that are read.
const MAX_ENTRIES: usize = 256;

/// An entry and its file.
pub(super) struct Named {
    pub(super) id: String,
    path: String,
    pub(super) entry: Entry,
}

/// Entries of a directory in the order of GRUB's menu: newest first, by the name of the file.
pub(super) fn read(view: &View<'_>, index: usize, directory: &str) -> Look<Vec<Named>> {
    let tree = view.tree(index);
    let mut entries = Vec::new();
    for name in tree.list(directory)?.into_iter().take(MAX_ENTRIES) {
        let name = String::from_utf8_lossy(&name.name).into_owned();
        let Some(id) = name.strip_suffix(".conf") else { continue };
        let path = format!("{}/{name}", directory.trim_end_matches('/'));
        let entry = syntax::bls::parse(&tree.read(&path)?.bytes);
        entries.push(Named { id: id.to_owned(), path, entry });
    }
    entries.sort_by(|a, b| menu_order(&a.id, &b.id));
    Ok(entries)
}

/// Entries as GRUB's menu shows them.
pub(super) fn grub_entries(
    view: &View<'_>,
    index: usize,
    device: &str,
    directory: &str,
    variables: &BTreeMap<String, String>,
) -> Vec<syntax::grub::Entry> {
    let entries = read(view, index, directory).unwrap_or_default().into_iter();
    let make = |named: Named| menu_entry(&format!("({device}){}", named.path), &named.entry, device, variables);
    entries.filter_map(make).collect()
}

fn title(named: &Named) -> String {
    named.entry.title.clone().or_else(|| named.entry.version.clone()).unwrap_or_else(|| named.id.clone())
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

/// What an entry's file comes to.
pub(super) fn boot_entry(view: &View<'_>, index: usize, named: &Named) -> BootEntry {
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
