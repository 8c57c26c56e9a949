//! Where the extents of one segment are, type by type.

use super::assemble::{Assembly, Fault};
use super::group::{Area, Described, Leg, Map, Segment, ThinDevice};
use super::legs::{self, Memory};
use super::logical::{Piece, Target};
use super::thin::{Pool, Thin};
use crate::problem as defect;
use std::sync::Arc;
use storage::{Error, ErrorKind, Source};

impl<'a> Assembly<'a> {
    pub(super) fn target(&mut self, described: &'a Described, segment: &'a Segment) -> Target {
        let target = match &segment.map {
            Map::Striped(size, areas) => self.striped(described, segment, *size, areas),
            Map::Mirrored(areas) => self.mirrored(described, segment, areas.iter()),
            Map::Raid1(legs) => self.raid1(described, segment, legs),
            Map::Cached(origin, mode) => self.cached(described, segment, origin, mode),
            Map::Thin(device) => self.thin(described, segment, device),
            Map::Zero => Ok(Target::Zero),
            Map::Bad => Err((defect::LVM_SEGMENT_BAD, format!("a segment of type {} makes no sense", segment.kind))),
            Map::Unsupported | Map::ThinPool(_) => {
                Err((defect::LVM_SEGMENT_UNSUPPORTED, format!("it is of type {}, which is not read", segment.kind)))
            }
        };
        target.unwrap_or_else(|fault| {
            let why = fault.1.as_str().into();
            self.tell(described, fault);
            Target::Unreadable(why)
        })
    }

    fn striped(&mut self, of: &'a Described, segment: &Segment, size: u64, areas: &'a [Area]) -> Result<Target, Fault> {
        let count = areas.len() as u64;
        let each = segment.extents / count;
        if each * count != segment.extents || size > 0 && !(each * self.group.extent_size).is_multiple_of(size) {
            return Err((defect::LVM_SEGMENT_BAD, "its stripes are not of equal length".to_owned()));
        }
        let mut pieces = Vec::new();
        for area in areas {
            pieces.push(self.piece(of, area, each)?.0);
        }
        match <[Piece; 1]>::try_from(pieces) {
            Ok([piece]) => Ok(Target::Linear(piece)),
            Err(pieces) => Ok(Target::Striped(size, pieces)),
        }
    }

    /// The first of the copies that can be read.
    fn mirrored(
        &mut self,
        of: &'a Described,
        segment: &Segment,
        areas: impl Iterator<Item = &'a Area>,
    ) -> Result<Target, Fault> {
        let mut fault = (defect::LVM_SEGMENT_BAD, "none of its copies can be read".to_owned());
        for area in areas {
            match self.piece(of, area, segment.extents) {
                Ok((piece, true)) => return Ok(Target::Linear(piece)),
                Ok((_, false)) => {}
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    /// The first of the copies that are whole, by what they remember; any other if there is none.
    fn raid1(&mut self, of: &'a Described, segment: &Segment, legs: &'a [Leg]) -> Result<Target, Fault> {
        let memories: Vec<_> = legs.iter().map(|leg| self.memory(leg)).collect();
        let mut whole = Vec::new();
        for (index, leg) in legs.iter().enumerate() {
            match legs::fault(&memories, index) {
                None => whole.push(&leg.data),
                Some(why) => {
                    let what = format!("{} is not read: {why}", leg.data.name);
                    self.tell(of, (defect::LVM_MIRROR_UNSYNCED, what));
                }
            }
        }
        if whole.is_empty() {
            return Err((defect::LVM_SEGMENT_BAD, "none of its copies is whole".to_owned()));
        }
        self.mirrored(of, segment, whole.into_iter())
    }

    fn memory(&mut self, leg: &'a Leg) -> Option<Memory> {
        let part = self.part(&leg.memory).ok().filter(|part| part.is_readable)?;
        match legs::read(&*part.logical) {
            Ok(memory) => memory,
            Err(error) => {
                self.failure.get_or_insert(error);
                None
            }
        }
    }

    /// What lies behind a cache.
    fn cached(&mut self, of: &'a Described, segment: &Segment, origin: &'a Area, mode: &str) -> Result<Target, Fault> {
        let what = match mode {
            "writethrough" | "passthrough" => "it is read without its cache, which writes through",
            _ => "it is read without its cache, which may hold newer data",
        };
        self.tell(of, (defect::LVM_CACHED, what.to_owned()));
        self.mirrored(of, segment, std::iter::once(origin))
    }

    fn thin(&mut self, of: &'a Described, segment: &Segment, device: &'a ThinDevice) -> Result<Target, Fault> {
        let bad = |what: &str| (defect::LVM_SEGMENT_BAD, what.to_owned());
        let range = self.range(segment).ok_or_else(|| bad("its segment is no range"))?;
        let origin = match &device.origin {
            Some(name) => Some(self.part(name)?.logical as Source),
            None => None,
        };
        let pool = self.pool(of, &device.pool)?;
        let thin = Thin::open(pool, device.number, range.end, origin).map_err(|error| self.unmapped(error))?;
        Ok(Target::Linear(Piece { source: Arc::new(thin), offset: range.start, place: None }))
    }

    /// The pool of that name, opened once.
    fn pool(&mut self, of: &Described, name: &'a str) -> Result<Arc<Pool>, Fault> {
        if let Some(pool) = self.pools.get(name) {
            return Ok(pool.clone());
        }
        let segments = self.named.get(name).map(|pool| &pool.segments[..]);
        let Some([Segment { map: Map::ThinPool(parts), .. }]) = segments else {
            return Err((defect::LVM_SEGMENT_BAD, format!("{} is thin, and {name} is no pool", of.name)));
        };
        let (map, data) = (self.part(&parts.map)?, self.part(&parts.data)?);
        let pool = Pool::open(map.logical, data.logical, parts.chunk).map_err(|error| self.unmapped(error))?;
        let pool = Arc::new(pool);
        self.pools.insert(name, pool.clone());
        Ok(pool)
    }

    /// Why a thin volume cannot be found in its pool.
    fn unmapped(&mut self, error: Error) -> Fault {
        let why = error.to_string();
        if error.kind() == ErrorKind::Io {
            self.failure.get_or_insert(error);
        }
        (defect::LVM_THIN_BAD, why)
    }
}
