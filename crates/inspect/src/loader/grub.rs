//! GRUB 2: `grub.cfg`, run as GRUB would run it over the volumes of this disk.

use super::view::View;
use super::{bls, file_ref, is_rescue, root_of};
use crate::look::{Gap, Look};
use crate::tree::Found;
use facts::{BootEntry, DeviceSpec, Evidence, Known, Loader, LoaderKind, LoaderSearch, SpecKind};
use std::collections::BTreeMap;
use syntax::grub::{Entry, File, Host, Menu, Place, SearchBy};

/// Vendors' directories on an EFI system partition that are looked into.
const MAX_VENDORS: usize = 64;

/// The volumes, as GRUB asks for them.
struct Volumes<'a, 'v>(&'a View<'v>);

impl Volumes<'_, '_> {
    fn name(device: &str, path: &str) -> String {
        format!("({device}){path}")
    }
}

impl Host for Volumes<'_, '_> {
    fn read(&mut self, device: &str, path: &str) -> Option<(String, Vec<u8>)> {
        let index = self.0.by_grub_name(device)?;
        let file = self.0.tree(index).read(path).ok()?;
        Some((Self::name(device, path), file.bytes))
    }

    fn exists(&mut self, device: &str, path: &str) -> bool {
        self.0.by_grub_name(device).is_some_and(|index| self.0.tree(index).find(path).is_ok())
    }

    fn search(&mut self, by: SearchBy, what: &str) -> Option<String> {
        let index = (0..self.0.facts.len()).find(|&index| match by {
            SearchBy::File => self.0.facts[index].filesystem().is_some() && self.0.tree(index).find(what).is_ok(),
            SearchBy::Uuid => self.filesystem(index, |f| f.uuid.as_ref(), |uuid| uuid.eq_ignore_ascii_case(what)),
            SearchBy::Label => self.filesystem(index, |f| f.label.as_ref(), |label| label == what),
        })?;
        Some(self.0.grub_name(index))
    }

    fn bls_entries(&mut self, device: &str, directory: &str, variables: &BTreeMap<String, String>) -> Vec<Entry> {
        let Some(index) = self.0.by_grub_name(device) else { return Vec::new() };
        bls::grub_entries(self.0, index, device, directory, variables)
    }
}

impl Volumes<'_, '_> {
    fn filesystem(
        &self,
        index: usize,
        field: impl Fn(&facts::Filesystem) -> Option<&String>,
        is: impl Fn(&str) -> bool,
    ) -> bool {
        self.0.facts[index].filesystem().and_then(field).is_some_and(|value| is(value))
    }
}

/// Runs the configuration that was found.
pub(super) fn examine(view: &View<'_>, found: &Found) -> Look<Loader> {
    let menu = run(view, found)?;
    let entries: Vec<BootEntry> = menu.entries.iter().map(|entry| boot_entry(view, entry)).collect();
    let default = menu.default_entry.filter(|&index| index < entries.len());
    let locked = default.is_some_and(|index| menu.locked && !menu.entries[index].unrestricted);
    let default_evidence = match &menu.default_place {
        Some(place) => evidence(view, place).saying(format!("set default=\"{}\"", menu.default)),
        None => Evidence::words("the first entry, as nothing sets another"),
    };
    Ok(Loader {
        kind: LoaderKind::Grub2,
        config: menu.files.iter().map(|file| evidence_of_file(view, file)).collect(),
        default: default.into(),
        default_evidence: vec![default_evidence],
        // Without a timeout the menu waits for a key.
        timeout: if entries.is_empty() { Known::Absent } else { Known::Is(menu.timeout.unwrap_or(-1)) },
        searches: searches(view, &menu),
        locked: Known::Is(locked),
        entries,
        ..Loader::default()
    })
}

fn run(view: &View<'_>, found: &Found) -> Look<Menu> {
    let index = view.volume_of(found).ok_or(Gap::Absent)?;
    let device = view.grub_name(index);
    let path = found.inner.to_string();
    let file = view.tree(index).read(&path)?;
    let prefix = format!("({device}){}", found.inner.parent());
    let name = Volumes::name(&device, &path);
    Ok(syntax::grub::run(&file.bytes, &name, &device, &prefix, &mut Volumes(view)))
}

