//! The machine that Windows is for, and the files without which it does not start.

use super::program;
use super::registry::Registry;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::Tree;
use facts::{Architecture, Claim, Known, Program};
use std::collections::BTreeMap;

/// Files in `System32` whose PE header tells the machine of the kernel, the best first. Any of them may be compressed.
const KERNELS: &[&str] =
    &["ntoskrnl.exe", "winload.efi", "winload.exe", "hal.dll", "ntdll.dll", "kernel32.dll", "cmd.exe"];

/// Files in `System32` that a start needs; which of the loaders is for the firmware to say.
const NEEDED: &[&str] =
    &["ntoskrnl.exe", "hal.dll", "winload.exe", "winload.efi", "ntdll.dll", "kernel32.dll", "smss.exe", "csrss.exe"];

/// The architecture of the kernel, by the header of a file, else by what the registry says.
pub(super) fn architecture(tree: &Tree<'_>, registry: &Registry, system_root: &str) -> Look<Claim<Architecture>> {
    let by_file = first(KERNELS, |name| of_file(tree, &format!("{system_root}/System32/{name}")));
    by_file.or_else(|gap| declared(registry).map_err(|other| if other == Gap::Absent { gap } else { other }))
}

/// The architecture of the programs.
pub(super) fn userland(tree: &Tree<'_>, system_root: &str) -> Look<Claim<Architecture>> {
    first(["kernel32.dll", "cmd.exe"], |name| of_file(tree, &format!("{system_root}/System32/{name}")))
}

fn of_file(tree: &Tree<'_>, path: &str) -> Look<Claim<Architecture>> {
    let program = program::look(tree, path)?;
    match program.architecture {
        Known::Is(found) => Ok(Claim::new(found, program.evidence)),
        Known::Absent => Err(Gap::unknown(format!("{path} is not a PE file"))),
        Known::Unknown(reason) => Err(Gap::Unknown(reason)),
    }
}

/// The architecture that the registry says.
pub(super) fn declared(registry: &Registry) -> Look<Claim<Architecture>> {
    let environment = registry.current(r"Control\Session Manager\Environment");
    if let Some(claim) = environment.and_then(|key| key.text("PROCESSOR_ARCHITECTURE")).optional()? {
        let value = match claim.value.to_ascii_lowercase().as_str() {
            "amd64" => Architecture::X86_64,
            "x86" => Architecture::I386,
            "arm64" => Architecture::Arm64,
            _ => Architecture::Other,
        };
        return Ok(Claim { value, evidence: claim.evidence });
    }
    let claim = registry.software(r"Microsoft\Windows NT\CurrentVersion")?.text("BuildLabEx")?;
    let names = [("amd64fre", Architecture::X86_64), ("x86fre", Architecture::I386), ("arm64fre", Architecture::Arm64)];
    let found = names.into_iter().find(|(name, _)| claim.value.contains(name)).ok_or(Gap::Absent)?;
    Ok(Claim { value: found.1, evidence: claim.evidence })
}

/// The files that a start needs.
pub(super) fn system_files(tree: &Tree<'_>, system_root: &str) -> BTreeMap<String, Known<Program>> {
    let file =
        |name: &&str| ((*name).to_owned(), program::look(tree, &format!("{system_root}/System32/{name}")).known());
    NEEDED.iter().map(file).collect()
}
