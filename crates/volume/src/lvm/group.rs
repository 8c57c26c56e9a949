//! A volume group, as its metadata describes it: nothing here was compared with a disk yet.
//!
//! LVM2's `lib/format_text/import_vsn1.c`, `lib/striped`, `lib/mirror`, `lib/raid` and so on for the segment types.

use super::text::{Section, Value};
use std::collections::{HashMap, HashSet};

/// Logical volumes read of one group.
pub(super) const MAX_VOLUMES: usize = 4096;

/// Length of LVM's sectors, in bytes.
const SECTOR: u64 = 512;

/// A volume group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) uuid: String,
    /// Counts the changes of the metadata.
    pub(super) seqno: u64,
    /// In bytes.
    pub(super) extent_size: u64,
    /// Physical volumes by the name that segments use.
    pub(super) physical: HashMap<String, Physical>,
    /// Logical volumes, hidden ones too, in the order of the text.
    pub(super) logical: Vec<Described>,
    /// Whether the text has more than [`MAX_VOLUMES`].
    pub(super) is_cut: bool,
    /// Logical volumes whose own bytes are the store of a snapshot.
    pub(super) stores: HashSet<String>,
    /// Logical volumes into which a snapshot is being merged: their own bytes are out of date.
    pub(super) merging: HashSet<String>,
}

/// A physical volume of a group.
#[derive(Debug)]
pub(super) struct Physical {
    pub(super) uuid: String,
    /// Where the first extent begins, in bytes.
    pub(super) start: u64,
    /// Number of extents.
    pub(super) extents: u64,
    /// The group went on without it: what it holds is out of date.
    pub(super) is_left_out: bool,
}

/// A logical volume of a group.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) name: String,
    pub(super) uuid: String,
    /// Whether it is one that users see, and not a part of another.
    pub(super) is_visible: bool,
    /// By first extent.
    pub(super) segments: Vec<Segment>,
}

/// A run of extents of a logical volume.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) start: u64,
    pub(super) extents: u64,
    /// As `lvs` names it.
    pub(super) kind: String,
    pub(super) map: Map,
}

/// Where the extents of a segment are.
#[derive(Debug)]
pub(super) enum Map {
    /// Dealt out over areas in stripes of so many bytes; one area is no striping.
    Striped(u64, Vec<Area>),
    /// The same in every area.
    Mirrored(Vec<Area>),
    /// The same in every area, with a volume beside each that says how whole it is.
    Raid1(Vec<Leg>),
    /// In an area with a cache before it, which works so.
    Cached(Area, String),
    /// A device of a thin pool.
    Thin(ThinDevice),
    /// The blocks of thin volumes.
    ThinPool(ThinPool),
    Zero,
    /// Not described in a way that makes sense.
    Bad,
    /// Of a type that is not read.
    Unsupported,
}

/// A copy.
#[derive(Debug)]
pub(super) struct Leg {
    /// The volume that says how whole it is.
    pub(super) memory: String,
    pub(super) data: Area,
}

/// A thin volume, by what its pool calls it.
#[derive(Debug)]
pub(super) struct ThinDevice {
    pub(super) pool: String,
    pub(super) number: u64,
    /// The volume that is read where nothing was written.
    pub(super) origin: Option<String>,
}

/// A thin pool, by the volumes that it is made of.
#[derive(Debug)]
pub(super) struct ThinPool {
    pub(super) map: String,
    pub(super) data: String,
    /// In bytes.
    pub(super) chunk: u64,
}

/// Extents of a physical volume, or of another logical one.
#[derive(Debug)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) extent: u64,
}

impl Group {
    /// Parses a text. What cannot be understood of a single volume is left to that volume.
    pub(super) fn parse(text: &str) -> Result<Group, String> {
        let text = Section::parse(text)?;
        let (name, section) = text.sections().next().ok_or("the metadata names no group")?;
        let missing = |what: &str| format!("group {name} has no {what}");
        let extent_size = section.number("extent_size").and_then(|sectors| sectors.checked_mul(SECTOR));
        let mut group = Group {
            name: name.to_owned(),
            uuid: section.word("id").ok_or_else(|| missing("id"))?.to_owned(),
            seqno: section.number("seqno").ok_or_else(|| missing("seqno"))?,
            extent_size: extent_size.filter(|&size| size > 0).ok_or_else(|| missing("extent_size"))?,
            physical: HashMap::new(),
            logical: Vec::new(),
            is_cut: false,
            stores: HashSet::new(),
            merging: HashSet::new(),
        };
        for (name, section) in section.section("physical_volumes").into_iter().flat_map(Section::sections) {
            group.physical.insert(name.to_owned(), physical(section).ok_or_else(|| missing("whole physical volumes"))?);
        }
        for (name, section) in section.section("logical_volumes").into_iter().flat_map(Section::sections) {
            if group.logical.len() == MAX_VOLUMES {
                group.is_cut = true;
                break;
            }
            group.add(name, section);
        }
        // Users see a snapshot by the name of its store, which the text does not mark as visible.
        for logical in &mut group.logical {
            logical.is_visible |= group.stores.contains(&logical.name);
        }
        Ok(group)
    }

    fn add(&mut self, name: &str, section: &Section<'_>) {
        let mut segments = Vec::new();
        for (_, section) in section.sections().filter(|(name, _)| name.starts_with("segment")) {
            let stores = ["cow_store", "merging_store"].into_iter().filter_map(|key| section.word(key));
            self.stores.extend(stores.map(str::to_owned));
            if section.word("merging_store").is_some() {
                self.merging.extend(section.word("origin").map(str::to_owned));
            }
            segments.push(segment(section));
        }
        segments.sort_by_key(|segment| segment.start);
        self.logical.push(Described {
            name: name.to_owned(),
            uuid: section.word("id").unwrap_or_default().to_owned(),
            is_visible: section.lists("status", "VISIBLE") && !is_part(name),
            segments,
        });
    }
}

