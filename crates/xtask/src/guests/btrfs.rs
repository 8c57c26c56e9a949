//! A /var of its own on btrfs, which is read even where its partition ends before it does.

use super::{lvm, place};
use crate::Result;
use crate::process::output;
use crate::scratch::Disk;
use std::fs::{self, File};
use std::process::Command;

const ID: &str = "b0070000-0000-4000-8000-0000000000b7";

const MIB: u64 = 1 << 20;

/// Length of the filesystem in MiB.
pub(super) const LENGTH: u64 = 256;

/// Adds it to the Debian-like disk, on a partition of so many MiB.
pub(super) fn add_var(disk: &mut Disk, partition: u64) -> Result<()> {
    let place = tempfile::tempdir()?;
    let (tree, volume) = (place.path().join("var"), place.path().join("volume"));
    for directory in ["cache", "lib", "log", "spool"] {
        fs::create_dir_all(tree.join(directory))?;
    }
    File::create(&volume)?.set_len(LENGTH * MIB)?;
    output(Command::new("mkfs.btrfs").args(["-q", "-U", ID, "--rootdir"]).args([&tree, &volume]))?;
    let partition = format!("2:{}:+{partition}M", lvm::START / 512);
    output(Command::new("sgdisk").args(["-n", &partition]).arg(&disk.path))?;
    place::insert(&volume, &File::options().write(true).open(&disk.path)?, lvm::START)?;
    disk.append("/etc/fstab", &format!("UUID={ID} /var btrfs defaults 0 0"))
}
