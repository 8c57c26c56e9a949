//! `truth`: what `preflight` says of real disks, mutated one way each, against what they do when they are started.
//!
//! Every disk is a scratch copy. It gets the key of an administrator, so that a login can be tried, then one mutation;
//! `preflight` judges it, and it is started in emulation with virtio devices. Whether it boots, and whether root can
//! log in by SSH, is compared with the verdict. What is not shown: `nvme` disks, metadata of the cloud, Windows, FreeBSD.

mod boot_mutations;
mod console;
mod emulator;
mod guest;
mod login_mutations;
mod machine;
mod matrix;
mod mutation;
mod verdict;

pub(crate) use console::Console;
pub(crate) use emulator::Emulator;
pub(crate) use guest::Guest;
pub(crate) use machine::{Machine, Running, Seen};
pub(crate) use matrix::printable;
pub(crate) use mutation::{Kind, thin_initramfs};
pub(crate) use verdict::{Answer, Verdict};

use crate::Result;
use crate::process::release_binary;
use crate::scratch::Disk;
use clap::Args;
use matrix::{Row, Table};
use mutation::Mutation;
use std::fs;
use std::path::Path;

/// Starts mutated copies of real disks in emulation and compares what happens with the verdict of preflight.
///
/// Needs qemu-system-x86_64, e2fsprogs, mtools, zstd and an SSH client; nothing is mounted, nobody needs to be root.
#[derive(Debug, Args)]
pub(crate) struct Truth {
    #[command(flatten)]
    emulator: Emulator,
    /// Only mutations whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Judge only what was seen already, and start nothing.
    #[arg(long)]
    seen: bool,
}

impl Truth {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let key = self.emulator.key()?;
        let guests = self.emulator.guests()?;
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
        let dir = &self.emulator.dir;
        let seen_file = dir.join(format!("{name}.json"));
        let before = fs::read_to_string(&seen_file).ok().map(|text| Seen::parse(&text)).transpose()?;
        if self.seen && before.is_none() {
            return Ok(None);
        }
        let public = fs::read_to_string(key.with_extension("pub"))?;
        let mut disk = Disk::copy(&guest.image, &dir.join("copy.raw"), program, &guest.kernel)?;
        disk.let_in(&public)?;
        (mutation.change)(&mut disk).map_err(|error| format!("{name}: {error}"))?;
        disk.verify().map_err(|error| format!("{name}: {error}"))?;
        let verdict = Verdict::of(program, &disk.path)?;
        let seen = match before {
            Some(seen) => seen,
            None => {
                let machine = self.emulator.machine(guest.kind, key);
                let seen = machine.start(&disk.path, &dir.join(format!("{name}.log")))?;
                fs::write(&seen_file, seen.to_json())?;
                seen
            }
        };
        fs::remove_file(&disk.path)?;
        Ok(Some(Row { mutation: mutation.name, guest: guest.name.clone(), kind: guest.kind, verdict, seen }))
    }
}
