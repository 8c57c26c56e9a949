//! Settings of all verbs that start disks.

use super::guest::Guest;
use super::machine::Machine;
use super::mutation::Kind;
use crate::Result;
use crate::process::output;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is started, where its traces go, and by what.
#[derive(Debug, Args)]
pub(crate) struct Emulator {
    /// Disks as NAME.raw with what is known of them in NAME.json; those that say "real": true are started.
    guests: PathBuf,
    /// Scratch directory: consoles and what was seen are kept there.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// The emulator and its options, such as -L.
    #[arg(long, env = "QEMU", default_value = "qemu-system-x86_64")]
    qemu: String,
    /// UEFI firmware, one file with its variables.
    #[arg(long, env = "OVMF", default_value = "/usr/share/ovmf/OVMF.fd")]
    ovmf: PathBuf,
    /// Seconds for one boot.
    #[arg(long, env = "TIMEOUT", default_value_t = 300)]
    timeout: u64,
}

impl Emulator {
    /// The disks that boot.
    pub(crate) fn guests(&self) -> Result<Vec<Guest>> {
        Guest::real(&self.guests)
    }

    /// A machine for disks that start that way.
    pub(crate) fn machine<'a>(&'a self, kind: Kind, key: &'a Path) -> Machine<'a> {
        let firmware = (kind == Kind::Uefi).then_some(self.ovmf.as_path());
        Machine { qemu: &self.qemu, firmware, key, timeout: self.timeout }
    }

    /// A key pair of the scratch directory's own; ssh refuses a private key that others can read.
    pub(crate) fn key(&self) -> Result<PathBuf> {
        fs::create_dir_all(&self.dir)?;
        let key = self.dir.join("key");
        if !key.exists() {
            output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "truth", "-f"]).arg(&key))?;
        }
        Ok(key)
    }
}
