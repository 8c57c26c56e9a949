//! The members that are there make an array.

use super::Member;
use super::dealt::{Dealt, Part};
use super::level;
use super::superblock::{Role, Superblock};
use crate::closed::Closed;
use crate::problem as defect;
use crate::{Defect, Kind, Machine, Volume, Whole};
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::{Result, Slice, Source};

/// Chunks are a power of two of up to 1 GiB, in bytes.
const MAX_CHUNK: u64 = 1 << 30;

/// Adds the array of these members, of which there is one.
pub(super) fn assemble(machine: &mut Machine, members: Vec<Member>) -> Result<()> {
    let array = Array::new(members, machine);
    let (source, degraded) = match array.source(machine) {
        Ok(found) => found,
        Err((defect, why)) => {
            let why = format!("array {}: {why}", array.name);
            machine.report(&array.first().candidate, defect, why.clone());
            (Arc::new(Closed { size: array.size(), why: why.into() }) as Source, None)
        }
    };
    if let Some(what) = degraded {
        machine.report(&array.first().candidate, defect::MD_DEGRADED, format!("array {}: {what}", array.name));
    }
    let best = array.best();
    let uuid = best.uuid_text();
    let whole = Whole { of: "md", uuid: Some(uuid.clone()), name: Some(array.name.clone()) };
    array.members.iter().for_each(|member| machine.claim(&member.candidate, &whole));
    let at = &array.first().candidate;
    let volume = Volume {
        disk: at.disk,
        partition_type: Some(level::name(best.level)),
        name: Some(array.name.clone()),
        uuid: Some(uuid),
        ..Volume::over(Kind::Array, None, source.size(), source)
    };
    machine.add_divisible(volume, &format!("md/{}", array.name), at)
}

/// Members of one UUID, the freshest first.
struct Array {
    name: String,
    members: Vec<Member>,
}

/// Why an array cannot be read.
type Fault = (Defect, String);

/// An array's bytes, and how it is degraded.
type Found = (Source, Option<String>);

impl Array {
    fn new(mut members: Vec<Member>, machine: &Machine) -> Array {
        // What is right on one that is being rebuilt, or bears bad blocks, is right on the others too.
        members.sort_by_key(|Member { superblock, .. }| {
            let worse = (superblock.is_rebuilding, superblock.has_bad_blocks, superblock.number);
            (std::cmp::Reverse(superblock.events), worse)
        });
        Array { name: name(&members[0].superblock, machine), members }
    }

    /// The freshest superblock, which counts.
    fn best(&self) -> &Superblock {
        &self.members[0].superblock
    }

    /// The member that lies first on the disks.
    fn first(&self) -> &Member {
        let place = |member: &&Member| (member.candidate.disk, member.candidate.offset);
        self.members.iter().min_by_key(place).unwrap_or(&self.members[0])
    }

    /// Length, as far as one superblock tells.
    fn size(&self) -> u64 {
        let best = self.best();
        let count = u64::from(best.members);
        let copies = u64::from(best.layout & 0xFF) * u64::from(best.layout >> 8 & 0xFF);
        match best.level {
            4 | 5 => best.size.saturating_mul(count.saturating_sub(1)),
            6 => best.size.saturating_mul(count.saturating_sub(2)),
            10 if copies > 0 => best.size.saturating_mul(count) / copies,
            _ => best.size,
        }
    }

    /// The members that hold current data, by role; the others are named.
    fn fresh(&self, machine: &mut Machine) -> BTreeMap<u32, &Member> {
        let best = self.best();
        let mut fresh = BTreeMap::new();
        for member in &self.members {
            let own = &member.superblock;
            // A crash between two writes of superblocks leaves them one apart, which the kernel forgives.
            let is_late = own.events.saturating_add(1) < best.events;
            match best.role(own.number) {
                Role::Active(role) if !is_late && role < best.members => {
                    fresh.entry(role).or_insert(member);
                }
                Role::Spare if !is_late => {}
                _ => {
                    let what = format!("array {}: a member was left behind at event {}", self.name, own.events);
                    machine.report(&member.candidate, defect::MD_STALE, what);
                }
            }
        }
        fresh
    }

