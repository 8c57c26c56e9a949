//! The machine that a disk comes from: a disk by SATA and an e1000 card, as many a host of virtual machines has them.
//!
//! It is started once, runs the fix plan, twice, by a unit of systemd, and switches itself off.

use super::defects::CARD;
use crate::Result;
use crate::scratch::Disk;
use crate::truth::{Console, Machine, Running};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Boots' worth of time: making an initramfs in emulation takes longer than the boot.
const PATIENCE: u64 = 6;

const UNIT: &str = "/etc/systemd/system/run-fix.service";
const WANTED: &str = "/etc/systemd/system/multi-user.target.wants/run-fix.service";

const SERVICE: &str = "[Unit]
Description=Runs the fix plan
After=systemd-user-sessions.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
StandardOutput=journal+console
StandardError=journal+console
ExecStart=/bin/sh /root/run-fix.sh
";

/// It says how each run ended. Not on the terminal itself: getty, which comes at any time, hangs up on everybody there. The
/// shell of a root that logs in has these directories too.
const RUN: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
for run in first second; do
    code=0
    sh /root/plan/fix.sh || code=$?
    echo \"fix.sh, $run run: exit code $code\"
done
sync
systemctl --no-block poweroff
";

/// How the script ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    /// Exit codes of the two runs.
    pub(crate) codes: [Option<u32>; 2],
    /// What it says it did not do.
    pub(crate) complaints: Vec<String>,
    pub(crate) seconds: u64,
}

/// Runs a plan in the source machine. The disk is written to, by the guest.
pub(crate) fn run(machine: &Machine<'_>, disk: &mut Disk, plan: &Path, log: &Path) -> Result<Ran> {
    for name in ["fix.sh", "fix.patch"] {
        disk.write(&format!("/root/plan/{name}"), &fs::read(plan.join(name))?, 0o644)?;
    }
    disk.write("/root/run-fix.sh", RUN.as_bytes(), 0o644)?;
    disk.write(UNIT, SERVICE.as_bytes(), 0o644)?;
    disk.link(WANTED, UNIT)?;
    let seconds = start(machine, disk, log)?;
    for path in [WANTED, UNIT, "/root/run-fix.sh", "/root/plan/fix.sh", "/root/plan/fix.patch"] {
        disk.remove(path)?;
    }
    disk.verify()?;
    Ok(Ran { seconds, ..Ran::parse(&Console::new(&fs::read(log)?)) })
}

/// Starts it and waits until it has switched itself off.
fn start(machine: &Machine<'_>, disk: &Disk, log: &Path) -> Result<u64> {
    let mut qemu = machine.without_devices(log)?;
    qemu.arg("-drive").arg(format!("file={},format=raw,if=none,id=disk", disk.path.display()));
    qemu.args(["-device", "ich9-ahci,id=sata", "-device", "ide-hd,drive=disk,bus=sata.0"]);
    qemu.args(["-netdev", "user,id=net", "-device", &format!("e1000,netdev=net,romfile=,mac={CARD}")]);
    fs::write(log, "")?;
    let mut running = Running(qemu.spawn()?);
    let begun = Instant::now();
    while running.0.try_wait()?.is_none() {
        sleep(Duration::from_secs(1));
        if begun.elapsed().as_secs() > machine.timeout * PATIENCE {
            return Err(format!("{}: the machine did not switch itself off", log.display()).into());
        }
    }
    Ok(begun.elapsed().as_secs())
}

impl Ran {
    fn parse(console: &Console) -> Self {
        let code = |run: &str| {
            let words = format!("fix.sh, {run} run: exit code ");
            console.0.lines().find_map(|line| line.split_once(&words)?.1.trim().parse().ok())
        };
        let complaints = console.0.lines().filter_map(|line| line.split_once("fix.sh: not done: "));
        // Of two runs, and of several steps for one rule.
        let complaints: BTreeSet<String> = complaints.map(|(_, what)| what.trim().to_owned()).collect();
        Ran { codes: ["first", "second"].map(code), complaints: complaints.into_iter().collect(), seconds: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_script_says_is_found_between_messages_of_the_kernel() {
        let console =
            Console::new(b"[  1.0] x\r\nfix.sh: not done: A\r\n[ 2] fix.sh, first run: exit code 1\r\nlogin: ");
        let ran = Ran::parse(&console);
        assert_eq!((ran.codes, ran.complaints), ([Some(1), None], vec!["A".to_owned()]));
    }
}