impl Described {
    /// The type of its first segment.
    pub(super) fn kind(&self) -> &str {
        self.segments.first().map_or("", |segment| &segment.kind)
    }
}

fn physical(section: &Section<'_>) -> Option<Physical> {
    Some(Physical {
        uuid: section.word("id")?.to_owned(),
        start: section.number("pe_start")?.checked_mul(SECTOR)?,
        extents: section.number("pe_count")?,
        is_left_out: section.lists("status", "MISSING"),
    })
}

fn segment(section: &Section<'_>) -> Segment {
    let number = |name| section.number(name).unwrap_or(0);
    // Behind a `+` stand words for versions of LVM that do not know the type so.
    let kind = section.word("type").unwrap_or("unknown").split('+').next().unwrap_or_default();
    let stripes = areas(section.list("stripes"));
    let stripe_size = number("stripe_size").saturating_mul(SECTOR);
    let (kind, map) = match kind {
        "striped" | "linear" if stripes.len() == 1 => ("linear", Map::Striped(0, stripes)),
        "striped" => (kind, Map::Striped(stripe_size, stripes)),
        "raid0" => (kind, Map::Striped(stripe_size, whole(section.list("raid0_lvs"), 1))),
        "raid0_meta" => (kind, Map::Striped(stripe_size, whole(section.list("raids"), 2))),
        "raid1" => (kind, Map::Raid1(legs(section.list("raids")))),
        "mirror" => (kind, Map::Mirrored(areas(section.list("mirrors")))),
        // Checksums lie on another volume.
        "integrity" => (kind, Map::Mirrored(whole(section.list("origin"), 1))),
        "cache" | "writecache" => (kind, cached(kind, section)),
        "thin" => (kind, thin(section).map_or(Map::Bad, Map::Thin)),
        "thin-pool" => (kind, thin_pool(section).map_or(Map::Bad, Map::ThinPool)),
        "zero" => (kind, Map::Zero),
        _ => (kind, Map::Unsupported),
    };
    let map = match map {
        Map::Striped(_, areas) | Map::Mirrored(areas) if areas.is_empty() => Map::Bad,
        Map::Raid1(legs) if legs.is_empty() => Map::Bad,
        Map::Striped(0, areas) if areas.len() > 1 => Map::Bad,
        map => map,
    };
    Segment { start: number("start_extent"), extents: number("extent_count"), kind: kind.to_owned(), map }
}

fn cached(kind: &str, section: &Section<'_>) -> Map {
    // A writecache is for writing alone.
    let mode = if kind == "writecache" { "writeback" } else { section.word("cache_mode").unwrap_or("unknown") };
    match section.word("origin") {
        Some(name) => Map::Cached(Area { name: name.to_owned(), extent: 0 }, mode.to_owned()),
        None => Map::Bad,
    }
}

fn thin(section: &Section<'_>) -> Option<ThinDevice> {
    Some(ThinDevice {
        pool: section.word("thin_pool")?.to_owned(),
        number: section.number("device_id")?,
        origin: section.word("external_origin").map(str::to_owned),
    })
}

fn thin_pool(section: &Section<'_>) -> Option<ThinPool> {
    Some(ThinPool {
        map: section.word("metadata")?.to_owned(),
        data: section.word("pool")?.to_owned(),
        chunk: section.number("chunk_size")?.checked_mul(SECTOR)?,
    })
}

/// Pairs of a volume that remembers and one that holds data; nothing if it is no such list.
fn legs(list: &[Value<'_>]) -> Vec<Leg> {
    let leg = |pair: &[Value<'_>]| match pair {
        [memory, data] => {
            Some(Leg { memory: memory.word()?.to_owned(), data: Area { name: data.word()?.to_owned(), extent: 0 } })
        }
        _ => None,
    };
    list.chunks(2).map(leg).collect::<Option<_>>().unwrap_or_default()
}

/// Pairs of a name and an extent; nothing if it is no such list.
fn areas(list: &[Value<'_>]) -> Vec<Area> {
    let area = |pair: &[Value<'_>]| match pair {
        [name, Value::Number(extent)] => Some(Area { name: name.word()?.to_owned(), extent: *extent }),
        _ => None,
    };
    list.chunks(2).map(area).collect::<Option<_>>().unwrap_or_default()
}

/// Names of whole volumes, of which every `step`th holds data (the ones between hold what a RAID remembers).
fn whole(list: &[Value<'_>], step: usize) -> Vec<Area> {
    let area = |value: &Value<'_>| Some(Area { name: value.word()?.to_owned(), extent: 0 });
    list.iter().skip(step - 1).step_by(step).map(area).collect::<Option<_>>().unwrap_or_default()
}

/// Whether the name is one that LVM keeps for parts of other volumes.
fn is_part(name: &str) -> bool {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = ["_rmeta_", "_rimage_", "_mimage_"];
    let plain = [
        "_tmeta", "_tdata", "_mlog", "_cdata", "_cmeta", "_corig", "_wcorig", "_cvol", "_iorig", "_imeta", "_pmspare",
        "_vorigin",
    ];
    numbered.iter().any(|end| base.ends_with(end)) || plain.iter().any(|end| name.ends_with(end))
}
