//! The boot loader's configuration: which entries there are, and which starts by itself.
//!
//! # How to add one
//!
//! Write `NAME.rs` with a function that turns its configuration into a [`Loader`], and call it in [`examine`].

mod bls;
mod extlinux;
mod grub;
mod legacy;
mod modules;
mod view;

use crate::device;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::mounts::Stitched;
use crate::volumes::Volumes;
use facts::{BootEntry, DeviceSpec, Evidence, FileRef, Known, Loader, Role, Volume};
use view::View;

/// Configurations of GRUB 2, in the order in which they are tried.
const GRUB2: &[&str] = &["/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"];

/// Configurations of GRUB 0.9x.
const LEGACY: &[&str] = &["/boot/grub/grub.conf", "/boot/grub/menu.lst"];

/// Configurations of extlinux and syslinux.
const EXTLINUX: &[&str] =
    &["/boot/extlinux/extlinux.conf", "/boot/extlinux.conf", "/boot/syslinux/syslinux.cfg", "/extlinux.conf"];

/// Reads the configuration of whichever loader there is.
pub(crate) fn examine(stitched: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Known<Loader> {
    let view = View::new(stitched, volumes, facts);
    let tree = &stitched.tree;
    let found = first(GRUB2, |path| tree.find(path)).and_then(|found| grub::examine(&view, &found));
    let found =
        or_else(found, || first(LEGACY, |path| tree.find(path)).and_then(|found| legacy::examine(&view, &found)));
    let found = or_else(found, || first(EXTLINUX, |path| tree.find(path)).and_then(|at| extlinux::examine(&view, &at)));
    let found = or_else(found, || on_esp(&view));
    let found = or_else(found, || bls::without_menu(&view));
    found
        .map(|mut loader| {
            loader.module_dirs = modules::directories(&view).known();
            loader.searches.extend(grub::searches_on_esp(&view));
            loader
        })
        .known()
}

/// Goes on where something is absent; what is unknown stays unknown.
fn or_else<T>(found: Look<T>, next: impl FnOnce() -> Look<T>) -> Look<T> {
    match found {
        Err(Gap::Absent) => next(),
        other => other,
    }
}

/// A configuration that lies on the EFI system partition only.
fn on_esp(view: &View<'_>) -> Look<Loader> {
    let esps: Vec<usize> = view.by_role(Role::Esp);
    let grub = first(&esps, |&index| {
        first(grub::configs_on_esp(view, index), |path| view.tree(index).find(&path))
            .and_then(|found| grub::examine(view, &found))
            .and_then(|loader| if loader.entries.is_empty() { Err(Gap::Absent) } else { Ok(loader) })
    });
    or_else(grub, || first(&esps, |&index| bls::systemd_boot(view, index)))
}

/// A file that a configuration names, looked for where the loader looks.
fn file_ref(view: &View<'_>, volume: Option<usize>, path: &str, evidence: Evidence) -> FileRef {
    let size = match volume {
        Some(index) => view.tree(index).find(path).map(|found| found.metadata.size).known(),
        None => Known::unknown("the loader's name of the device means no volume here"),
    };
    let volume = volume.map(|index| view.facts[index].id.clone());
    FileRef { path: path.to_owned(), volume, size, evidence }
}

/// What `root=` on a command line means.
fn root_of(cmdline: &str, facts: &[Volume]) -> Known<DeviceSpec> {
    syntax::cmdline::last(cmdline, "root").map(|text| device::resolve(&text, facts)).into()
}

/// Whether an entry is for repairs, by its own words.
fn is_rescue(entry: &BootEntry) -> bool {
    let title = entry.title.to_ascii_lowercase();
    let id = entry.id.as_deref().unwrap_or_default();
    let kernel = entry.kernel.value().map(|file| file.path.as_str()).unwrap_or_default();
    let word = |name: &str| {
        syntax::cmdline::parameters(&entry.cmdline).iter().any(|(key, value)| key == name && value.is_none())
    };
    title.contains("recovery mode")
        || title.contains("rescue")
        || id.contains("-rescue")
        || kernel.contains("-rescue-")
        || ["single", "rescue", "emergency", "1"].into_iter().any(word)
}
