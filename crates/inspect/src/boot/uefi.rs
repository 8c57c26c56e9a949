//! Whether UEFI would start something on a machine that has never seen this disk.
//!
//! Such a machine has no boot entries: it tries `\EFI\BOOT\BOOT{X64,AA64,IA32}.EFI` on EFI system partitions (UEFI
//! specification 2.10, section 3.5.1.1). Vendors' directories alone do not start.

use crate::architecture;
use crate::look::{Look, Outcome as _};
use crate::tree::Tree;
use crate::volumes::Volumes;
use facts::{Architecture, Bootability, EspLoader, Evidence, Known, Role, VolumeId};
use filesystem::FileKind;

/// File names that firmware tries, by the machine that it runs on.
const FALLBACKS: &[(&str, Architecture)] = &[
    ("BOOTX64.EFI", Architecture::X86_64),
    ("BOOTAA64.EFI", Architecture::Arm64),
    ("BOOTIA32.EFI", Architecture::I386),
];

/// Directories of `\EFI` that are looked into, and programs in all of them.
const MAX_DIRECTORIES: usize = 64;
const MAX_LOADERS: usize = 256;

/// All EFI programs on EFI system partitions.
pub(crate) fn loaders(volumes: &Volumes) -> Known<Vec<EspLoader>> {
    let mut all = Vec::new();
    let mut gap = None;
    for (index, held) in volumes.all().iter().enumerate() {
        if held.facts.role.value() != Some(&Role::Esp) || !held.is_on_first_disk() {
            continue;
        }
        match on_volume(&Tree::new(volumes, index)) {
            Ok(found) => all.extend(found),
            Err(other) => gap = Some(other),
        }
    }
    match gap {
        Some(gap) if all.is_empty() => Err(gap).known(),
        _ => crate::look::non_empty(all),
    }
}

fn on_volume(tree: &Tree<'_>) -> Look<Vec<EspLoader>> {
    let mut loaders = Vec::new();
    let entries = tree.list("/EFI").optional()?.unwrap_or_default();
    for entry in entries.iter().filter(|entry| entry.kind == FileKind::Directory).take(MAX_DIRECTORIES) {
        let directory = format!("/EFI/{}", String::from_utf8_lossy(&entry.name));
        for name in tree.names(&directory)? {
            if name.to_ascii_lowercase().ends_with(".efi") && loaders.len() < MAX_LOADERS {
                loaders.push(loader(tree, &directory, &name)?);
            }
        }
    }
    Ok(loaders)
}

fn loader(tree: &Tree<'_>, directory: &str, name: &str) -> Look<EspLoader> {
    let path = format!("{directory}/{name}");
    let size = tree.find(&path)?.metadata.size;
    let architecture = match tree.read_start(&path, architecture::HEADER) {
        Ok(start) => {
            architecture::of_pe(&start.bytes).map_or_else(|| Known::unknown("it is not an EFI program"), Known::Is)
        }
        Err(gap) => Err(gap).known(),
    };
    let fallback = directory.eq_ignore_ascii_case("/EFI/BOOT") && named_for(name).is_some();
    Ok(EspLoader { evidence: tree.evidence(&path), architecture, fallback, size })
}

/// The machine that a fallback loader's name is for.
fn named_for(name: &str) -> Option<Architecture> {
    FALLBACKS.iter().find(|(file, _)| file.eq_ignore_ascii_case(name)).map(|(_, architecture)| *architecture)
}

/// Whether one of the loaders starts by itself, on a machine of that architecture if it is given.
pub(crate) fn examine(
    loaders: &Known<Vec<EspLoader>>,
    volumes: &Volumes,
    architecture: Option<Architecture>,
) -> Bootability {
    let mut answer = Bootability::default();
    let found = match loaders {
        Known::Unknown(reason) => {
            answer.can = Known::Unknown(reason.clone());
            return answer;
        }
        Known::Is(found) => found.as_slice(),
        Known::Absent => &[],
    };
    let esp = volumes.all().iter().find(|held| held.facts.role.value() == Some(&Role::Esp) && held.is_on_first_disk());
    match esp {
        Some(held) => answer.evidence.push(Evidence::volume(&held.facts.id, "EFI system partition")),
        None => answer.missing.push(Evidence::words("there is no EFI system partition")),
    }
    let wanted = FALLBACKS.iter().filter(|(_, machine)| architecture.is_none_or(|wanted| wanted == *machine));
    let wanted: Vec<_> = wanted.copied().collect();
    let good = found.iter().find(|loader| wanted.iter().any(|(_, machine)| starts(loader, *machine)));
    match good {
        Some(loader) => answer.evidence.push(loader.evidence.clone()),
        None if esp.is_some() => answer.missing.extend(complaints(found, &wanted, esp.map(|held| &held.facts.id))),
        None => {}
    }
    answer.can = match (good, esp) {
        (Some(_), Some(held)) if !held.is_typed_esp() => {
            Known::unknown(format!("{} is not marked as an EFI system partition; firmware differs", held.facts.id))
        }
        _ => Known::Is(answer.missing.is_empty()),
    };
    answer
}

fn starts(loader: &EspLoader, machine: Architecture) -> bool {
    let name = loader.evidence.path.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    loader.fallback
        && loader.size > 0
        && named_for(name) == Some(machine)
        && loader.architecture.value() == Some(&machine)
}

/// What is wrong with each fallback loader, or that there is none.
fn complaints(found: &[EspLoader], wanted: &[(&str, Architecture)], esp: Option<&VolumeId>) -> Vec<Evidence> {
    let fallbacks: Vec<_> = found.iter().filter(|loader| loader.fallback).collect();
    if fallbacks.is_empty() {
        let names: Vec<_> = wanted.iter().map(|(name, _)| format!(r"\EFI\BOOT\{name}")).collect();
        let text = format!("no {}, the only name that firmware tries by itself", names.join(" or "));
        return vec![Evidence { volume: esp.cloned(), text: Some(text), ..Evidence::default() }];
    }
    let text = |loader: &EspLoader| match (&loader.architecture, loader.size) {
        (_, 0) => "the file is empty".to_owned(),
        (Known::Is(machine), _) => format!("a program for {machine}"),
        (other, _) => other.reason().map_or(String::new(), ToString::to_string),
    };
    fallbacks.iter().map(|loader| loader.evidence.clone().saying(text(loader))).collect()
}
