//! What the firmware would find: BIOS and UEFI are two independent questions.

mod bios;
mod code;
mod uefi;

use crate::volumes::Volumes;
use facts::{Architecture, Boot, Known};
use storage::{Result, Source};

/// Examines both ways. `table` is the partition table, if there is one.
pub(crate) fn examine(disk: &Source, table: Option<volume::Table>, volumes: &Volumes) -> Result<Boot> {
    let code = code::classify(disk)?;
    let bios = bios::examine(disk, table, &code, volumes)?;
    let loaders = uefi::loaders(volumes);
    let uefi = uefi::examine(&loaders, volumes, None);
    Ok(Boot { bios, uefi, code: code.known, esp_loaders: loaders })
}

/// Answers the UEFI question again, now that the architecture of the guest is known.
pub(crate) fn for_architecture(boot: &mut Boot, volumes: &Volumes, architecture: Architecture) {
    if let Known::Is(_) = boot.esp_loaders {
        boot.uefi = uefi::examine(&boot.esp_loaders, volumes, Some(architecture));
    }
}
