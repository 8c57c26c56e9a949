//! What a case is: a rule, a disk that it passes, and one that it blocks.

use super::{freebsd, images, linux, request, windows};
use crate::Result;
use crate::scratch::Disk;
use std::path::Path;

/// What a disk is made from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    /// Debian 12 with GPT, GRUB for both kinds of firmware, cloud-init, sshd: everything an import asks for.
    Debian,
    /// FreeBSD 13 on UFS, with these files in place of its own. Nothing writes to UFS afterwards.
    FreeBsd(freebsd::Files),
    /// Windows Server 2019 on NTFS, with these changes. Nothing writes to NTFS afterwards.
    Windows(windows::Windows),
}

/// The file that a raw disk is put into.
pub(super) struct Container {
    pub(super) suffix: &'static str,
    /// From the disk to the file.
    pub(super) make: fn(&Path, &Path) -> Result<()>,
}

/// Options of a command line.
pub(super) type Words = &'static [&'static str];

/// What the program is asked to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verb {
    /// Judge the image.
    Preflight,
    /// Make the whole request for its import.
    Request,
}

/// How one image is made, and what is said of it.
pub(super) struct Recipe {
    pub(super) base: Base,
    pub(super) change: fn(&mut Disk) -> Result<()>,
    pub(super) container: Container,
    pub(super) verb: Verb,
    /// Options of the verb.
    pub(super) arguments: Words,
}

pub(super) struct Case {
    pub(super) rule: &'static str,
    pub(super) passing: Recipe,
    pub(super) failing: Recipe,
}

/// The disk under its own name.
pub(super) const RAW: Container = Container { suffix: "raw", make: |disk, image| Ok(std::fs::rename(disk, image)?) };

/// The base as it is.
pub(super) const SOUND: Recipe =
    Recipe { base: Base::Debian, change: |_| Ok(()), container: RAW, verb: Verb::Preflight, arguments: &[] };

impl Case {
    /// A change of the Debian-like disk breaks it.
    pub(super) const fn broken_by(rule: &'static str, change: fn(&mut Disk) -> Result<()>) -> Self {
        Case { rule, passing: SOUND, failing: Recipe { change, ..SOUND } }
    }

    /// The same sound disk; what is said of it is right or wrong.
    pub(super) const fn said(rule: &'static str, right: Words, wrong: Words) -> Self {
        Case { rule, passing: Recipe { arguments: right, ..SOUND }, failing: Recipe { arguments: wrong, ..SOUND } }
    }
}

/// All cases.
pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    images::ALL.iter().chain(linux::ALL).chain(freebsd::ALL).chain(windows::ALL).chain(request::ALL)
}
