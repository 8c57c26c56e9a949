//! The programs that firmware starts, and the first sector of the volume that BIOS boot code starts.

use super::program;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::Tree;
use crate::volumes::Volumes;
use facts::{PartitionStart, Program, Role, Volume};

const SECTOR: u64 = 512;

/// Programs that BIOS boot code starts, at the root of the active partition.
const BIOS: &[&str] = &["/bootmgr", "/ntldr"];

const UEFI: &str = "/EFI/Microsoft/Boot/bootmgfw.efi";

/// `bootmgr` or `ntldr` on the active partition, or where no partition is active, on any.
pub(super) fn bios(volumes: &Volumes, facts: &[Volume]) -> Look<Program> {
    let active = facts.iter().any(|volume| volume.bootable);
    let places = (0..facts.len()).filter(|&index| !active || facts[index].bootable);
    first(places, |index| {
        let tree = Tree::new(volumes, index);
        first(BIOS, |path| program::look(&tree, path))
    })
}

/// The boot manager on an EFI system partition.
pub(super) fn uefi(volumes: &Volumes, facts: &[Volume]) -> Look<Program> {
    let places = (0..facts.len()).filter(|&index| facts[index].role.value() == Some(&Role::Esp));
    first(places, |index| program::look(&Tree::new(volumes, index), UEFI))
}

/// What the first sector of the active partition says.
pub(super) fn partition_start(volumes: &Volumes) -> Look<PartitionStart> {
    let held = volumes.all().iter().find(|held| held.facts.bootable).ok_or(Gap::Absent)?;
    let sector: [u8; 512] = storage::read_array(&held.source, 0)
        .map_err(|error| volumes.gap(error, || format!("the first sector of {}", held.facts.id)))?;
    let says = |name: &str| {
        let upper = sector.to_ascii_uppercase();
        upper.windows(name.len()).any(|window| window == name.as_bytes())
    };
    let starts = ["BOOTMGR", "NTLDR"].into_iter().find(|name| says(name));
    Ok(PartitionStart {
        volume: held.facts.id.clone(),
        starts: starts.map(str::to_owned).into(),
        hidden_sectors: u32::from_le_bytes([sector[28], sector[29], sector[30], sector[31]]),
        first_sector: held.facts.offset.map(|offset| offset / SECTOR).ok_or(Gap::Absent).known(),
        heads: u16::from_le_bytes([sector[26], sector[27]]),
    })
}
