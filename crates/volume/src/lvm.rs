//! LVM2: groups of physical volumes, cut into logical ones.
//!
//! A physical volume has a label in one of its first four sectors ([`label`]), which leads to metadata areas
//! ([`metadata`]), each with the text of the whole group ([`text`], [`group`]); the newest valid text counts.
//! LVM2's `lib/label` and `lib/format_text`.
//!
//! Read: linear and striped segments, RAID 0, a whole copy of a mirror or RAID 1, thin volumes, zero segments, the
//! origin of a cached volume (a problem says that its cache may hold newer data) and of one with integrity data, over
//! all disks that were given. Listed, but failing with `Unsupported` when read, and named by a problem: RAID 4 to 10,
//! VDO, snapshots other than thin ones and what they are being merged into, and all that needs a physical volume that is
//! on none of the disks. Physical volumes inside logical ones are not looked for; LVM does not either unless told to.

mod assemble;
mod group;
mod label;
mod legs;
mod logical;
mod metadata;
mod target;
mod text;
mod thin;

use crate::machine::Candidate;
use crate::problem as defect;
use crate::{Machine, Whole, stack};
use group::Group;
use label::Label;
use metadata::{Area, Location, MAX_TEXT};
use std::collections::{BTreeMap, HashMap, HashSet};
use storage::{ReadAt, Result};

/// LVM2.
#[derive(Debug)]
pub(crate) struct Stack;

/// Metadata read of one machine, in bytes: one text of the largest size and many of a usual one.
const MAX_METADATA: u64 = 2 * MAX_TEXT;

impl stack::Stack for Stack {
    fn assemble(&self, machine: &mut Machine, candidates: Vec<Candidate>) -> Result<()> {
        let mut members = Members::default();
        for candidate in candidates.into_iter().filter(stack::is_device) {
            match label::read(&candidate.source)? {
                Some(Ok(label)) => members.take(machine, candidate, &label)?,
                Some(Err(what)) => machine.report(&candidate, defect::LVM_LABEL_BAD, what),
                None => {}
            }
        }
        members.list(machine)
    }
}

/// Whether a source begins with the label of a physical volume, be it damaged.
pub(crate) fn has_label(source: &dyn ReadAt) -> Result<bool> {
    Ok(label::read(source)?.is_some())
}

/// The physical volumes of a machine, and the groups that their metadata describes.
#[derive(Default)]
struct Members {
    /// By UUID.
    present: HashMap<String, Candidate>,
    /// The newest description of each group, by UUID.
    groups: BTreeMap<String, Group>,
    /// Checksum and size of the texts that were read; every physical volume has the same ones.
    texts: HashSet<(u32, u64)>,
    /// Length of those texts.
    read: u64,
    /// UUIDs of physical volumes that belong to some group.
    engaged: Vec<String>,
}

impl Members {
    fn take(&mut self, machine: &mut Machine, present: Candidate, label: &Label) -> Result<()> {
        if self.present.contains_key(&label.uuid) {
            let what = format!("physical volume {} is here a second time; the first is used", label.uuid);
            machine.report(&present, defect::LVM_DUPLICATE_PV, what);
            return Ok(());
        }
        let mut is_free = false;
        for &area in &label.metadata {
            let found = match metadata::area(&present.source, area)? {
                Ok(Area::Text(location)) => self.read(&present, location)?,
                Ok(Area::Empty) => {
                    is_free = true;
                    Ok(())
                }
                Ok(Area::Ignored) => Ok(()),
                Err(what) => Err(what),
            };
            if let Err(what) = found {
                let at = present.offset.map(|offset| offset.saturating_add(area.0));
                machine.report(&Candidate { offset: at, ..present.clone() }, defect::LVM_METADATA_BAD, what);
            }
        }
        if is_free {
            let whole = Whole { of: "lvm2", uuid: Some(label.uuid.clone()), name: None };
            machine.claim(&present, &whole);
        } else {
            self.engaged.push(label.uuid.clone());
        }
        self.present.insert(label.uuid.clone(), present);
        Ok(())
    }

    /// Reads a text, and keeps it if it is the newest of its group.
    fn read(&mut self, present: &Candidate, location: Location) -> Result<Result<(), String>> {
        if self.texts.contains(&(location.crc, location.size)) {
            return Ok(Ok(()));
        }
        if self.read + location.size > MAX_METADATA {
            return Ok(Err(format!("more than {MAX_METADATA} bytes of metadata on these disks")));
        }
        self.read += location.size;
        let group = match location.read(&present.source)? {
            Ok(text) => Group::parse(&text),
            Err(what) => return Ok(Err(what)),
        };
        self.texts.insert((location.crc, location.size));
        Ok(group.map(|group| {
            let newer = self.groups.get(&group.uuid).is_none_or(|known| known.seqno < group.seqno);
            if newer {
                self.groups.insert(group.uuid.clone(), group);
            }
        }))
    }

    /// Adds what the groups hold.
    fn list(self, machine: &mut Machine) -> Result<()> {
        for uuid in &self.engaged {
            let claimed = |group: &Group| group.physical.values().any(|physical| physical.uuid == *uuid);
            if !self.groups.values().any(claimed) {
                let what = format!("no group on these disks says what physical volume {uuid} holds");
                machine.report(&self.present[uuid], defect::LVM_METADATA_LOST, what);
            }
        }
        for group in self.groups.values() {
            for physical in group.physical.values() {
                if let Some(present) = self.present.get(&physical.uuid) {
                    let (uuid, name) = (Some(physical.uuid.clone()), Some(group.name.clone()));
                    machine.claim(present, &Whole { of: "lvm2", uuid, name });
                }
            }
            assemble::list(machine, group, &self.present)?;
        }
        Ok(())
    }
}
