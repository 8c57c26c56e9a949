//! The state that Windows was left in: hibernated, half updated, half set up.

use super::node::Node;
use super::registry::Registry;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Claim, Evidence, PendingUpdate, Setup};

/// First bytes of `hiberfil.sys` while it holds the memory of a machine.
const SUSPENDED: &[&[u8; 4]] = &[b"HIBR", b"WAKE", b"RSTR"];

const SERVICING: &str = r"Microsoft\Windows\CurrentVersion\Component Based Servicing";

/// The file with the memory of a suspended machine. Absent: there is none, or nothing in it.
pub(super) fn hibernated(tree: &Tree<'_>) -> Look<Evidence> {
    let start = tree.read_start("/hiberfil.sys", 4)?;
    let suspended = SUSPENDED.iter().any(|mark| start.bytes.eq_ignore_ascii_case(mark.as_slice()));
    match suspended {
        true => Ok(start.evidence.saying(format!("it begins with {:?}", String::from_utf8_lossy(&start.bytes)))),
        false => Err(Gap::Absent),
    }
}

/// What an unfinished update left. Absent: nothing.
pub(super) fn pending(registry: &Registry, tree: &Tree<'_>, system_root: &str) -> Look<Vec<PendingUpdate>> {
    let mut found = Vec::new();
    let mut add = |name: &str, evidence| found.push(PendingUpdate { name: name.to_owned(), evidence });
    if let Some(servicing) = registry.software(SERVICING).optional()? {
        for name in ["RebootPending", "RebootInProgress"] {
            if let Some(key) = servicing.key(name).optional()? {
                add(name, key.evidence());
            }
        }
        // The key stays behind when the packages in it are done.
        if let Some(key) = servicing.key("PackagesPending").optional()?
            && (!key.keys()?.is_empty() || !key.values()?.is_empty())
        {
            add("PackagesPending", key.evidence());
        }
    }
    let manager = registry.current(r"Control\Session Manager").optional()?;
    if let Some(key) = manager
        && let Some(list) = key.list("PendingFileRenameOperations").optional()?
    {
        add("PendingFileRenameOperations", key.saying(&format!("{} names", list.value.len())));
    }
    let path = format!("{system_root}/WinSxS/pending.xml");
    if let Some(file) = tree.find(&path).optional()? {
        add("pending.xml", Evidence::file(&file.volume, path));
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}

/// Setup and sysprep.
pub(super) fn setup(registry: &Registry, tree: &Tree<'_>, system_root: &str) -> Setup {
    let state =
        registry.software(r"Microsoft\Windows\CurrentVersion\Setup\State").and_then(|key| key.text("ImageState"));
    let setup = registry.system("Setup");
    let of = |key: &Look<Node<'_>>, name: &str| key.as_ref().map_err(Clone::clone).and_then(|key| key.number(name));
    let flag = |name: &str| of(&setup, name).map(|claim| Claim { value: claim.value != 0, evidence: claim.evidence });
    let sysprep = registry.system(r"Setup\Status\SysprepStatus");
    let tag = tree.find(&format!("{system_root}/System32/Sysprep/Sysprep_succeeded.tag"));
    let tag = tag.map(|found| Evidence::file(&found.volume, found.path.to_string()));
    let generalized = match &state {
        Ok(state) => Ok(state.value.eq_ignore_ascii_case("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE")),
        // Before Vista, mini-setup is what sysprep leaves.
        Err(Gap::Absent) => flag("MiniSetupInProgress").optional().map(|claim| claim.is_some_and(|claim| claim.value)),
        Err(gap) => Err(gap.clone()),
    };
    Setup {
        in_progress: flag("SystemSetupInProgress").known(),
        oobe_in_progress: flag("OOBEInProgress").known(),
        setup_type: of(&setup, "SetupType").known(),
        command: setup.as_ref().map_err(Clone::clone).and_then(|key| key.text("CmdLine")).known(),
        generalization: of(&sysprep, "GeneralizationState").known(),
        cleanup: of(&sysprep, "CleanupState").known(),
        sysprep_succeeded: tag.known(),
        generalized: generalized.known(),
        image_state: state.known(),
    }
}

/// Updates that are installed, by number.
pub(super) fn hotfixes(registry: &Registry) -> Look<Vec<String>> {
    let mut found = std::collections::BTreeSet::new();
    if let Some(packages) = registry.software(&format!(r"{SERVICING}\Packages")).optional()? {
        for package in packages.keys()? {
            if let Some(number) = update(package.name())
                && !found.contains(&number)
                && package.number("CurrentState").optional()?.is_some_and(|state| state.value == INSTALLED)
            {
                found.insert(number);
            }
        }
    }
    // Before Vista.
    if let Some(list) = registry.software(r"Microsoft\Windows NT\CurrentVersion\HotFix").optional()? {
        found.extend(list.keys()?.iter().filter_map(|key| update(key.name())));
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found.into_iter().collect()) }
}

/// `CurrentState` of a package that is installed.
const INSTALLED: u32 = 0x70;

/// The number in the name of a package: `Package_for_KB3033929~31bf…`, `KB958644`.
fn update(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    let digits: String = upper[upper.find("KB")? + 2..].chars().take_while(char::is_ascii_digit).collect();
    (digits.len() >= 5).then(|| format!("KB{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_updates() {
        assert_eq!(update("Package_for_KB3033929~31bf3856ad364e35~amd64~~6.1.1.1").as_deref(), Some("KB3033929"));
        assert_eq!(update("Package_1_for_KB976902~x").as_deref(), Some("KB976902"));
        assert_eq!(update("Microsoft-Windows-Foundation-Package~x"), None);
        assert_eq!(update("Package_for_RollupFix~31bf~amd64~~17763.1.6"), None);
    }
}
