//! systemd's units. systemd.unit(5), systemd.preset(5), machine-id(5).
//!
//! A unit starts if something that starts wants it; enabling makes links in `*.wants` and `*.requires`. A link to
//! `/dev/null`, or an empty file, masks it. Presets say what is enabled at the very first boot, of a system whose
//! machine id is not made yet; later they say nothing.

use crate::glob;
use crate::look::{Look, Outcome as _};
use crate::tree::Tree;
use filesystem::FileKind;
use std::collections::BTreeMap;

/// Where units are, the administrator's first.
pub(crate) const UNIT_DIRECTORIES: &[&str] = &["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// Where presets are; a name in an earlier directory hides it in later ones.
const PRESET_DIRECTORIES: &[&str] =
    &["/etc/systemd/system-preset", "/usr/lib/systemd/system-preset", "/lib/systemd/system-preset"];

/// Targets that are no part of an ordinary boot.
const OTHER_TARGETS: &[&str] =
    &["rescue", "emergency", "poweroff", "reboot", "halt", "shutdown", "suspend", "hibernate", "sleep", "initrd"];

/// Most preset lines that are kept.
const MAX_PRESETS: usize = 4096;

/// What starts by systemd.
#[derive(Default)]
pub(super) struct Units {
    /// Unit → the link that wants it.
    wanted: BTreeMap<String, String>,
    /// Lines of presets in order: pattern, enabled, file. Empty where the first boot is over.
    presets: Vec<(String, bool, String)>,
}

impl Units {
    /// Lists the directories of links.
    pub(super) fn read(tree: &Tree<'_>) -> Look<Self> {
        let presets = if is_first_boot(tree)? { presets(tree)? } else { Vec::new() };
        Ok(Units { wanted: wanted(tree)?, presets })
    }

    /// Units and the links that want them.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&String, &String)> {
        self.wanted.iter()
    }

    /// The link, or the preset, that starts a unit.
    pub(super) fn starts(&self, tree: &Tree<'_>, unit: &str) -> Look<Option<String>> {
        if is_masked(tree, unit)? {
            return Ok(None);
        }
        if let Some(path) = self.wanted.get(unit) {
            return Ok(Some(path.clone()));
        }
        let line = self.presets.iter().find(|(pattern, ..)| glob::matches(pattern.as_bytes(), unit.as_bytes()));
        match line {
            Some((_, true, file)) if exists(tree, unit)? => Ok(Some(file.clone())),
            _ => Ok(None),
        }
    }
}

/// Whether a unit is there in any form.
pub(super) fn exists(tree: &Tree<'_>, unit: &str) -> Look<bool> {
    for directory in UNIT_DIRECTORIES {
        if tree.find_link(&format!("{directory}/{unit}")).found()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the first of its files masks it.
pub(super) fn is_masked(tree: &Tree<'_>, unit: &str) -> Look<bool> {
    for directory in UNIT_DIRECTORIES {
        let path = format!("{directory}/{unit}");
        let Some(found) = tree.find_link(&path).optional()? else { continue };
        return match found.metadata.kind {
            FileKind::Link => Ok(tree.link(&path)? == "/dev/null"),
            // Units of the system itself are never empty: what is, was emptied to mask it.
            _ => Ok(found.metadata.size == 0 && *directory == UNIT_DIRECTORIES[0]),
        };
    }
    Ok(false)
}

fn wanted(tree: &Tree<'_>) -> Look<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for directory in UNIT_DIRECTORIES {
        for entry in tree.list(directory).optional()?.unwrap_or_default() {
            let owner = String::from_utf8_lossy(&entry.name).into_owned();
            let Some(target) = owner.strip_suffix(".wants").or_else(|| owner.strip_suffix(".requires")) else {
                continue;
            };
            let apart = OTHER_TARGETS.iter().any(|other| target.split('.').next() == Some(other));
            if apart || entry.kind == FileKind::File {
                continue;
            }
            for unit in tree.names(&format!("{directory}/{owner}"))? {
                all.entry(unit.clone()).or_insert_with(|| format!("{directory}/{owner}/{unit}"));
            }
        }
    }
    Ok(all)
}

/// Whether systemd will take the next boot for the first: there is no machine id, or one that is to be made.
fn is_first_boot(tree: &Tree<'_>) -> Look<bool> {
    let file = tree.read("/etc/machine-id").optional()?;
    Ok(file.is_none_or(|file| file.bytes.trim_ascii() == b"uninitialized"))
}

fn presets(tree: &Tree<'_>) -> Look<Vec<(String, bool, String)>> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for directory in PRESET_DIRECTORIES {
        for name in tree.names(directory)?.into_iter().filter(|name| name.ends_with(".preset")) {
            let path = format!("{directory}/{name}");
            files.entry(name).or_insert(path);
        }
    }
    let mut lines = Vec::new();
    for path in files.into_values() {
        let Some(file) = tree.read(&path).optional()? else { continue };
        for line in String::from_utf8_lossy(&file.bytes).lines() {
            let mut words = line.split_whitespace();
            let enabled = match words.next() {
                Some("enable") => true,
                Some("disable" | "ignore") => false,
                _ => continue,
            };
            if let Some(pattern) = words.next().filter(|_| lines.len() < MAX_PRESETS) {
                lines.push((pattern.to_owned(), enabled, path.clone()));
            }
        }
    }
    Ok(lines)
}
