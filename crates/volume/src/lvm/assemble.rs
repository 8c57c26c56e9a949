//! A group, and the physical volumes of it that are there, make logical volumes.

use super::group::{Area, Described, Group, MAX_VOLUMES, Physical, Segment};
use super::logical::{Logical, Piece, Place, Run, Target};
use super::thin::Pool;
use crate::machine::Candidate;
use crate::problem as defect;
use crate::{Defect, Kind, Machine, Volume};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use storage::{Error, ReadAt as _, Result};

/// How deep logical volumes may be made of others: LVM itself stacks four.
const MAX_DEPTH: usize = 8;

/// Types that serve other volumes and are none themselves.
const INTERNAL: [&str; 4] = ["thin-pool", "cache-pool", "vdo-pool", "snapshot"];

/// Why some part of a logical volume cannot be read.
pub(super) type Fault = (Defect, String);

/// Adds the logical volumes of a group, and what is wrong with them. `present` is by UUID.
///
/// # Errors
///
/// Of kind `Io` only.
pub(super) fn list(machine: &mut Machine, group: &Group, present: &HashMap<String, Candidate>) -> Result<()> {
    let physical = || group.physical.values();
    let here = physical().filter_map(|physical| present.get(&physical.uuid));
    // Whose metadata it is, is among them, unless that names others only.
    let Some(at) = here.min_by_key(|found| (found.disk, found.offset)).or_else(|| present.values().next()) else {
        return Ok(());
    };
    let is_missing = |physical: &&Physical| physical.is_left_out || !present.contains_key(&physical.uuid);
    let mut missing: Vec<_> = physical().filter(is_missing).collect();
    missing.sort_by_key(|physical| &physical.uuid);
    for physical in missing {
        let why = if physical.is_left_out { "the group went on without" } else { "is not on these disks" };
        let what = format!("group {} needs physical volume {}, which {why}", group.name, physical.uuid);
        machine.report(at, defect::LVM_MISSING_PV, what);
    }
    let named = group.logical.iter().map(|logical| (&logical.name[..], logical)).collect();
    let mut assembly = Assembly {
        group,
        present,
        named,
        done: HashMap::new(),
        pools: HashMap::new(),
        open: vec![],
        faults: vec![],
        told: HashSet::new(),
        failure: None,
    };
    for described in group.logical.iter().filter(|logical| logical.is_visible && !INTERNAL.contains(&logical.kind())) {
        let volume = assembly.volume(described);
        machine.volumes.push(Volume { disk: volume.offset.map_or(at.disk, |_| volume.disk), ..volume });
    }
    if group.is_cut {
        let what = format!("group {} has more than {MAX_VOLUMES} logical volumes", group.name);
        machine.report(at, defect::LVM_TOO_MANY, what);
    }
    for (defect, what) in assembly.faults {
        machine.report(at, defect, what);
    }
    assembly.failure.map_or(Ok(()), Err)
}

pub(super) struct Assembly<'a> {
    pub(super) group: &'a Group,
    present: &'a HashMap<String, Candidate>,
    pub(super) named: HashMap<&'a str, &'a Described>,
    done: HashMap<&'a str, Done>,
    /// Maps of thin pools, by name.
    pub(super) pools: HashMap<&'a str, Arc<Pool>>,
    /// The volumes being assembled, the outermost first.
    open: Vec<&'a str>,
    faults: Vec<Fault>,
    /// Volumes and names of defects that are among the faults.
    told: HashSet<(&'a str, &'static str)>,
    /// The machine failed.
    pub(super) failure: Option<Error>,
}

/// An assembled volume, and what would take long to ask it again.
#[derive(Clone)]
pub(super) struct Done {
    pub(super) logical: Arc<Logical>,
    pub(super) place: Option<Place>,
    pub(super) is_readable: bool,
}

impl<'a> Assembly<'a> {
    /// A volume that users see.
    fn volume(&mut self, described: &'a Described) -> Volume {
        let group = self.group;
        let mut kind = described.kind();
        let done = if group.stores.contains(&described.name) || group.merging.contains(&described.name) {
            kind = "snapshot";
            self.snapshot(described)
        } else {
            self.logical(described)
        };
        let size = done.logical.size();
        Volume {
            disk: done.place.map_or(0, |place| place.disk),
            partition_type: Some(kind.to_owned()),
            name: Some(done.logical.name.clone()),
            uuid: Some(described.uuid.clone()),
            group_uuid: Some(group.uuid.clone()),
            ..Volume::over(Kind::Logical, done.place.map(|place| place.byte), size, done.logical)
        }
    }

    /// A volume whose own bytes are not what users see in it.
    fn snapshot(&mut self, described: &'a Described) -> Done {
        let why = "it is a snapshot, or one is being merged into it, which is not read";
        let extents = described.segments.last().map_or(0, |last| last.start.saturating_add(last.extents));
        let range = 0..extents.saturating_mul(self.group.extent_size);
        self.tell(described, (defect::LVM_SEGMENT_UNSUPPORTED, why.to_owned()));
        self.finish(described, vec![Run { range, target: Target::Unreadable(why.into()) }])
    }

