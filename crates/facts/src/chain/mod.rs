//! The way that a machine takes from its firmware to the programs of the system, step by step.

mod freebsd;
mod linux;
#[cfg(test)]
mod tests;
mod windows;

use crate::{Bootability, Evidence, Facts, FileRef, Guest, Known, Mount, VolumeId};
use serde::{Deserialize, Serialize};

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BootStep {
    /// Which.
    pub kind: StepKind,
    /// What it is about: a file, a driver, a device as it is named. Empty where the kind says all.
    pub subject: String,
    /// What that comes to, in words. Absent: the step finds nothing. Unknown: it cannot be told.
    pub what: Known<String>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What stands in its way.
    pub missing: Vec<Evidence>,
}

/// The steps, in their order. A system goes through those that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// BIOS starts the boot code.
    Bios,
    /// UEFI starts the loader at the path that it tries without being told.
    Uefi,
    /// Boot code starts the boot manager (Windows).
    Manager,
    /// The loader reads its configuration.
    Configuration,
    /// The configuration looks for a filesystem.
    Search,
    /// The entry that starts by itself.
    Entry,
    /// The program that the entry starts, which loads the kernel (Windows).
    Program,
    /// The kernel is loaded.
    Kernel,
    /// An initramfs is loaded.
    Initramfs,
    /// What the kernel is told.
    CommandLine,
    /// A module is loaded with the kernel (FreeBSD).
    Module,
    /// A driver makes the disk visible.
    Driver,
    /// The root filesystem is found.
    Root,
    /// Another filesystem is mounted.
    Mount,
    /// The first program runs.
    Init,
}

impl Facts {
    /// The way from firmware to system, in order. What is missing or unknown is said in its place.
    pub fn boot_chain(&self) -> Vec<BootStep> {
        let mut steps = vec![firmware(StepKind::Bios, &self.boot.bios), firmware(StepKind::Uefi, &self.boot.uefi)];
        match &self.guest {
            Known::Is(guest) => match (&guest.windows, &guest.freebsd) {
                (Some(own), _) => windows::steps(&mut steps, self, guest, own),
                (None, Some(own)) => freebsd::steps(&mut steps, self, guest, own),
                (None, None) => linux::steps(&mut steps, self, guest),
            },
            Known::Absent => steps.push(BootStep::new(StepKind::Root, "operating system", Known::Absent)),
            Known::Unknown(reason) => {
                steps.push(BootStep::new(StepKind::Root, "operating system", Known::Unknown(reason.clone())));
            }
        }
        steps
    }

    /// A volume and what it holds: `partition 1 (ext4)`.
    fn place(&self, id: &VolumeId) -> String {
        match self.volume(id).and_then(crate::Volume::filesystem) {
            Some(filesystem) => format!("{id} ({})", filesystem.fs_type),
            None => id.to_string(),
        }
    }
}

impl BootStep {
    fn new(kind: StepKind, subject: impl Into<String>, what: Known<String>) -> Self {
        BootStep { kind, subject: subject.into(), what, evidence: Vec::new(), missing: Vec::new() }
    }

    fn shown_by<'a>(mut self, evidence: impl IntoIterator<Item = &'a Evidence>) -> Self {
        self.evidence.extend(evidence.into_iter().cloned());
        self
    }
}

fn firmware(kind: StepKind, way: &Bootability) -> BootStep {
    let what = way.can.as_ref().and_then(|can| match can {
        true => Known::Is("starts this disk".to_owned()),
        false => Known::Absent,
    });
    BootStep { missing: way.missing.clone(), ..BootStep::new(kind, "", what).shown_by(&way.evidence) }
}

/// A file that is loaded.
fn load(kind: StepKind, file: &FileRef) -> BootStep {
    let volume = file.volume.as_ref().map_or(String::new(), |volume| format!(" on {volume}"));
    let what = file.size.as_ref().map(|size| format!("{size} bytes{volume}"));
    BootStep::new(kind, &file.path, what).shown_by([&file.evidence])
}

/// The system on the root filesystem, and what else is mounted.
fn system(steps: &mut Vec<BootStep>, facts: &Facts, guest: &Guest) {
    let name = match &guest.distribution {
        Known::Is(found) => found.name.clone(),
        Known::Absent => "a system without a release file".to_owned(),
        Known::Unknown(_) => "a system of unknown version".to_owned(),
    };
    let what = Known::Is(format!("{name} on {}", facts.place(&guest.root)));
    steps.push(BootStep::new(StepKind::Root, "system", what).shown_by(&guest.root_evidence));
    steps.extend(guest.mounts.iter().skip(1).map(|mount| self::mount(facts, mount)));
}

fn mount(facts: &Facts, mount: &Mount) -> BootStep {
    let subject = match mount.spec.text.as_str() {
        // A drive letter.
        named if named == mount.path || named.is_empty() => mount.path.trim_end_matches(':').to_owned(),
        named => format!("{} from {named}", mount.path),
    };
    BootStep::new(StepKind::Mount, subject, mount.volume.as_ref().map(|id| facts.place(id)))
}