/// The configurations in vendors' directories of an EFI system partition, and CoreOS's.
pub(super) fn configs_on_esp(view: &View<'_>, index: usize) -> Vec<String> {
    let configs = vendors(view, index).into_iter().map(|vendor| format!("{vendor}/grub.cfg"));
    configs.chain(["/coreos/grub/grub.cfg".to_owned()]).collect()
}

/// The directories of vendors' loaders.
pub(super) fn vendors(view: &View<'_>, index: usize) -> Vec<String> {
    let names = view.tree(index).names("/EFI").unwrap_or_default();
    names.into_iter().take(MAX_VENDORS).map(|vendor| format!("/EFI/{vendor}")).collect()
}

/// What the configurations on EFI system partitions look for, to find the one in `/boot`.
pub(super) fn searches_on_esp(view: &View<'_>) -> Vec<LoaderSearch> {
    let mut all = Vec::new();
    for index in view.by_role(facts::Role::Esp) {
        for path in configs_on_esp(view, index) {
            let menu = view.tree(index).find(&path).and_then(|found| run(view, &found));
            // What the configuration in /boot looks for is known already.
            let own = menu.map(|menu| searches(view, &menu)).unwrap_or_default();
            let id = &view.facts[index].id;
            all.extend(own.into_iter().filter(|search| search.evidence.volume.as_ref() == Some(id)));
        }
    }
    all
}

fn searches(view: &View<'_>, menu: &Menu) -> Vec<LoaderSearch> {
    let spec = |search: &syntax::grub::Search| {
        let (key, kind) = match search.by {
            SearchBy::Uuid => ("UUID=", SpecKind::Uuid),
            SearchBy::Label => ("LABEL=", SpecKind::Label),
            SearchBy::File => ("", SpecKind::Other),
        };
        let found = search.found.as_deref().and_then(|device| view.by_grub_name(device));
        let volume = match found {
            Some(index) => Known::Is(view.facts[index].id.clone()),
            None if kind == SpecKind::Other => Known::Absent,
            None => crate::device::resolve(&format!("{key}{}", search.what), view.facts).volume,
        };
        DeviceSpec { text: format!("{key}{}", search.what), kind, volume }
    };
    menu.searches
        .iter()
        .map(|search| LoaderSearch {
            spec: spec(search),
            evidence: evidence(view, &search.place).saying(format!("search {}", search.what)),
            optional: search.entry.is_some() && search.entry != menu.default_entry,
        })
        .collect()
}

fn boot_entry(view: &View<'_>, entry: &Entry) -> BootEntry {
    let file = |file: &File, text: String| {
        let place = evidence(view, &file.place).saying(text);
        file_ref(view, view.by_grub_name(&file.device), &file.path, place)
    };
    let kernel = entry.kernel.as_ref().map(|kernel| file(kernel, format!("linux {} {}", kernel.path, entry.cmdline)));
    let initrd = |initrd: &File| file(initrd, format!("initrd {}", initrd.path));
    let mut boot = BootEntry {
        id: entry.id.clone(),
        title: entry.title.clone(),
        evidence: evidence(view, &entry.place).saying(entry.title.clone()),
        kernel: kernel.into(),
        initrds: entry.initrds.iter().map(initrd).collect(),
        cmdline: entry.cmdline.clone(),
        root: root_of(&entry.cmdline, view.facts),
        rescue: false,
    };
    boot.rescue = is_rescue(&boot);
    boot
}

fn evidence(view: &View<'_>, place: &Place) -> Evidence {
    evidence_of_file(view, &place.file).at_line(place.line)
}

/// The place of a file by the name that it was given in [`Volumes::name`].
fn evidence_of_file(view: &View<'_>, name: &str) -> Evidence {
    let parts = name.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let found = parts.and_then(|(device, path)| Some((view.by_grub_name(device)?, path)));
    match found {
        Some((index, path)) => view.evidence(index, path),
        None => Evidence { path: Some(name.to_owned()), ..Evidence::default() },
    }
}
