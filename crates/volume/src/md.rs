//! md: the RAID of Linux (mdadm).
//!
//! Every member bears a superblock ([`superblock`]): of version 0.90 or 1.0 near its end, of 1.1 or 1.2 at its start.
//! Those of one UUID make an array ([`array`]). Linux `drivers/md/md.c`, `md-linear.c`, `raid0.c`, `raid1.c` and
//! `include/uapi/linux/raid/md_p.h`.
//!
//! Read: RAID 1 by its freshest member, and linear and RAID 0 arrays whose members are all there, the latter of one
//! zone. Listed, but failing with `Unsupported` when read, and named by a problem: RAID 4, 5, 6 and 10, multipath,
//! RAID 0 of members of different sizes, arrays that are being reshaped, and those that lack a member they need. The
//! containers of firmware (DDF, Intel) are no md arrays on disk and are not put together.
//!
//! A member of version 0.90 or 1.0 looks like the filesystem of the array from its start on: being a member wins. Where
//! such a superblock lies in the last partition of a disk it is the partition's, and where a table divides a disk that is
//! a member as a whole, the table is the array's.

mod array;
mod dealt;
mod level;
mod superblock;

use crate::machine::Candidate;
use crate::problem as defect;
use crate::{Kind, Machine, stack};
use std::collections::BTreeMap;
use storage::Result;
use superblock::{Place, Superblock};

/// md.
#[derive(Debug)]
pub(crate) struct Stack;

/// Members read of one array: as many as the newer superblock can list.
const MAX_MEMBERS: usize = 1920;

/// A member that is there.
#[derive(Debug)]
struct Member {
    candidate: Candidate,
    superblock: Superblock,
}

impl stack::Stack for Stack {
    fn assemble(&self, machine: &mut Machine, candidates: Vec<Candidate>) -> Result<()> {
        let mut arrays: BTreeMap<[u8; 16], Vec<Member>> = BTreeMap::new();
        let divided: Vec<_> = if candidates.iter().any(|found| found.volume.is_some_and(is_of_disk)) {
            (0..machine.disks.len()).filter_map(|disk| divided(machine, disk)).collect()
        } else {
            Vec::new()
        };
        for candidate in candidates.into_iter().chain(divided).filter(stack::is_device) {
            match superblock::find(&candidate.source)? {
                Some(Ok(superblock)) if candidate.volume.is_some() || is_over(machine, candidate.disk, &superblock) => {
                    let members = arrays.entry(superblock.uuid).or_default();
                    if members.len() < MAX_MEMBERS {
                        members.push(Member { candidate, superblock });
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(what)) if candidate.volume.is_some() => {
                    machine.report(&candidate, defect::MD_SUPERBLOCK_BAD, what);
                }
                Some(Err(_)) | None => {}
            }
        }
        for members in arrays.into_values() {
            array::assemble(machine, members)?;
        }
        Ok(())
    }
}

fn is_of_disk(volume: crate::machine::VolumeRef) -> bool {
    matches!(volume, crate::machine::VolumeRef::Of(..))
}

/// A disk that a table divides, as something that may still be a member as a whole.
fn divided(machine: &Machine, disk: usize) -> Option<Candidate> {
    let layout = &machine.disks[disk];
    layout.table.is_some().then(|| Candidate {
        volume: None,
        kind: Kind::Disk,
        source: layout.source.clone(),
        disk,
        offset: Some(0),
    })
}

/// Whether the superblock of a disk that a table divides is of an array over all of it: it mirrors the disk from its
/// start, lies in no partition, and no partition reaches behind the array. Else it is a partition's, or left over.
fn is_over(machine: &Machine, disk: usize, superblock: &Superblock) -> bool {
    let Place::End { at } = superblock.place else { return false };
    let end = superblock.data.end;
    let mut volumes = machine.disks[disk].volumes.iter().filter(|volume| volume.kind != Kind::Disk);
    superblock.level == level::RAID1
        && superblock.data.start == 0
        && volumes.all(|volume| {
            let last = volume.offset.unwrap_or(0).saturating_add(volume.size);
            last <= at.min(end)
        })
}
