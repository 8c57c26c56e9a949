//! Where the runs of the disk are stored, as `qemu-img map` tells it.

use super::image::{Image, subcluster_run};
use super::map::Place;
use crate::Mapping;
use std::ops::Range;
use storage::{Extent, ReadAt, Result, State};

impl Image {
    /// Where a run is that begins `within` the run that has that place.
    pub(super) fn place_mapping(&self, place: Place, range: Range<u64>, within: u64) -> Result<Mapping> {
        let stored = |state, offset: Option<u64>| Mapping {
            offset: offset.map(|at| at + within),
            present: true,
            ..Mapping::of(Extent { range: range.clone(), state })
        };
        match place {
            Place::Absent(at) => match &self.backing {
                Some(disk) if range.start < disk.size() => {
                    let mut below = disk.mapping_at(range.start)?;
                    below.extent.range.end = below.extent.range.end.min(range.end);
                    below.depth += 1;
                    Ok(below)
                }
                _ => Ok(Mapping { present: false, ..stored(State::Unmapped, at) }),
            },
            Place::Zero(at) => Ok(stored(State::Zero, at)),
            Place::At(at) => {
                let mut mapping = stored(State::Data, Some(at));
                if self.is_preallocated()? {
                    let below = self.data.extent_at(at + within)?;
                    let len = below.size().min(range.end - range.start);
                    let state = if below.is_data() { State::Data } else { State::Unmapped };
                    mapping.extent = Extent { range: range.start..range.start + len, state };
                }
                Ok(mapping)
            }
            Place::Compressed(_) => Ok(Mapping { compressed: true, ..stored(State::Data, None) }),
            Place::Mixed(subclusters) => {
                let (end, place, start) = subcluster_run(subclusters, within, self.header.cluster_size() / 32);
                let end = range.end.min(range.start + (end - within));
                self.place_mapping(place, range.start..end, within - start)
            }
        }
    }

    fn is_preallocated(&self) -> Result<bool> {
        match &self.refcounts {
            Some(refcounts) => self.preallocated.known(&self.file, refcounts, self.header.cluster_size()),
            None => Ok(false),
        }
    }
}