    fn logical(&mut self, described: &'a Described) -> Done {
        if let Some(done) = self.done.get(&described.name[..]) {
            return done.clone();
        }
        self.open.push(&described.name);
        let mut runs: Vec<Run> = Vec::new();
        for segment in &described.segments {
            let end = runs.last().map_or(0, |run| run.range.end);
            match self.range(segment) {
                Some(range) if range.start >= end => {
                    if range.start > end {
                        runs.push(self.gap(described, end..range.start));
                    }
                    let target = self.target(described, segment);
                    runs.push(Run { range, target });
                }
                _ => self.tell(described, (defect::LVM_SEGMENT_BAD, "two segments overlap, or one is empty".into())),
            }
        }
        self.open.pop();
        let done = self.finish(described, runs);
        self.done.insert(&described.name, done.clone());
        done
    }

    fn finish(&self, described: &Described, runs: Vec<Run>) -> Done {
        let logical = Logical { name: format!("{}/{}", self.group.name, described.name), runs };
        Done { place: logical.place(), is_readable: logical.is_readable(), logical: Arc::new(logical) }
    }

    /// The bytes of a segment; nothing if it has none, or too many for any disk.
    pub(super) fn range(&self, segment: &Segment) -> Option<Range<u64>> {
        let bytes = |extents: u64| extents.checked_mul(self.group.extent_size).filter(|&bytes| bytes <= 1 << 62);
        let range = bytes(segment.start)?..bytes(segment.start.checked_add(segment.extents)?)?;
        (!range.is_empty()).then_some(range)
    }

    fn gap(&mut self, described: &'a Described, range: Range<u64>) -> Run {
        let why = "no segment covers this part";
        self.tell(described, (defect::LVM_SEGMENT_BAD, why.to_owned()));
        Run { range, target: Target::Unreadable(why.into()) }
    }

    /// Notes a fault, once for each volume.
    pub(super) fn tell(&mut self, described: &'a Described, (defect, why): Fault) {
        if self.told.insert((&described.name, defect.id)) {
            self.faults.push((defect, format!("logical volume {}/{}: {why}", self.group.name, described.name)));
        }
    }

    /// Where some extents of an area are, and whether they can be read as far as the metadata tells.
    pub(super) fn piece(&mut self, of: &'a Described, area: &'a Area, extents: u64) -> Result<(Piece, bool), Fault> {
        let bytes = |extents: u64| extents.checked_mul(self.group.extent_size);
        let end = area.extent.checked_add(extents).and_then(|end| Some((end, bytes(end)?)));
        let (Some(start), Some((end, end_byte))) = (bytes(area.extent), end) else {
            return Err((defect::LVM_SEGMENT_BAD, format!("extent {} of {} cannot be", area.extent, area.name)));
        };
        let beyond = || format!("extent {end} is past the end of {}", area.name);
        if let Some(physical) = self.group.physical.get(&area.name) {
            let present = self.present.get(&physical.uuid).filter(|_| !physical.is_left_out);
            let Some(present) = present else {
                return Err((defect::LVM_MISSING_PV, format!("it needs physical volume {}", physical.uuid)));
            };
            let Some(last) = physical.start.checked_add(end_byte).filter(|_| end <= physical.extents) else {
                return Err((defect::LVM_SEGMENT_BAD, beyond()));
            };
            if last > present.source.size() {
                let what = format!("it reaches to byte {last} of a physical volume of {}", present.source.size());
                self.tell(of, (defect::LVM_BEYOND_END, what));
            }
            let offset = physical.start + start;
            let byte = present.offset.and_then(|start| start.checked_add(offset));
            let place = byte.map(|byte| Place { disk: present.disk, byte });
            return Ok((Piece { source: present.source.clone(), offset, place }, true));
        }
        let part = self.part(&area.name)?;
        if end_byte > part.logical.size() {
            return Err((defect::LVM_SEGMENT_BAD, beyond()));
        }
        let place = part.place.and_then(|place| place.forward(start));
        Ok((Piece { source: part.logical, offset: start, place }, part.is_readable))
    }

    /// The logical volume of that name, as a part of the one being assembled.
    pub(super) fn part(&mut self, name: &'a str) -> Result<Done, Fault> {
        let Some(part) = self.named.get(name).copied() else {
            return Err((defect::LVM_SEGMENT_BAD, format!("it is made of {name}, which the group does not have")));
        };
        if self.open.contains(&name) || self.open.len() == MAX_DEPTH {
            return Err((defect::LVM_SEGMENT_LOOP, format!("it is made of {name}, and that of it, or too deep")));
        }
        Ok(self.logical(part))
    }
}
