//! Whether the drivers that ECS needs are there, and early enough: in the kernel, brought in by the loader, or later.
//!
//! `GENERIC` has them since 10.0 (FreeBSD 10.0 release notes); older kernels and others need modules.

use super::conf::{self, Conf};
use super::kernel::{self, DRIVERS, File};
use super::loader;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::Tree;
use facts::{BsdDriver, BsdPresence, Evidence, Known};
use std::collections::BTreeMap;

/// The first major version whose `GENERIC` has all of them.
const GENERIC_SINCE: u64 = 10;

pub(super) fn examine(
    tree: &Tree<'_>,
    kernel: &Look<File>,
    loader: &Look<Conf>,
    rc: &Look<Conf>,
) -> BTreeMap<String, Known<BsdDriver>> {
    let of = |(module, words): &(&'static str, &'static str)| {
        let found = match built_in(kernel, module, words) {
            Some(driver) => Ok(driver),
            None => as_module(tree, loader, rc, module).and_then(|driver| match (driver, kernel) {
                (Some(driver), _) => Ok(driver),
                (None, Ok(kernel)) if kernel.found.version.is_some() => Err(Gap::Absent),
                (None, Ok(kernel)) => {
                    Err(Gap::unknown(format!("{} does not say that it is a kernel of FreeBSD", kernel.path)))
                }
                (None, Err(gap)) => Err(gap.clone()),
            }),
        };
        ((*module).to_owned(), found.known())
    };
    DRIVERS.iter().map(of).collect()
}

fn built_in(kernel: &Look<File>, module: &str, words: &str) -> Option<BsdDriver> {
    let kernel = kernel.as_ref().ok()?;
    let generic = kernel.found.config.as_deref() == Some("GENERIC")
        && kernel.found.version.as_deref().and_then(|version| syntax::version::numbers(version).first().copied())
            >= Some(GENERIC_SINCE);
    let says = if kernel.found.drivers.contains(&module) {
        words.to_owned()
    } else if generic {
        format!("GENERIC of {}, which has it", kernel.found.version.as_deref().unwrap_or_default())
    } else {
        return None;
    };
    Some(BsdDriver { presence: BsdPresence::BuiltIn, evidence: vec![kernel.evidence.clone().saying(says)] })
}

/// The driver as a module. A module that is to be loaded and has no file is none.
fn as_module(tree: &Tree<'_>, loader: &Look<Conf>, rc: &Look<Conf>, module: &str) -> Look<Option<BsdDriver>> {
    let Some(file) = file(tree, loader, module).optional()? else { return Ok(None) };
    if let Some(evidence) = loader::loads(loader.as_ref().map_err(Gap::clone)?, module)? {
        return Ok(Some(BsdDriver { presence: BsdPresence::Loader, evidence: vec![file, evidence] }));
    }
    let late = conf::get(rc, &["kld"], "kld_list").optional()?;
    let named = |word: &str| word.rsplit('/').next().is_some_and(|name| name.trim_end_matches(".ko") == module);
    Ok(Some(match late.filter(|list| list.value.split_whitespace().any(named)) {
        Some(list) => {
            BsdDriver { presence: BsdPresence::Late, evidence: std::iter::once(file).chain(list.evidence).collect() }
        }
        None => BsdDriver { presence: BsdPresence::Disk, evidence: vec![file] },
    }))
}

/// The file of a module, where the loader looks for it.
pub(super) fn file(tree: &Tree<'_>, loader: &Look<Conf>, module: &str) -> Look<Evidence> {
    let own = conf::get(loader, &[], &format!("{module}_name")).optional()?.map(|claim| claim.value);
    let name = own.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("{module}.ko"));
    if name.starts_with('/') {
        return tree.find(&name).map(|_| tree.evidence(&name));
    }
    let stem = name.trim_end_matches(".ko");
    first([kernel::directory(loader)?, "/boot/modules".to_owned()], |directory| {
        let path = format!("{directory}/{stem}.ko");
        tree.find(&path).map(|_| tree.evidence(&path))
    })
}
