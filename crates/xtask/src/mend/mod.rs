//! `mend`: fix plans, run where they are meant to be run.
//!
//! A copy of a real disk gets the defects of a machine that was never meant for an instance. It is judged, and started with
//! virtio devices, where it must not let anybody in. Then its fix plan is run in the machine that it comes from, with a
//! SATA disk and an e1000 card; the disk is judged again, and started with virtio devices again, where root must get in.
//! What is not shown: programs other than those of Debian, and packages from a mirror, which the emulation does not reach.

mod defects;
mod source_machine;

use crate::Result;
use crate::process::release_binary;
use crate::scratch::Disk;
use crate::truth::{Answer, Emulator, Guest, Seen, Verdict};
use clap::Args;
use source_machine::Ran;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs fix plans in the machines that disks come from, and starts the disks as instances before and after.
///
/// Needs what `truth` needs.
#[derive(Debug, Args)]
pub(crate) struct Mend {
    #[command(flatten)]
    emulator: Emulator,
    /// Only disks whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

impl Mend {
    pub(crate) fn run(&self) -> Result<()> {
        let program = release_binary()?;
        let key = self.emulator.key()?;
        let mut rows = Vec::new();
        for guest in self.emulator.guests()?.iter().filter(|guest| guest.name.contains(&self.only)) {
            let row = self.one(&program, &key, guest).map_err(|error| format!("{}: {error}", guest.name))?;
            println!("{row}");
            rows.push(row);
        }
        let bad = rows.iter().filter(|row| !row.is_mended()).count();
        println!("\n{HEAD}");
        rows.iter().for_each(|row| println!("{row}"));
        match bad {
            0 if !rows.is_empty() => Ok(()),
            0 => Err("no disk was judged".into()),
            several => Err(format!("{several} disks were not mended, or were not broken").into()),
        }
    }

    fn one(&self, program: &Path, key: &Path, guest: &Guest) -> Result<Row> {
        let at = |name: &str| self.emulator.dir.join(format!("{}-mend-{name}", guest.name));
        let mut disk = Disk::copy(&guest.image, &self.emulator.dir.join("mend.raw"), program, &guest.kernel)?;
        disk.let_in(&fs::read_to_string(key.with_extension("pub"))?)?;
        defects::make(&mut disk, guest.kind)?;
        disk.verify()?;
        let machine = self.emulator.machine(guest.kind, key);
        let before = (Verdict::of(program, &disk.path)?, machine.start(&disk.path, &at("before.log"))?);
        let plan = at("plan");
        let planned = Command::new(program).args(["preflight", "--fix-plan"]).arg(&plan).arg(&disk.path).output()?;
        if !plan.join("fix.sh").exists() {
            return Err(format!("no plan is made: {}", String::from_utf8_lossy(&planned.stderr).trim()).into());
        }
        let ran = source_machine::run(&machine, &mut disk, &plan, &at("source.log"))?;
        let after = (Verdict::of(program, &disk.path)?, machine.start(&disk.path, &at("after.log"))?);
        fs::remove_file(&disk.path)?;
        Ok(Row { guest: guest.name.clone(), before, ran, after })
    }
}

const HEAD: &str = "\
| disk | verdict before | as an instance, before | fix.sh | verdict after | as an instance, after |
| --- | --- | --- | --- | --- | --- |";

/// One disk.
struct Row {
    guest: String,
    before: (Verdict, Seen),
    ran: Ran,
    after: (Verdict, Seen),
}

impl Row {
    /// It was broken and is not any more. A script that could not do all of it says so by its exit code; what is left may
    /// not be what keeps the disk from starting.
    fn is_mended(&self) -> bool {
        let Row { before, ran, after, .. } = self;
        let was_broken = before.0.on_boot() == Answer::Blocks && !before.1.root;
        let ended = ran.codes.iter().all(Option::is_some) && (ran.codes[0] == Some(0) || !ran.complaints.is_empty());
        was_broken && ended && after.0.on_login() == Answer::Passes && after.1.boots() && after.1.root
    }
}

/// A line of the table.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { guest, before, ran, after } = self;
        write!(f, "| {guest} | {} | {} |", said(&before.0), seen(&before.1))?;
        let codes = ran.codes.map(|code| code.map_or("none".to_owned(), |code| code.to_string())).join(" and ");
        write!(f, " exit codes {codes}, {} s", ran.seconds)?;
        if !ran.complaints.is_empty() {
            write!(f, "; not done: {}", ran.complaints.join(", "))?;
        }
        write!(f, " | {} | {} |", said(&after.0), seen(&after.1))
    }
}

fn said(verdict: &Verdict) -> String {
    let rules = [&verdict.boot[..], &verdict.login[..]].concat().join(" ");
    format!("{:?}, {:?} {rules}", verdict.on_boot(), verdict.on_login())
}

fn seen(seen: &Seen) -> String {
    let how = match (seen.boots(), seen.root) {
        (false, _) => "does not boot",
        (true, false) => "boots, nobody gets in",
        (true, true) => "boots, root gets in",
    };
    format!("{how}: {} ({} s)", crate::truth::printable(&seen.end), seen.seconds)
}
