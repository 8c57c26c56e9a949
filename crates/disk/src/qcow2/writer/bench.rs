//! What one thread needs to compress clusters and write them.

use super::codec::{Codec, Method};
use super::packing::Packing;
use std::ops::Range;
use storage::{Error, Result, WriteAt, is_zero, to_usize};

/// Clusters that were compressed, first without a place in the file, then with one.
pub(super) struct Bench {
    codec: Codec,
    /// The compressed clusters, one behind the other, and those that did not shrink.
    packed: Vec<u8>,
    plain: Vec<u8>,
    clusters: Vec<(u64, Kind)>,
    /// Places, and which part of `packed` and `plain` goes there.
    packed_runs: Vec<(u64, Range<usize>)>,
    plain_runs: Vec<(u64, Range<usize>)>,
}

/// What became of a cluster.
#[derive(Clone, Copy)]
enum Kind {
    Zero,
    Packed(u64),
    Plain(u64),
}

impl Bench {
    pub(super) fn new(method: Method) -> Result<Self> {
        Ok(Bench {
            codec: Codec::new(method)?,
            packed: Vec::new(),
            plain: Vec::new(),
            clusters: Vec::new(),
            packed_runs: Vec::new(),
            plain_runs: Vec::new(),
        })
    }

    /// Compresses a whole cluster.
    pub(super) fn add(&mut self, cluster: u64, bytes: &[u8]) -> Result<()> {
        let kind = if is_zero(bytes) {
            Kind::Zero
        } else if let Some(len) = self.codec.compress(bytes, &mut self.packed)? {
            Kind::Packed(len)
        } else {
            self.plain.extend_from_slice(bytes);
            Kind::Plain(bytes.len() as u64)
        };
        self.clusters.push((cluster, kind));
        Ok(())
    }

    /// Refuses clusters that have a place already.
    pub(super) fn refuse_known(&self, packing: &Packing) -> Result<()> {
        self.clusters.iter().try_for_each(|&(cluster, _)| match packing.holds(cluster)? {
            true => Err(written_already(cluster)),
            false => Ok(()),
        })
    }

    /// Gives everything its place: first all that is compressed, side by side.
    pub(super) fn place(&mut self, packing: &mut Packing) -> Result<()> {
        for &(cluster, kind) in &self.clusters {
            packing.forget(cluster)?;
            if let Kind::Packed(len) = kind {
                join(&mut self.packed_runs, packing.place_packed(cluster, len)?, len)?;
            }
        }
        for &(cluster, kind) in &self.clusters {
            if let Kind::Plain(len) = kind {
                join(&mut self.plain_runs, packing.place_plain(cluster)?, len)?;
            }
        }
        Ok(())
    }

    /// Where everything goes.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.packed_runs.iter().chain(&self.plain_runs).map(|(place, run)| *place..place + run.len() as u64)
    }

    /// Writes what has a place, and is empty again.
    pub(super) fn write(&mut self, file: &dyn WriteAt) -> Result<()> {
        for (runs, bytes) in [(&self.packed_runs, &self.packed), (&self.plain_runs, &self.plain)] {
            runs.iter().try_for_each(|(place, run)| file.write_at(&bytes[run.clone()], *place))?;
        }
        self.packed_runs.clear();
        self.plain_runs.clear();
        self.packed.clear();
        self.plain.clear();
        self.clusters.clear();
        Ok(())
    }
}

/// Adds the next `len` bytes, which go to `place`.
fn join(runs: &mut Vec<(u64, Range<usize>)>, place: u64, len: u64) -> Result<()> {
    let len = to_usize(len)?;
    let from = runs.last().map_or(0, |(_, run)| run.end);
    match runs.last_mut() {
        Some((first, run)) if *first + run.len() as u64 == place => run.end += len,
        _ => runs.push((place, from..from + len)),
    }
    Ok(())
}

pub(super) fn written_already(cluster: u64) -> Error {
    Error::unsupported(format!("cluster {cluster} of the disk is compressed already, and cannot be changed in parts"))
}