    fn source(&self, machine: &mut Machine) -> std::result::Result<Found, Fault> {
        let best = self.best();
        let fresh = self.fresh(machine);
        match best.level {
            level::RAID1 => self.mirrored(machine, &fresh),
            _ if best.is_reshaping => Err((defect::MD_UNSUPPORTED, "it is being reshaped".to_owned())),
            level::LINEAR | level::RAID0 => {
                let parts = self.parts(machine, &fresh)?;
                let dealt = if best.level == level::LINEAR { Dealt::joined(parts) } else { self.striped(parts)? };
                Ok((Arc::new(dealt) as Source, None))
            }
            other => {
                let what = format!("it is of type {}, which is not read", level::name(other));
                Err((defect::MD_UNSUPPORTED, what))
            }
        }
    }

    /// RAID 1: the freshest member, as it is.
    fn mirrored(&self, machine: &mut Machine, fresh: &BTreeMap<u32, &Member>) -> std::result::Result<Found, Fault> {
        let best = self.best();
        let whole = fresh.values().filter(|member| !member.superblock.is_rebuilding);
        let count = whole.clone().count();
        let key = |member: &&&Member| (member.superblock.has_bad_blocks, std::cmp::Reverse(member.superblock.events));
        let Some(member) = whole.min_by_key(key) else {
            return Err((defect::MD_MISSING_MEMBER, "no member with all of its data is here".to_owned()));
        };
        if member.superblock.has_bad_blocks {
            let what = format!("array {}: the member that is read has bad blocks", self.name);
            machine.report(&member.candidate, defect::MD_DEGRADED, what);
        }
        let source = self.data(machine, member, best.size)?;
        let degraded = (count < best.members as usize)
            .then(|| format!("{count} of its {} members are here and in sync", best.members));
        Ok((source, degraded))
    }

    /// All members in the order of their roles, each cut to whole chunks.
    fn parts(&self, machine: &mut Machine, fresh: &BTreeMap<u32, &Member>) -> std::result::Result<Vec<Source>, Fault> {
        let best = self.best();
        if best.members == 0 || best.chunk > 0 && !(best.chunk.is_power_of_two() && best.chunk <= MAX_CHUNK) {
            return Err((defect::MD_UNSUPPORTED, "its superblock makes no sense".to_owned()));
        }
        if fresh.len() < best.members as usize {
            let what = format!("{} of its {} members are here, and it needs all", fresh.len(), best.members);
            return Err((defect::MD_MISSING_MEMBER, what));
        }
        let mut parts = Vec::new();
        for member in fresh.values() {
            let data = &member.superblock.data;
            let len = data.end - data.start;
            parts.push(self.data(machine, member, len - len.checked_rem(best.chunk).unwrap_or(0))?);
        }
        Ok(parts)
    }

    fn striped(&self, parts: Vec<Source>) -> std::result::Result<Dealt, Fault> {
        let chunk = self.best().chunk;
        if chunk == 0 || parts.iter().any(|part| part.size() != parts[0].size()) {
            return Err((defect::MD_UNSUPPORTED, "it is striped over members of different sizes".to_owned()));
        }
        Ok(Dealt::striped(parts, chunk))
    }

    /// The first bytes of a member's data, or as many as are there.
    fn data(&self, machine: &mut Machine, member: &Member, len: u64) -> std::result::Result<Source, Fault> {
        let data = &member.superblock.data;
        let size = member.candidate.source.size();
        let end = data.start.saturating_add(len);
        if len == 0 || len > data.end - data.start || data.start >= size {
            return Err((defect::MD_BEYOND_END, format!("a member holds no {len} bytes from byte {}", data.start)));
        }
        if end > size {
            let what = format!("array {} reaches to byte {end} of a member of {size} bytes", self.name);
            machine.report(&member.candidate, defect::MD_BEYOND_END, what);
        }
        let slice = Slice::new(member.candidate.source.clone(), data.start, end.min(size) - data.start)
            .expect("both ends were cut to the member");
        let part = Part { slice: Arc::new(slice), size: len };
        Ok(Arc::new(part))
    }
}

/// The name of an array: without the machine's before it; its UUID where it has none or another array has the same.
fn name(superblock: &Superblock, machine: &Machine) -> String {
    let plain = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte))
    };
    let own = superblock.name.as_deref().map(|name| name.split_once(':').map_or(name, |(_, name)| name));
    let id = |name: &str| Some(format!("md/{name}"));
    let is_taken = |name: &str| {
        let same = |volume: &Volume| {
            volume.inside == id(name) || volume.kind == Kind::Array && volume.name.as_deref() == Some(name)
        };
        machine.volumes.iter().any(same)
    };
    own.filter(plain).filter(|name| !is_taken(name)).map_or_else(|| superblock.uuid_text(), str::to_owned)
}
