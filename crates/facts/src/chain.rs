//! The way that a machine takes from its firmware to the root filesystem, step by step.

use crate::{Evidence, Facts, FileRef, Known};
use serde::{Deserialize, Serialize};

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BootStep {
    /// Which.
    pub kind: StepKind,
    /// What it comes to, in words. Absent: the step finds nothing. Unknown: it cannot be told.
    pub what: Known<String>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// BIOS starts the boot code.
    Bios,
    /// UEFI starts the loader at the path that it tries without being told.
    Uefi,
    /// The loader reads its configuration.
    Configuration,
    /// The configuration looks for a filesystem.
    Search,
    /// The entry that starts by itself.
    Entry,
    /// The kernel is loaded.
    Kernel,
    /// An initramfs is loaded.
    Initramfs,
    /// The root filesystem is found.
    Root,
}

impl Facts {
    /// The way from firmware to root, in order. It ends where nothing is known of what comes next.
    pub fn boot_chain(&self) -> Vec<BootStep> {
        let mut steps = vec![];
        for (kind, way) in [(StepKind::Bios, &self.boot.bios), (StepKind::Uefi, &self.boot.uefi)] {
            let what = way.can.as_ref().and_then(|can| match can {
                true => Known::Is("it starts what is on this disk".to_owned()),
                false => Known::Absent,
            });
            let evidence = way.evidence.iter().chain(&way.missing).cloned().collect();
            steps.push(BootStep { kind, what, evidence });
        }
        let Some(guest) = self.guest.value() else { return steps };
        let loader = match &guest.loader {
            Known::Is(loader) => loader,
            other => {
                let what = other.as_ref().map(|_| String::new());
                steps.push(BootStep { kind: StepKind::Configuration, what, evidence: Vec::new() });
                return steps;
            }
        };
        steps.extend(loader.config.iter().map(|place| BootStep {
            kind: StepKind::Configuration,
            what: Known::Is(place.path.clone().unwrap_or_default()),
            evidence: vec![place.clone()],
        }));
        steps.extend(loader.searches.iter().filter(|search| !search.optional).map(|search| BootStep {
            kind: StepKind::Search,
            what: search.spec.volume.as_ref().map(|volume| format!("{} is {volume}", search.spec.text)),
            evidence: vec![search.evidence.clone()],
        }));
        let entry = loader.default_entry();
        steps.push(BootStep {
            kind: StepKind::Entry,
            what: loader.default.as_ref().and_then(|_| entry.map(|entry| entry.title.clone()).into()),
            evidence: loader.default_evidence.iter().chain(entry.map(|entry| &entry.evidence)).cloned().collect(),
        });
        let Some(entry) = entry else { return steps };
        match &entry.kernel {
            Known::Is(file) => steps.push(load(StepKind::Kernel, file)),
            other => {
                let what = other.as_ref().map(|file| file.path.clone());
                steps.push(BootStep { kind: StepKind::Kernel, what, evidence: Vec::new() });
            }
        }
        steps.extend(entry.initrds.iter().map(|file| load(StepKind::Initramfs, file)));
        let root = entry
            .root
            .as_ref()
            .and_then(|spec| spec.volume.as_ref().map(|volume| format!("root={} is {volume}", spec.text)));
        steps.push(BootStep { kind: StepKind::Root, what: root, evidence: guest.root_evidence.clone() });
        steps
    }
}

fn load(kind: StepKind, file: &FileRef) -> BootStep {
    let what = file.size.as_ref().map(|size| format!("{}, {size} bytes", file.path));
    BootStep { kind, what, evidence: vec![file.evidence.clone()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BootEntry, DeviceSpec, Guest, Loader, VolumeId};

    fn facts() -> Facts {
        let file = |path: &str| FileRef { path: path.into(), size: Known::Is(7), ..FileRef::default() };
        let spec =
            DeviceSpec { text: "UUID=x".into(), volume: Known::Is(VolumeId::partition(2)), ..DeviceSpec::default() };
        let entry = BootEntry {
            title: "Linux".into(),
            kernel: Known::Is(file("/vmlinuz")),
            initrds: vec![file("/initrd")],
            root: Known::Is(spec),
            ..BootEntry::default()
        };
        let config = vec![Evidence::file(&VolumeId::partition(2), "/boot/grub/grub.cfg")];
        let loader = Loader { config, entries: vec![entry], default: Known::Is(0), ..Loader::default() };
        let guest = Guest { loader: Known::Is(loader), ..Guest::default() };
        let mut facts = Facts { guest: Known::Is(guest), ..Facts::default() };
        facts.boot.bios.can = Known::Is(true);
        facts.boot.uefi.can = Known::Is(false);
        facts
    }

    #[test]
    fn every_step_in_its_order() {
        use StepKind::{Bios, Configuration, Entry, Initramfs, Kernel, Root, Uefi};
        let steps = facts().boot_chain();
        let kinds: Vec<_> = steps.iter().map(|step| step.kind).collect();
        assert_eq!(kinds, [Bios, Uefi, Configuration, Entry, Kernel, Initramfs, Root]);
        assert_eq!((&steps[1].what, &steps[3].what), (&Known::Absent, &Known::Is("Linux".into())));
        assert_eq!(steps[6].what, Known::Is("root=UUID=x is partition 2".into()));
    }

    #[test]
    fn it_ends_where_nothing_more_is_known() {
        let mut facts = facts();
        if let Known::Is(guest) = &mut facts.guest {
            guest.loader = Known::unknown("locked");
        }
        let steps = facts.boot_chain();
        assert_eq!(steps.len(), 3);
        assert!(steps[2].what.reason().is_some());
        facts.guest = Known::Absent;
        assert_eq!(facts.boot_chain().len(), 2);
    }
}
