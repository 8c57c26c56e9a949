//! BSD- rules: a FreeBSD 13 on UFS, made anew for each disk with other files.

use super::case::{Base, Case, Recipe, SOUND};
use crate::Result;
use crate::process::output;
use std::fs;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

/// Files in place of the sound system's, by their paths; without a content there is none.
pub(super) type Files = &'static [(&'static str, Option<&'static str>)];

/// First sector of the root partition, and length of the disk in MiB.
const ROOT: u64 = 2048;
const DISK: u64 = 40 << 20;

/// A kernel as far as it is looked at: an ELF header for x86-64, and the banner.
const KERNEL: &str = "\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@(#)FreeBSD 13.2-RELEASE releng/13.2-n254617 GENERIC\n\0";

/// One of a configuration of its own, which names no drivers.
const SMALL_KERNEL: &str = "\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@(#)FreeBSD 13.2-RELEASE releng/13.2-n254617 SMALL\n\0";

const SYSTEM: Files = &[
    ("bin/freebsd-version", Some("#!/bin/sh\nUSERLAND_VERSION=\"13.2-RELEASE\"\n")),
    ("boot/kernel/kernel", Some(KERNEL)),
    ("boot/loader.conf", Some("autoboot_delay=\"1\"\n")),
    ("etc/fstab", Some("/dev/gpt/root / ufs rw 1 1\n")),
    ("etc/rc.conf", Some("hostname=\"bsd\"\nifconfig_vtnet0=\"DHCP\"\nsshd_enable=\"YES\"\n")),
    ("sbin/dhclient", Some("a stand-in\n")),
    ("sbin/init", Some("a stand-in\n")),
    ("usr/sbin/sshd", Some("a stand-in\n")),
];

const fn with(rule: &'static str, files: Files) -> Case {
    Case {
        rule,
        passing: Recipe { base: Base::FreeBsd(&[]), ..SOUND },
        failing: Recipe { base: Base::FreeBsd(files), ..SOUND },
    }
}

pub(super) static ALL: &[Case] = &[
    with(
        "BSD-DHCP",
        &[("etc/rc.conf", Some("hostname=\"bsd\"\nifconfig_vtnet0=\"inet 192.0.2.10/24\"\nsshd_enable=\"YES\"\n"))],
    ),
    with("BSD-FSTAB", &[("etc/fstab", Some("/dev/ada0p1 / ufs rw 1 1\n"))]),
    with("BSD-VIRTIO", &[("boot/kernel/kernel", Some(SMALL_KERNEL))]),
];

/// Writes the disk: GPT, and the system on its only partition.
pub(super) fn make(path: &Path, files: Files) -> Result<()> {
    let place = tempfile::tempdir()?;
    let (tree, ufs) = (place.path().join("tree"), place.path().join("ufs"));
    let replaced = |path: &str| files.iter().any(|(other, _)| *other == path);
    for (name, content) in SYSTEM.iter().filter(|(path, _)| !replaced(path)).chain(files) {
        let Some(content) = content else { continue };
        let file = tree.join(name);
        fs::create_dir_all(file.parent().ok_or("a file is in a directory")?)?;
        fs::write(file, content)?;
    }
    output(Command::new("makefs").args(["-t", "ffs", "-o", "version=2", "-s", "16m"]).args([&ufs, &tree]))?;
    let disk = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    disk.set_len(DISK)?;
    let partition = format!("1:{ROOT}:+32M");
    output(Command::new("sgdisk").args(["-n", &partition, "-t", "1:a503", "-c", "1:root"]).arg(path))?;
    Ok(disk.write_all_at(&fs::read(ufs)?, ROOT * 512)?)
}
