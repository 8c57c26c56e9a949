//! Where Windows is on a volume.
//!
//! The names of its directory are those that libguestfs tries (daemon/inspect_fs_windows.ml); one that `boot.ini` names is
//! taken too. A directory with a `System32` alone is a leftover: there must be its hives' directory and a program.

use super::boot_ini;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;

const NAMES: &[&str] = &["Windows", "WINNT", "WIN32", "WIN", "REACTOS"];

/// Of these, one must be there: they are read or run by every start.
const PROGRAMS: &[&str] = &["cmd.exe", "ntoskrnl.exe", "kernel32.dll"];

/// Longest `boot.ini` that is read.
pub(super) const MAX_BOOT_INI: u64 = 64 << 10;

/// The directory of Windows on the volume: `/Windows`. Absent: there is none.
pub(super) fn find(tree: &Tree<'_>) -> Look<String> {
    let names = tree.names("/")?;
    let there = |wanted: &str| names.iter().find(|name| name.eq_ignore_ascii_case(wanted));
    for wanted in NAMES {
        if let Some(name) = there(wanted)
            && is_system_root(tree, name)?
        {
            return Ok(format!("/{name}"));
        }
    }
    if there("boot.ini").is_none() {
        return Err(Gap::Absent);
    }
    let file = tree.read_up_to("/boot.ini", MAX_BOOT_INI)?;
    for line in boot_ini::parse(&file.bytes).systems {
        let Some((_, directory)) = line.path.split_once('\\') else { continue };
        if !directory.is_empty() && !directory.contains('\\') && is_system_root(tree, directory)? {
            return Ok(format!("/{directory}"));
        }
    }
    Err(Gap::Absent)
}

fn is_system_root(tree: &Tree<'_>, name: &str) -> Look<bool> {
    if !tree.has_dir(&format!("/{name}/System32/config"))? {
        return Ok(false);
    }
    for program in PROGRAMS {
        if tree.find(&format!("/{name}/System32/{program}")).found()? {
            return Ok(true);
        }
    }
    Ok(false)
}
