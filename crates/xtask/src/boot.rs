//! `boot`: media of several kinds, converted and started in emulation; see `boot.sh`, which does it.

use crate::Result;
use crate::process::{release_binary, workspace};
use clap::Args;
use std::path::PathBuf;
use std::process::Command;

/// Builds optical media of several kinds, converts them, and starts the disks under BIOS and UEFI firmware.
///
/// Other settings (QEMU, OVMF, LOGS, TIMEOUT, EXTRA) are environment variables; crates/xtask/boot.sh lists them.
#[derive(Debug, Args)]
pub(crate) struct Boot {
    /// What `dpkg -x` made of a Debian kernel package.
    #[arg(long)]
    kernel: PathBuf,
    /// Where media, disks and logs go.
    #[arg(long)]
    dir: PathBuf,
    /// Kinds of media: rescue, uefi, udf, isolinux, mixed, bios; all by default.
    kinds: Vec<String>,
}

impl Boot {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let convert = format!("{} convert --force -q -O qcow2", program.display());
        let mut script = Command::new("bash");
        script.arg(workspace().join("crates/xtask/boot.sh")).arg(&self.dir).args(&self.kinds);
        let status = script.env("KERNEL", &self.kernel).env("CONVERT", convert).status()?;
        if status.success() { Ok(()) } else { Err("not every disk started".into()) }
    }
}
