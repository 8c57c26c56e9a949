//! What the loader is told: modules, console, delay, root. loader.conf(5), boot.config(5).

use super::conf::{self, Conf};
use super::drivers;
use crate::look::{Gap, Look, Outcome as _, first, non_empty};
use crate::tree::Tree;
use facts::{BsdLoader, BsdModule, Claim};
use std::collections::BTreeSet;

/// Modules that are listed.
const MAX_MODULES: usize = 512;

pub(super) fn examine(tree: &Tree<'_>, loader: &Look<Conf>) -> BsdLoader {
    let get = |key| conf::get(loader, &[], key);
    let console = get("console").map(|claim| Claim {
        value: claim.value.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        evidence: claim.evidence,
    });
    BsdLoader {
        files: loader.as_ref().map(|conf| conf.files.clone()).map_err(Gap::clone).known().and_then(non_empty),
        modules: modules(tree, loader).known().and_then(non_empty),
        console: console.known(),
        boot_flags: boot_flags(tree).known(),
        autoboot_delay: get("autoboot_delay").known(),
        mount_from: get("vfs.root.mountfrom").known(),
    }
}

fn modules(tree: &Tree<'_>, loader: &Look<Conf>) -> Look<Vec<BsdModule>> {
    let conf = loader.as_ref().map_err(Gap::clone)?;
    let names: BTreeSet<&str> = conf.sets.iter().filter_map(|set| set.key.strip_suffix("_load")).collect();
    let mut modules = Vec::new();
    for name in names.into_iter().take(MAX_MODULES) {
        if let Some(evidence) = loads(conf, name)? {
            let file = drivers::file(tree, loader, name).known();
            modules.push(BsdModule { name: name.to_owned(), file, evidence });
        }
    }
    Ok(modules)
}

/// Where it says that a module is to be loaded, if that is so.
pub(super) fn loads(conf: &Conf, name: &str) -> Look<Option<facts::Evidence>> {
    let set = conf.get(&[], &format!("{name}_load")).optional()?;
    Ok(set.filter(|claim| conf::is_yes(&claim.value)).and_then(|claim| claim.evidence.into_iter().next()))
}

/// The flags of the boot blocks: words that begin with a dash.
fn boot_flags(tree: &Tree<'_>) -> Look<Claim<String>> {
    first(["/boot.config", "/boot/config"], |path| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let flags: Vec<_> = text.split_whitespace().filter(|word| word.starts_with('-')).collect();
        if flags.is_empty() { Err(Gap::Absent) } else { Ok(Claim::new(flags.join(" "), file.evidence)) }
    })
}
