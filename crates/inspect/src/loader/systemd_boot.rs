//! systemd-boot: `loader.conf`, entries of the Boot Loader Specification, and unified kernel images, on an EFI system
//! partition and on an extended boot partition. loader.conf(5), systemd-boot(7).
//!
//! What the firmware remembers (`@saved`, an entry chosen once) is nothing on a machine that never saw this disk.

use super::view::View;
use super::{bls, file_ref, is_rescue, root_of, uki};
use crate::glob;
use crate::look::{Gap, Look, Outcome as _};
use facts::{BootEntry, Known, Loader, LoaderKind, Role};
use std::cmp::Ordering;
use syntax::bls::Entry;

/// Most unified kernel images that are described.
const MAX_IMAGES: usize = 64;

/// Where unified kernel images are found without a configuration.
const IMAGES: &str = "/EFI/Linux";

/// An entry with what its place in the menu depends on.
struct Ranked {
    id: String,
    keys: Entry,
    entry: BootEntry,
}

/// Reads what systemd-boot would show. Absent: nothing of it is there.
pub(super) fn examine(view: &View<'_>, esp: usize) -> Look<Loader> {
    let tree = view.tree(esp);
    let config = tree.read("/loader/loader.conf").optional()?;
    let mut entries = images(view, esp)?;
    let program = tree.names("/EFI/systemd")?.iter().any(|name| name.starts_with("systemd-boot"));
    if config.is_none() && entries.is_empty() && !program {
        return Err(Gap::Absent);
    }
    for index in [esp].into_iter().chain(view.by_role(Role::Boot)) {
        if index != esp {
            entries.extend(images(view, index)?);
        }
        for named in bls::read(view, index, "/loader/entries").optional()?.unwrap_or_default() {
            let entry = bls::boot_entry(view, index, &named);
            entries.push(Ranked { id: format!("{}.conf", named.id), keys: named.entry, entry });
        }
    }
    if config.is_none() && entries.is_empty() {
        return Err(Gap::Absent);
    }
    entries.sort_by(order);
    let text = config.map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default();
    let (default, why) = default(&entries, setting(&text, "default").unwrap_or_default());
    let place = view.evidence(esp, "/loader/loader.conf");
    Ok(Loader {
        kind: if program || !text.is_empty() { LoaderKind::SystemdBoot } else { LoaderKind::UnifiedKernel },
        config: if text.is_empty() { Vec::new() } else { vec![place.clone()] },
        default: default.into(),
        default_evidence: vec![place.saying(why)],
        timeout: timeout(setting(&text, "timeout")),
        locked: Known::Is(false),
        entries: entries.into_iter().map(|ranked| ranked.entry).collect(),
        ..Loader::default()
    })
}

fn order(a: &Ranked, b: &Ranked) -> Ordering {
    let stem = |id: &str| id.rsplit_once('.').map_or(id, |(stem, _)| stem).to_owned();
    syntax::bls::specification_order((&stem(&a.id), &a.keys), (&stem(&b.id), &b.keys))
}

fn setting<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut lines = text.lines().map(str::trim).filter_map(|line| line.split_once(char::is_whitespace));
    lines.rfind(|(name, _)| *name == key).map(|(_, value)| value.trim())
}

/// The first entry that fits the pattern, else the first of all.
fn default(entries: &[Ranked], pattern: &str) -> (Option<usize>, String) {
    let stem = pattern.trim_end_matches(".conf").trim_end_matches(".efi");
    let fits = |ranked: &&Ranked| {
        let own = ranked.id.trim_end_matches(".conf").trim_end_matches(".efi");
        [(pattern, ranked.id.as_str()), (stem, own)].iter().any(|(pattern, id)| {
            glob::matches(pattern.to_ascii_lowercase().as_bytes(), id.to_ascii_lowercase().as_bytes())
        })
    };
    let named = entries.iter().position(|ranked| !pattern.is_empty() && fits(&ranked));
    match named {
        Some(index) => (Some(index), format!("default {pattern}")),
        None => ((!entries.is_empty()).then_some(0), "the first entry, as nothing names another".to_owned()),
    }
}

fn timeout(setting: Option<&str>) -> Known<i64> {
    match setting {
        None | Some("menu-hidden" | "menu-disabled") => Known::Is(0),
        Some("menu-force") => Known::Is(-1),
        Some(text) => text.parse().map_or_else(|_| Known::unknown("its timeout is no number"), Known::Is),
    }
}

fn images(view: &View<'_>, index: usize) -> Look<Vec<Ranked>> {
    let mut found = Vec::new();
    for name in view.tree(index).names(IMAGES)?.into_iter().take(MAX_IMAGES) {
        if name.to_ascii_lowercase().ends_with(".efi") {
            found.extend(image(view, index, &format!("{IMAGES}/{name}"))?);
        }
    }
    Ok(found)
}

/// The entry that a unified kernel image is; none for another program.
fn image(view: &View<'_>, index: usize, path: &str) -> Look<Option<Ranked>> {
    let Some(start) = view.tree(index).read_start(path, uki::TEXT_REACH).optional()? else { return Ok(None) };
    if !uki::is_one(&start.bytes) {
        return Ok(None);
    }
    let release = syntax::shell::assignments(uki::section(&start.bytes, ".osrel").unwrap_or_default());
    let get = |key: &str| syntax::shell::last(&release, key).map(|found| found.value.clone());
    let version = uki::text(&start.bytes, ".uname");
    let id = path.rsplit('/').next().unwrap_or_default().to_owned();
    let place = view.evidence(index, path);
    let cmdline = uki::text(&start.bytes, ".cmdline").unwrap_or_default();
    let file = file_ref(view, Some(index), path, place.clone());
    // Where the section's head lies within what was read; its content follows when it is unpacked.
    let initrd = uki::section(&start.bytes, ".initrd").is_some() || start.bytes.len() as u64 >= uki::TEXT_REACH;
    let mut entry = BootEntry {
        id: Some(id.clone()),
        title: get("PRETTY_NAME").unwrap_or_else(|| id.clone()),
        evidence: place,
        kernel: Known::Is(file.clone()),
        initrds: if initrd { vec![file] } else { Vec::new() },
        root: root_of(&cmdline, view.facts),
        cmdline,
        rescue: false,
    };
    entry.rescue = is_rescue(&entry);
    let keys = Entry { sort_key: get("IMAGE_ID").or_else(|| get("ID")), version, ..Entry::default() };
    Ok(Some(Ranked { id, keys, entry }))
}

/// A kernel image that the firmware starts itself, from the path that it tries without being told.
pub(super) fn alone(view: &View<'_>, esp: usize) -> Look<Loader> {
    for name in ["BOOTX64.EFI", "BOOTAA64.EFI", "BOOTIA32.EFI"] {
        let path = format!("/EFI/BOOT/{name}");
        let Some(ranked) = image(view, esp, &path)? else { continue };
        return Ok(Loader {
            kind: LoaderKind::UnifiedKernel,
            default: Known::Is(0),
            default_evidence: vec![view.evidence(esp, &path).saying("the path that firmware tries")],
            timeout: Known::Is(0),
            locked: Known::Is(false),
            entries: vec![ranked.entry],
            ..Loader::default()
        });
    }
    Err(Gap::Absent)
}
