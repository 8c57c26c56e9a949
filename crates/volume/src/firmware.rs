//! RAID of a mainboard's firmware on a disk that a partition table divides.
//!
//! Intel's and the standard DDF (SNIA) have their marks in the last sectors. Of a mirror, each disk looks whole and is
//! read as it is; what a problem says is that the firmware of another machine will not know it. Disks without a table
//! are named by what looks for filesystems.

use crate::machine::Candidate;
use crate::problem as defect;
use crate::{Kind, Machine};
use storage::{ErrorKind, Result, read_vec};

/// Firmware RAID.
#[derive(Debug)]
pub(crate) struct Stack;

/// Length of the end of a disk that is looked at, in bytes.
const END: u64 = 1024;

const INTEL: &[u8] = b"Intel Raid ISM Cfg Sig. ";
const DDF: &[u8] = &[0xDE, 0x11, 0xDE, 0x11];

impl crate::stack::Stack for Stack {
    fn assemble(&self, machine: &mut Machine, _: Vec<Candidate>) -> Result<()> {
        for layout in &mut machine.disks {
            let told = layout.problems.iter().any(|problem| problem.id == defect::FIRMWARE_RAID.id);
            let Some(at) = (layout.source.size() & !511).checked_sub(END) else { continue };
            if told || layout.volumes.iter().any(|volume| volume.kind == Kind::Disk) {
                continue;
            }
            let end = match read_vec(&layout.source, at, END) {
                Ok(end) => end,
                Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                Err(_) => continue,
            };
            let name = match () {
                () if end.starts_with(INTEL) => "Intel",
                () if end[512..].starts_with(DDF) => "DDF",
                () => continue,
            };
            let what = format!("the disk is a member of a {name} RAID of firmware, and is read as a disk of its own");
            layout.report(defect::FIRMWARE_RAID, at, what);
        }
        Ok(())
    }
}
