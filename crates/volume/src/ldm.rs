//! LDM: dynamic disks of Windows 2000 and later.
//!
//! A dynamic disk with an MBR has its volumes in a database at its end; entries of type 42 only keep others away, and
//! need not be where a volume begins. One with a GPT has a partition for the database and one for the data. Either is
//! recognised, and not read. Microsoft never published it; Linux `block/partitions/ldm.c`.

use crate::machine::Candidate;
use crate::problem as defect;
use crate::{Machine, Whole};
use storage::{ErrorKind, ReadAt, Result, read_vec};

/// LDM.
#[derive(Debug)]
pub(crate) struct Stack;

/// Where the private header of a disk with an MBR lies, and its length, in bytes.
const HEADER: u64 = 6 * 512;
const HEADER_LEN: u64 = 512;

/// Types of the partitions of dynamic disks.
const MBR_TYPE: &str = "0x42";
const GPT_DATA: &str = "AF9B60A0-1431-4F62-BC68-3311714A69AD";

impl crate::stack::Stack for Stack {
    fn assemble(&self, machine: &mut Machine, candidates: Vec<Candidate>) -> Result<()> {
        for candidate in candidates {
            let Some(reference) = candidate.volume else { continue };
            let disk = machine.disks[candidate.disk].source.clone();
            let volume = machine.get_mut(reference);
            if volume.inside.is_some() || volume.number.is_none() {
                continue;
            }
            let whole = match volume.partition_type.as_deref() {
                // Type 42 has had other uses.
                Some(MBR_TYPE) => header(&*disk)?,
                Some(GPT_DATA) => Some(Whole { of: "ldm", uuid: None, name: None }),
                _ => None,
            };
            let Some(whole) = whole else { continue };
            volume.part_of = Some(whole);
            report(machine, &candidate);
        }
        Ok(())
    }
}

/// One problem a disk, at its first partition.
fn report(machine: &mut Machine, candidate: &Candidate) {
    let told = |problem: &crate::Problem| problem.id == defect::LDM_DYNAMIC.id;
    if !machine.disks[candidate.disk].problems.iter().any(told) {
        machine.report(candidate, defect::LDM_DYNAMIC, "it is a dynamic disk of Windows, whose volumes are not read");
    }
}

/// What the private header of a disk says, if it has one.
fn header(disk: &dyn ReadAt) -> Result<Option<Whole>> {
    if disk.size() < HEADER + HEADER_LEN {
        return Ok(None);
    }
    let header = match read_vec(disk, HEADER, HEADER_LEN) {
        Ok(header) => header,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(_) => return Ok(None),
    };
    let text = |range: std::ops::Range<usize>| {
        let bytes: Vec<u8> = header[range].iter().copied().take_while(|&byte| byte != 0).collect();
        String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
    };
    let found = header.starts_with(b"PRIVHEAD");
    Ok(found.then(|| Whole { of: "ldm", uuid: text(48..112), name: text(208..240) }))
}
