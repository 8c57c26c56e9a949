//! GRUB 0.9x: `menu.lst`, `grub.conf`.

use super::view::View;
use super::{file_ref, is_rescue, root_of};
use crate::look::{Gap, Look};
use crate::tree::{File, Found};
use facts::{BootEntry, Evidence, FileRef, Known, Loader, LoaderKind};
use syntax::grub_legacy::{Entry, Menu};

/// Reads the menu that was found.
pub(super) fn examine(view: &View<'_>, found: &Found) -> Look<Loader> {
    let index = view.volume_of(found).ok_or(Gap::Absent)?;
    let path = found.inner.to_string();
    let menu = syntax::grub_legacy::parse(&view.tree(index).read(&path)?.bytes);
    let config = view.evidence(index, &path);
    let entries: Vec<_> = menu.entries.iter().map(|entry| boot_entry(view, index, entry, &config)).collect();
    let saved = || view.tree(index).read_start(&format!("{}/default", found.inner.parent()), 64).ok();
    let (default, why) = default(&menu, &config, saved);
    Ok(Loader {
        kind: LoaderKind::GrubLegacy,
        default,
        default_evidence: vec![why],
        timeout: Known::Is(menu.timeout.unwrap_or(-1)),
        locked: Known::Is(menu.locked),
        config: vec![config],
        entries,
        ..Loader::default()
    })
}

/// `default saved` means the number at the beginning of the file `default` beside the menu.
fn default(menu: &Menu, config: &Evidence, saved: impl FnOnce() -> Option<File>) -> (Known<usize>, Evidence) {
    let why = |text: &str| match menu.default_line {
        Some(line) => config.clone().at_line(line),
        None => config.clone().saying(text),
    };
    let number =
        |file: &File| String::from_utf8_lossy(&file.bytes).lines().next()?.trim_matches([' ', '\0']).parse().ok();
    match menu.default.or_else(|| saved().as_ref().and_then(number)) {
        Some(index) if index < menu.entries.len() => (Known::Is(index), why("default 0, as nothing is set")),
        Some(_) => (Known::Absent, why("the default names no entry")),
        None => (Known::unknown("the default is the entry started last, and no file says which that was"), why("")),
    }
}

fn boot_entry(view: &View<'_>, config_volume: usize, entry: &Entry, config: &Evidence) -> BootEntry {
    let place = config.clone().at_line(entry.line);
    // Without a `root` command it is the partition that GRUB was installed from.
    let volume = match &entry.root {
        Some(name) => view.by_legacy_name(name).or_else(|| view.by_uuid(name)),
        None => Some(config_volume),
    };
    let load = |path: &String| missing_device(file_ref(view, volume, path, place.clone()), entry);
    let mut boot = BootEntry {
        id: None,
        title: entry.title.clone(),
        evidence: place.clone(),
        kernel: entry.kernel.as_ref().map(load).into(),
        initrds: entry.initrd.iter().map(load).collect(),
        cmdline: entry.cmdline.clone(),
        root: root_of(&entry.cmdline, view.facts),
        rescue: false,
    };
    boot.rescue = is_rescue(&boot);
    boot
}

/// A file on a partition of the first disk that is not there is not there either.
fn missing_device(mut file: FileRef, entry: &Entry) -> FileRef {
    if file.volume.is_none()
        && let Some(root) = entry.root.as_deref()
        && root.starts_with("hd0,")
    {
        file.size = Known::Absent;
        file.evidence = file.evidence.saying(format!("root ({root}): there is no such partition"));
    }
    file
}
