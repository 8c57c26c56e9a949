//! What takes which part of the file: nothing may be taken twice, and everything must be there.

use super::MIB;
use super::header::Header;
use super::map::Map;
use super::regions::Regions;
use std::ops::Range;
use storage::{Error, Result};

/// The structures that are not blocks, in the order of their places.
#[derive(Debug)]
pub(super) struct Structures(Vec<(Range<u64>, &'static str)>);

impl Structures {
    /// Refuses structures of which one overlaps another.
    pub(super) fn new(header: &Header, regions: &Regions) -> Result<Self> {
        let mut parts = vec![
            (0..MIB, "the headers"),
            (header.log.clone(), "the log"),
            (regions.bat.clone(), "the BAT"),
            (regions.metadata.clone(), "the metadata"),
        ];
        parts.extend(regions.others.iter().map(|range| (range.clone(), "a region of unknown use")));
        parts.retain(|(range, _)| !range.is_empty());
        parts.sort_unstable_by_key(|(range, _)| (range.start, range.end));
        match parts.windows(2).find(|pair| pair[0].0.end > pair[1].0.start) {
            Some(pair) => Err(Error::corrupt(pair[1].0.start, format!("VHDX: {} overlaps {}", pair[1].1, pair[0].1))),
            None => Ok(Structures(parts)),
        }
    }

    /// Where the last one ends.
    pub(super) fn end(&self) -> u64 {
        self.0.last().map_or(0, |(range, _)| range.end)
    }

    /// The first one that has bytes of `range`.
    fn within(&self, range: &Range<u64>) -> Option<&(Range<u64>, &'static str)> {
        let next = self.0.partition_point(|(part, _)| part.end <= range.start);
        self.0.get(next).filter(|(part, _)| part.start < range.end)
    }
}

/// Hands to `find` every run of blocks that is not within the file, or is where something else is.
///
/// `size` is the file's. Of the last block only so much must be there as the disk has; the rest is its own all the same.
pub(super) fn check(
    map: &Map,
    structures: &Structures,
    size: u64,
    find: &mut dyn FnMut(Error) -> Result<()>,
) -> Result<()> {
    let block = |offset: u64| offset / map.block_size();
    let mut order: Vec<u32> = Vec::new();
    for i in 0..map.len() {
        let Some((range, place)) = map.stored(i) else { continue };
        order.push(u32::try_from(i).map_err(|_| Error::out_of_memory(size))?);
        let there = size.saturating_sub(place.start);
        if there < range.end - range.start {
            let number = block(range.start + there);
            let what = format!("VHDX block {number}: reaches past byte {size}, where the file ends; truncated?");
            find(Error::corrupt(place.start.max(size), what))?;
        }
        if let Some((part, name)) = structures.within(&place) {
            let number = block(range.start + part.start.saturating_sub(place.start));
            find(Error::corrupt(part.start.max(place.start), format!("VHDX block {number}: overlaps {name}")))?;
        }
    }
    refuse_twice(map, order, find)
}

/// Hands to `find` every one of `runs` that begins within another one.
fn refuse_twice(map: &Map, mut runs: Vec<u32>, find: &mut dyn FnMut(Error) -> Result<()>) -> Result<()> {
    let block = |offset: u64| offset / map.block_size();
    let stored = |i: u32| map.stored(usize::try_from(i).ok()?);
    runs.sort_unstable_by_key(|&i| stored(i).map(|(_, place)| place.start));
    let runs = runs.into_iter().filter_map(stored);
    let mut before: Option<(Range<u64>, Range<u64>)> = None;
    for (range, place) in runs {
        if let Some((other, last)) = before.as_ref().filter(|(_, last)| place.start < last.end) {
            let other = block(other.start + (place.start - last.start));
            let what = format!("VHDX block {}: overlaps block {other}", block(range.start));
            find(Error::corrupt(place.start, what))?;
        }
        if before.as_ref().is_none_or(|(_, last)| place.end > last.end) {
            before = Some((range, place));
        }
    }
    Ok(())
}
