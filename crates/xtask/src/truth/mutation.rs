//! One way to change a disk.

use super::{boot_mutations, login_mutations};
use crate::Result;
use crate::initramfs;
use crate::scratch::Disk;

/// How a disk starts and where its root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// MBR, GRUB in the gap, the root on a partition.
    Bios,
    /// GPT, GRUB on the EFI system partition, the root on a partition.
    Uefi,
    /// MBR, GRUB in the gap, /boot on a partition, the root on a logical volume.
    Lvm,
}

/// What is done to a copy, and to copies of which disks.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    pub(crate) on: &'static [Kind],
    pub(crate) change: fn(&mut Disk) -> Result<()>,
}

/// All of them; the disk as it was built is the first.
pub(crate) fn all() -> impl Iterator<Item = &'static Mutation> {
    boot_mutations::ALL.iter().chain(login_mutations::ALL)
}

/// Takes files out of the initramfs of the only kernel.
pub(crate) fn thin_initramfs(disk: &mut Disk, unwanted: fn(&str) -> bool) -> Result<()> {
    let path = disk.initramfs_path();
    let thin = initramfs::without(&disk.read(&path)?, unwanted)?;
    disk.write(&path, &thin, 0o644)
}
