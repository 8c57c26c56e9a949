//! LVM2: groups of physical volumes, cut into logical ones.
//!
//! A physical volume has a label in one of its first four sectors ([`label`]), which leads to metadata areas
//! ([`metadata`]), each with the text of the whole group ([`text`], [`group`]); the newest valid text counts.
//! LVM2's `lib/label` and `lib/format_text`.
//!
//! Read: linear and striped segments, RAID 0, the first readable copy of a mirror or RAID 1, zero segments, over all
//! partitions of the disk or the disk itself. Listed, but failing with `Unsupported` when read, and named by a problem:
//! thin and cached volumes, RAID 4 to 10, VDO, snapshots and what they are being merged into, and all that needs a
//! physical volume that is not on this disk. Physical volumes inside logical ones are not looked for; LVM does not
//! either unless told to.

mod assemble;
mod group;
mod label;
mod logical;
mod metadata;
mod text;

use crate::problem as defect;
use crate::{Kind, Layout};
use assemble::Present;
use group::Group;
use label::Label;
use metadata::{Area, Location, MAX_TEXT};
use std::collections::{BTreeMap, HashMap, HashSet};
use storage::{ReadAt, Result};

/// LVM2.
#[derive(Debug)]
pub(crate) struct Scheme;

/// Metadata read of one disk, in bytes: one text of the largest size and many of a usual one.
const MAX_METADATA: u64 = 2 * MAX_TEXT;

impl crate::Scheme for Scheme {
    fn name(&self) -> &'static str {
        "lvm"
    }

    fn scan(&self, layout: &mut Layout, fresh: usize) -> Result<()> {
        let mut members = Members::default();
        for present in candidates(layout, fresh) {
            match label::read(&present.source)? {
                Some(Ok(label)) => members.take(layout, present, &label)?,
                Some(Err(what)) => layout.report(defect::LVM_LABEL_BAD, present.offset, what),
                None => {}
            }
        }
        members.list(layout);
        Ok(())
    }
}

/// Whether a source begins with the label of a physical volume, be it damaged.
pub(crate) fn has_label(source: &dyn ReadAt) -> Result<bool> {
    Ok(label::read(source)?.is_some())
}

/// What may be a physical volume.
fn candidates(layout: &Layout, fresh: usize) -> Vec<Present> {
    let undivided = layout.table.is_none();
    let may_be = |kind| kind == Kind::Partition || kind == Kind::Disk && undivided;
    let volumes = layout.volumes[fresh..].iter().filter(|volume| may_be(volume.kind));
    volumes.filter_map(|volume| Some(Present { source: volume.source.clone(), offset: volume.offset? })).collect()
}

/// The physical volumes of the disk, and the groups that their metadata describes.
#[derive(Default)]
struct Members {
    /// By UUID.
    present: HashMap<String, Present>,
    /// The newest description of each group, by UUID.
    groups: BTreeMap<String, Group>,
    /// Checksum and size of the texts that were read; every physical volume has the same ones.
    texts: HashSet<(u32, u64)>,
    /// Length of those texts.
    read: u64,
    /// Physical volumes that belong to some group: UUID, and byte of the disk.
    engaged: Vec<(String, u64)>,
}

impl Members {
    fn take(&mut self, layout: &mut Layout, present: Present, label: &Label) -> Result<()> {
        let offset = present.offset;
        if self.present.contains_key(&label.uuid) {
            let what = format!("physical volume {} is here a second time; the first is used", label.uuid);
            layout.report(defect::LVM_DUPLICATE_PV, offset, what);
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
                layout.report(defect::LVM_METADATA_BAD, offset.saturating_add(area.0), what);
            }
        }
        if !is_free {
            self.engaged.push((label.uuid.clone(), offset));
        }
        self.present.insert(label.uuid.clone(), present);
        Ok(())
    }

    /// Reads a text, and keeps it if it is the newest of its group.
    fn read(&mut self, present: &Present, location: Location) -> Result<Result<(), String>> {
        if self.texts.contains(&(location.crc, location.size)) {
            return Ok(Ok(()));
        }
        if self.read + location.size > MAX_METADATA {
            return Ok(Err(format!("more than {MAX_METADATA} bytes of metadata on one disk")));
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
    fn list(self, layout: &mut Layout) {
        for (uuid, offset) in &self.engaged {
            let claimed = |group: &Group| group.physical.values().any(|physical| physical.uuid == *uuid);
            if !self.groups.values().any(claimed) {
                let what = format!("no group on this disk says what physical volume {uuid} holds");
                layout.report(defect::LVM_METADATA_LOST, *offset, what);
            }
        }
        for group in self.groups.values() {
            assemble::list(layout, group, &self.present);
        }
    }
}
