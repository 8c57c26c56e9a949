//! The sound disks that the others are made from.

use super::case::Base;
use super::freebsd;
use crate::Result;
use crate::process::{output, workspace};
use crate::scratch::Disk;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The kernel of the Debian-like fixture.
const KERNEL: &str = "6.1.0-1-amd64";

/// Where disks are made, and what looks at them.
pub(super) struct Bases {
    program: PathBuf,
    dir: PathBuf,
}

impl Bases {
    /// Unpacks the Debian-like disk. fixtures/make.sh makes it from nothing; the tree holds what it made.
    pub(super) fn new(program: &Path, dir: &Path) -> Result<Self> {
        let bases = Bases { program: program.to_owned(), dir: dir.to_owned() };
        let fixture = workspace().join("fixtures/debian-like.qcow2");
        output(Command::new("qemu-img").args(["convert", "-O", "raw"]).arg(fixture).arg(bases.debian()))?;
        Ok(bases)
    }

    fn debian(&self) -> PathBuf {
        self.dir.join("debian.base.raw")
    }

    /// A disk to be changed.
    pub(super) fn copy(&self, base: Base) -> Result<Disk> {
        let made = self.dir.join("made.base.raw");
        let image = match base {
            Base::Debian => self.debian(),
            Base::FreeBsd(files) => {
                freebsd::make(&made, files)?;
                made
            }
            Base::Windows(windows) => {
                windows.make(&made)?;
                made
            }
        };
        Disk::copy(&image, &self.dir.join("copy.raw"), &self.program, KERNEL)
    }
}
