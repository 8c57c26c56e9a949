//! The operating system on the disk.
//!
//! # How to add one
//!
//! Write a module with a function that makes a [`Guest`] of a root filesystem, and add its word to `detectors!`.

use crate::architecture;
use crate::look::{Gap, Look, Outcome as _};
use crate::mounts::Stitched;
use crate::root::Root;
use crate::tree::Tree;
use crate::volumes::Volumes;
use crate::{freebsd, linux};
use facts::{Architecture, Claim, Evidence, FileRef, Guest, Known, Loader, Volume};

/// What the facets of a guest look at.
pub(crate) struct Context<'a> {
    /// Its files, everything mounted.
    pub(crate) stitched: &'a Stitched<'a>,
    /// All volumes.
    pub(crate) volumes: &'a Volumes,
    /// The boot loader's configuration.
    pub(crate) loader: Known<Loader>,
}

impl<'a> Context<'a> {
    /// Its files.
    pub(crate) fn tree(&self) -> &Tree<'a> {
        &self.stitched.tree
    }

    /// The command line of the entry that starts by itself. Absent: none does.
    pub(crate) fn cmdline(&self) -> Look<&str> {
        match &self.loader {
            Known::Is(loader) => loader.default_entry().map(|entry| entry.cmdline.as_str()).ok_or(Gap::Absent),
            Known::Absent => Err(Gap::Absent),
            Known::Unknown(reason) => Err(Gap::Unknown(reason.clone())),
        }
    }

    /// Where the kernels' modules are; a root without `/lib` has them in `/usr` only.
    pub(crate) fn modules_directory(&self) -> &'static str {
        match self.tree().find("/lib/modules") {
            Err(Gap::Absent) => "/usr/lib/modules",
            _ => "/lib/modules",
        }
    }

    /// Looks at a file that the loader takes, where the loader takes it: on its volume, mounted or not. The place of
    /// what is read is the path that the running guest has for it.
    pub(crate) fn at_loader<T>(&self, file: &FileRef, look: impl FnOnce(&Tree<'a>, &str) -> Look<T>) -> Look<T> {
        match file.volume.as_ref().and_then(|id| self.volumes.index(id)) {
            Some(index) => look(&Tree::of_loader(self.volumes, index), &file.path),
            None => look(self.tree(), &file.path),
        }
    }

    /// The place of such a file, as the running guest sees it.
    pub(crate) fn place_of(&self, file: &FileRef) -> Evidence {
        match &file.volume {
            Some(volume) => Evidence::file(volume, self.stitched.guest_path(volume, &file.path)),
            None => Evidence { path: Some(file.path.clone()), ..Evidence::default() },
        }
    }

    /// A file by its path in the guest.
    pub(crate) fn file_ref(&self, path: &str) -> Look<FileRef> {
        let found = self.tree().find(path)?;
        let evidence = Evidence::file(&found.volume, path);
        Ok(FileRef {
            path: found.inner.to_string(),
            volume: Some(found.volume),
            size: Known::Is(found.metadata.size),
            evidence,
        })
    }
}

/// Makes a guest of a root filesystem, if it is of its kind.
type Detector = fn(&Root, &Stitched<'_>, &Volumes, &[Volume]) -> Option<Guest>;

/// The list of operating systems that are known, each by its module.
macro_rules! detectors {
    ($($name:ident),* $(,)?) => {
        static DETECTORS: &[Detector] = &[$($name::detect),*];
    };
}

detectors! { freebsd, linux }

/// The guest on that root.
pub(crate) fn detect(root: &Root, stitched: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Known<Guest> {
    DETECTORS.iter().find_map(|detect| detect(root, stitched, volumes, facts)).into()
}

/// Programs by which the architecture of a system is told.
const PROGRAMS: &[&str] = &[
    "/bin/bash",
    "/bin/ls",
    "/bin/sh",
    "/usr/bin/env",
    "/sbin/init",
    "/usr/lib/systemd/systemd",
    "/bin/busybox",
    "/usr/bin/coreutils",
];

/// Architecture of the programs.
pub(crate) fn userland(tree: &Tree<'_>) -> Look<Claim<Architecture>> {
    crate::look::first(PROGRAMS, |path| {
        let start = tree.read_start(path, architecture::HEADER)?;
        let found = architecture::of_elf(&start.bytes).ok_or(Gap::Absent)?;
        Ok(Claim::new(found, start.evidence))
    })
}

/// Architecture of the kernel that boots, or what the programs leave no doubt about.
pub(crate) fn machine(guest: &Guest) -> Known<Claim<Architecture>> {
    let kernels = guest.kernels.value().and_then(|kernels| kernels.first());
    if let Some(kernel) = kernels
        && let Some(&found) = kernel.architecture.value()
    {
        let evidence = kernel.image.value().map(|file| file.evidence.clone());
        return Known::Is(Claim {
            value: found,
            evidence: evidence.or(kernel.modules.value().cloned()).into_iter().collect(),
        });
    }
    match &guest.userland {
        // 32-bit programs run on 64-bit kernels too.
        Known::Is(claim) if claim.value == Architecture::I386 => {
            Known::unknown("the kernel's architecture could not be told, and 32-bit programs run on both")
        }
        Known::Is(claim) => Known::Is(claim.clone()),
        other => other.as_ref().map(Claim::clone),
    }
}

/// `userland` as a fact.
pub(crate) fn known_userland(tree: &Tree<'_>) -> Known<Claim<Architecture>> {
    userland(tree).known()
}
