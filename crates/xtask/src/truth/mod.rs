//! `truth`: what `preflight` says of real disks, mutated one way each, against what they do when they are started.
//!
//! Every disk is a scratch copy. It gets the key of an administrator, so that a login can be tried, then one mutation;
//! `preflight` judges it, and it is started in emulation with virtio devices. Whether it boots, and whether root can
//! log in by SSH, is compared with the verdict. What is not shown: `nvme` disks, metadata of the cloud, Windows, FreeBSD.

mod boot_mutations;
mod console;
mod login_mutations;
mod machine;
mod matrix;
mod mutation;
mod verdict;

use crate::Result;
use crate::process::{output, release_binary};
use crate::scratch::Disk;
use clap::Args;
use machine::{Machine, Seen};
use matrix::{Row, Table};
use mutation::{Kind, Mutation};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use verdict::Verdict;

/// Starts mutated copies of real disks in emulation and compares what happens with the verdict of preflight.
///
/// Needs qemu-system-x86_64, e2fsprogs, mtools, zstd and an SSH client; nothing is mounted, nobody needs to be root.
#[derive(Debug, Args)]
pub(crate) struct Truth {
    /// Disks as NAME.raw with what is known of them in NAME.json; those that say "real": true are started.
    guests: PathBuf,
    /// Scratch directory: consoles and what was seen are kept there, and a machine that was seen is not started again.
    #[arg(long)]
    dir: PathBuf,
    /// Only mutations whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Judge only what was seen already, and start nothing.
    #[arg(long)]
    seen: bool,
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

/// A real disk of the directory, and what is known of it.
struct Guest {
    name: String,
    image: PathBuf,
    kind: Kind,
    kernel: String,
}

impl Truth {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        fs::create_dir_all(&self.dir)?;
        let key = self.key()?;
        let guests = real(&self.guests)?;
        let mut table = Table::default();
        for mutation in mutation::all().filter(|mutation| mutation.name.contains(&self.only)) {
            for guest in guests.iter().filter(|guest| mutation.on.contains(&guest.kind)) {
                if let Some(row) = self.one(&program, &key, guest, mutation)? {
                    println!("{row}");
                    table.rows.push(row);
                }
            }
        }
        print!("\n{table}");
        match table.unexplained() {
            0 if !table.rows.is_empty() => Ok(()),
            0 => Err("no disk was judged".into()),
            several => Err(format!("{several} verdicts are not what happens").into()),
        }
    }

    /// One mutation on one disk: made, judged, and started unless that was seen before.
    fn one(&self, program: &Path, key: &Path, guest: &Guest, mutation: &Mutation) -> Result<Option<Row>> {
        let name = format!("{}-{}", guest.name, mutation.name);
        let seen_file = self.dir.join(format!("{name}.json"));
        let before = fs::read_to_string(&seen_file).ok().map(|text| Seen::parse(&text)).transpose()?;
        if self.seen && before.is_none() {
            return Ok(None);
        }
        let public = fs::read_to_string(key.with_extension("pub"))?;
        let mut disk = Disk::copy(&guest.image, &self.dir.join("copy.raw"), program, &guest.kernel)?;
        disk.let_in(&public)?;
        (mutation.change)(&mut disk).map_err(|error| format!("{name}: {error}"))?;
        disk.verify().map_err(|error| format!("{name}: {error}"))?;
        let verdict = Verdict::of(program, &disk.path)?;
        let seen = match before {
            Some(seen) => seen,
            None => {
                let firmware = (guest.kind == Kind::Uefi).then_some(self.ovmf.as_path());
                let machine = Machine { qemu: &self.qemu, firmware, key, timeout: self.timeout };
                let seen = machine.start(&disk.path, &self.dir.join(format!("{name}.log")))?;
                fs::write(&seen_file, seen.to_json())?;
                seen
            }
        };
        fs::remove_file(&disk.path)?;
        Ok(Some(Row { mutation: mutation.name, guest: guest.name.clone(), kind: guest.kind, verdict, seen }))
    }

    /// A key pair of this directory's own; ssh refuses a private key that others can read.
    fn key(&self) -> Result<PathBuf> {
        let key = self.dir.join("key");
        if !key.exists() {
            output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "truth", "-f"]).arg(&key))?;
        }
        Ok(key)
    }
}

/// The disks of a directory that boot, in the order of their names.
fn real(directory: &Path) -> Result<Vec<Guest>> {
    let mut guests = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let known: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
        if known["real"] == true && known["os_type"] == "linux" {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let kernel = known["kernels"][0].as_str().ok_or_else(|| format!("{name}: no kernel is listed"))?.to_owned();
            let kind = match (known["lvm"] == true, known["boot_mode"] == "uefi") {
                (true, _) => Kind::Lvm,
                (false, true) => Kind::Uefi,
                (false, false) => Kind::Bios,
            };
            guests.push(Guest { name, image: path.with_extension("raw"), kind, kernel });
        }
    }
    guests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(guests)
}
