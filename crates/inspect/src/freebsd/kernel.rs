//! The kernel's file: its version, the configuration it was built from, and the drivers in it.
//!
//! A kernel carries its banner (`FreeBSD 13.2-RELEASE releng/13.2-n254617 GENERIC`, FreeBSD `sys/conf/newvers.sh`), and of
//! each driver the names of bus and driver, joined by a slash (`sys/sys/bus.h`, `DRIVER_MODULE`).

use super::conf::{self, Conf};
use crate::architecture;
use crate::look::{Gap, Look};
use crate::tree::Tree;
use facts::{Architecture, Evidence};

/// Longest kernel that is read: `GENERIC` has 30 MiB.
const MAX_KERNEL: u64 = 64 << 20;
/// Longest banner.
const MAX_BANNER: usize = 512;
const BANNER: &[u8] = b"FreeBSD ";

/// Drivers, each by its module and what a kernel that has it says.
pub(super) const DRIVERS: &[(&str, &str)] = &[
    ("virtio_pci", "pci/virtio_pci"),
    ("virtio_blk", "virtio_pci/virtio_blk"),
    ("virtio_scsi", "virtio_pci/virtio_scsi"),
    ("if_vtnet", "virtio_pci/vtnet"),
    ("virtio_balloon", "virtio_pci/virtio_balloon"),
    ("nvme", "pci/nvme"),
];

/// The kernel that the loader starts.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) evidence: Evidence,
    pub(super) architecture: Look<Architecture>,
    pub(super) found: Found,
}

/// What a kernel says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// `13.2-RELEASE-p1`.
    pub(super) version: Option<String>,
    /// `GENERIC`.
    pub(super) config: Option<String>,
    /// Modules of [`DRIVERS`].
    pub(super) drivers: Vec<&'static str>,
}

/// The directory of the kernel and its modules: `kernel` in `loader.conf` names another than `/boot/kernel`.
pub(super) fn directory(loader: &Look<Conf>) -> Look<String> {
    match conf::get(loader, &[], "kernel") {
        Ok(claim) if claim.value.starts_with('/') => Ok(claim.value),
        Ok(claim) if !claim.value.is_empty() => Ok(format!("/boot/{}", claim.value)),
        Ok(_) | Err(Gap::Absent) => Ok("/boot/kernel".to_owned()),
        Err(unknown) => Err(unknown),
    }
}

/// Reads the kernel that the loader starts. Absent: there is none, nor a compressed one.
pub(super) fn read(tree: &Tree<'_>, loader: &Look<Conf>) -> Look<File> {
    let path = format!("{}/kernel", directory(loader)?);
    let file = match tree.read_up_to(&path, MAX_KERNEL) {
        Err(Gap::Absent) if tree.find(&format!("{path}.gz")).is_ok() => {
            return Err(Gap::unknown(format!("{path}.gz is compressed, and was not read")));
        }
        other => other?,
    };
    let found = architecture::of_elf(&file.bytes);
    let architecture = found.ok_or_else(|| Gap::unknown(format!("{path} is no ELF program")));
    Ok(File { found: scan(&file.bytes), path, evidence: file.evidence, architecture })
}

/// Looks through a kernel once.
fn scan(kernel: &[u8]) -> Found {
    let mut found = Found::default();
    for (at, byte) in kernel.iter().enumerate() {
        match byte {
            b'F' if found.config.is_none() && kernel[at..].starts_with(BANNER) => {
                let (version, config) = banner(&kernel[at + BANNER.len()..]);
                if version.is_some() && (found.version.is_none() || config.is_some()) {
                    found.version = version;
                    found.config = config;
                }
            }
            b'/' => found.drivers.extend(driver(kernel, at)),
            _ => {}
        }
    }
    found.drivers.sort_unstable();
    found.drivers.dedup();
    found
}

/// The driver whose words stand around the slash at a place, each to its end.
fn driver(kernel: &[u8], slash: usize) -> Option<&'static str> {
    let is_here = |words: &str| {
        let before = words.find('/').filter(|before| *before <= slash)?;
        let text = kernel.get(slash - before..)?.strip_prefix(words.as_bytes())?;
        (text.first() == Some(&0)).then_some(())
    };
    DRIVERS.iter().find(|(_, words)| is_here(words).is_some()).map(|(module, _)| *module)
}

/// Version and configuration in what follows the system's name: `13.2-RELEASE … GENERIC`. Only a banner names a
/// configuration, as its last word or at the end of the path where it was built.
fn banner(text: &[u8]) -> (Option<String>, Option<String>) {
    let text = &text[..text.len().min(MAX_BANNER)];
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    let text = String::from_utf8_lossy(&text[..end]).into_owned();
    let word = text.split_whitespace().next().unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbered = word.split_once('-').and_then(|(number, _)| number.split_once('.'));
    if !numbered.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
        return (None, None);
    }
    let last = text.trim_end().rsplit(['/', ' ', '\n', '\t']).next().unwrap_or_default();
    let is_config = last != word && !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_graphic());
    (Some(word.to_owned()), is_config.then(|| last.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_name_version_configuration_and_drivers() {
        let mut kernel = b"\x7fELF FreeBSD ELF\0FreeBSD 1 x\0".to_vec();
        kernel.extend(b"@(#)FreeBSD 13.2-RELEASE-p1 releng/13.2-n254617-525ecfdad597 GENERIC\n\0");
        kernel.extend(b"pci/virtio_pci\0virtio_pci/vtnet\0virtio_mmio/virtio_blk\0pci/nvmex\0/");
        let found = scan(&kernel);
        assert_eq!(found.version.as_deref(), Some("13.2-RELEASE-p1"));
        assert_eq!(found.config.as_deref(), Some("GENERIC"));
        assert_eq!(found.drivers, ["if_vtnet", "virtio_pci"]);
        assert_eq!(scan(b"#!/bin/sh\0FreeBSD 4.3BSD\0FreeBSD "), Found::default());
    }

    #[test]
    fn older_banners_end_in_a_path() {
        let text = b"9.3-RELEASE #0 r268512: Thu Jul 10 23:44:39 UTC 2014\n    root@b.freebsd.org:/usr/obj/usr/src/sys/MINE\n\0";
        assert_eq!(banner(text), (Some("9.3-RELEASE".into()), Some("MINE".into())));
        assert_eq!(banner(b"9.3-RELEASE\0 GENERIC"), (Some("9.3-RELEASE".into()), None));
    }
}
