//! From a disk to facts.
//!
//! The way, always in this order: what the volumes are, what each holds and is for, what firmware would find, which
//! volume is the root, the guest's files with everything mounted, and then one facet after the other. Each facet is a
//! file that reads a few files by name and fills a part of [`facts::Guest`].
//!
//! Nothing is booted, mounted or walked recursively. What cannot be read becomes [`facts::Known::Unknown`] with the
//! reason; only a failure of this machine ([`storage::ErrorKind::Io`]) ends the inspection.
//!
//! # How to add a facet
//!
//! Write `NAME.rs` with `fn examine(&Context) -> Look<…>`, a field in `facts`, and a line in `linux.rs`.

mod accounts;
mod agents;
mod architecture;
mod boot;
mod cloud_init;
mod content;
mod device;
mod drivers;
mod firewall;
mod freebsd;
mod getty;
mod glob;
mod guest;
mod image;
mod initrd;
mod kernels;
mod linux;
mod loader;
mod look;
mod machine;
mod map;
mod media;
mod modprobe;
mod mounts;
mod network;
mod os;
mod ostree;
mod overlay;
mod packages;
mod passwords;
mod roles;
mod root;
mod selinux;
mod services;
mod sshd;
mod subvolumes;
mod system;
mod table;
#[cfg(test)]
mod testing;
mod tree;
mod unused;
mod volumes;
mod windows;

pub use image::claimed_format;
pub use machine::{DataImage, Image};
pub use map::map;
pub use media::media;
pub use overlay::{Change, GuestFiles, GuestPlace, with_guest_files};
pub use unused::{Unused, unused};

use disk::Disk;
use facts::{Boot, Bootability, Facts, Known, Reason, SCHEMA_VERSION};
use std::sync::Arc;
use storage::{Error, ErrorKind, Result, Source};
use volumes::Volumes;

/// All that can be found out about the image `path`, whose bytes are `file` and whose disk is `disk`.
///
/// An error is a failure of this machine; everything that is wrong with the image is in the facts.
pub fn inspect(path: &str, file: &Source, disk: &Arc<dyn Disk>) -> Result<Facts> {
    inspect_machine(Image { path, file, disk }, &[])
}

/// All that can be found out about a machine that starts from the disk `system` and has those in `data` too. Volumes of
/// any of them may be parts of a group or an array, and be mounted by the guest.
///
/// An error is a failure of this machine; everything that is wrong with the images is in the facts.
pub fn inspect_machine(system: Image<'_>, data: &[DataImage<'_>]) -> Result<Facts> {
    inspect_changed(system, data, &[])
}

/// What would be found out about such a machine if files of it were as the changes say.
///
/// An error is a failure of this machine.
pub fn inspect_changed(system: Image<'_>, data: &[DataImage<'_>], changes: &[Change]) -> Result<Facts> {
    let info = system.disk.info();
    let image = image::opened(system.path, system.file, info);
    let mut facts = Facts { schema_version: SCHEMA_VERSION, image, ..Facts::default() };
    let source: &Source = &(system.disk.clone() as Source);
    let sources: Vec<Source> = [source.clone()].into_iter().chain(data.iter().map(machine::source)).collect();
    if let disk::Details::Iso(details) = &info.details {
        facts.image.media = Some(media(source, details)?);
    }
    let machine = match volume::scan_all(&sources) {
        Ok(machine) => machine,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(error) => {
            facts.disk = Known::Is(table::unscanned(source, &error));
            give_up(&mut facts, &error);
            return Ok(facts);
        }
    };
    for (index, layout) in machine.disks.iter().enumerate() {
        match index.checked_sub(1).map(|index| &data[index]) {
            None => facts.disk = Known::Is(table::scanned(source, layout)?),
            Some(image) => facts.data_disks.push(machine::data_disk(image, &sources[index], layout)?),
        }
    }
    let table = machine.disks[0].table;
    let mut volumes = Volumes::open(machine.into_volumes())?;
    volumes.change(changes);
    roles::assign(&mut volumes);
    facts.boot = boot::examine(source, table, &volumes)?;
    facts.guest = examine_guest(&volumes, &mut facts.boot);
    if let disk::Details::Iso(details) = &info.details {
        media::boot(&mut facts.boot, details);
    }
    match volumes.failure() {
        Some(error) => Err(error),
        None => {
            facts.volumes = volumes.into_facts();
            Ok(facts)
        }
    }
}

/// What can be said about the image `path`, whose bytes are `file`, when its disk could not be opened for `error`.
pub fn unreadable(path: &str, file: &Source, error: &Error) -> Facts {
    let mut facts =
        Facts { schema_version: SCHEMA_VERSION, image: image::refused(path, file, error), ..Facts::default() };
    facts.disk = Known::Unknown(reason(error));
    give_up(&mut facts, error);
    facts
}

fn reason(error: &Error) -> Reason {
    Reason::new(look::words(error))
}

/// Everything beyond the disk is unknown, for that reason.
fn give_up(facts: &mut Facts, error: &Error) {
    let unknown = || Bootability { can: Known::Unknown(reason(error)), ..Bootability::default() };
    facts.boot = Boot {
        bios: unknown(),
        uefi: unknown(),
        code: Known::Unknown(reason(error)),
        esp_loaders: Known::Unknown(reason(error)),
    };
    facts.guest = Known::Unknown(reason(error));
}

fn examine_guest(volumes: &Volumes, boot: &mut Boot) -> Known<facts::Guest> {
    let known: Vec<facts::Volume> = volumes.all().iter().map(|held| held.facts.clone()).collect();
    root::choose(volumes, &known).and_then(|root| {
        let stitched = mounts::stitch(volumes, &known, root.index);
        let guest = guest::detect(&root, &stitched, volumes, &known);
        if let Some(architecture) = guest.value().and_then(|guest| guest.architecture.value()) {
            boot::for_architecture(boot, volumes, architecture.value);
        }
        guest
    })
}
