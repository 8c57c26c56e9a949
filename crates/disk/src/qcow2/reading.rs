//! Reading the runs of the disk from wherever they are.

use super::compressed::unpack;
use super::image::{Image, subcluster_run};
use super::map::{Packed, Place, Subclusters};
use std::cell::RefCell;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, to_usize};

/// Compressed clusters that lie side by side are read at once, as far as they take no more than this.
const MAX_READ: u64 = 2 << 20;

thread_local!(static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });

impl Image {
    /// Reads a part of one run that begins at `offset` of the disk and `within` the run.
    pub(super) fn read_place(&self, place: Place, buf: &mut [u8], offset: u64, within: u64) -> Result<()> {
        match place {
            Place::Absent(_) => self.read_backing(buf, offset),
            Place::Zero(_) => {
                buf.fill(0);
                Ok(())
            }
            Place::At(at) => self.data.read_at(buf, at + within),
            Place::Compressed(packed) => self.read_compressed(packed, buf, offset - within, within),
            Place::Mixed(subclusters) => self.read_mixed(subclusters, buf, offset, within),
        }
    }

    /// The backing file may be shorter than the disk.
    fn read_backing(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        let below = self.backing.as_ref().map_or(0, |disk| disk.size()).saturating_sub(offset);
        let len = to_usize(below.min(buf.len() as u64))?;
        let (stored, beyond) = buf.split_at_mut(len);
        beyond.fill(0);
        match &self.backing {
            Some(disk) if !stored.is_empty() => disk.read_at(stored, offset),
            _ => Ok(()),
        }
    }

    fn read_mixed(&self, subclusters: Subclusters, mut buf: &mut [u8], mut offset: u64, mut within: u64) -> Result<()> {
        let size = self.header.cluster_size() / 32;
        while !buf.is_empty() {
            let (end, place, start) = subcluster_run(subclusters, within, size);
            let len = to_usize((end - within).min(buf.len() as u64))?;
            let (part, rest) = buf.split_at_mut(len);
            self.read_place(place, part, offset, within - start)?;
            buf = rest;
            offset += len as u64;
            within += len as u64;
        }
        Ok(())
    }

    /// A part of a compressed cluster, by way of the cache.
    fn read_compressed(&self, packed: Packed, buf: &mut [u8], guest: u64, within: u64) -> Result<()> {
        let size = to_usize(self.header.cluster_size())?;
        let cluster = match self.cache.get(guest) {
            Some(cluster) => cluster,
            None => {
                let mut cluster = vec![0; size];
                self.unpack_all(&[packed], &mut cluster, guest)?;
                let cluster: Arc<[u8]> = cluster.into();
                self.cache.put(guest, cluster.clone());
                cluster
            }
        };
        buf.copy_from_slice(&cluster[to_usize(within)?..][..buf.len()]);
        Ok(())
    }

    /// The compressed clusters, one after another from run `first`, that fill the beginning of `len` bytes and lie side
    /// by side in the file.
    pub(super) fn neighbours(&self, first: usize, len: usize) -> Vec<Packed> {
        let most = len as u64 >> self.header.cluster_bits;
        let mut found: Vec<Packed> = Vec::new();
        for i in first..self.map.len() {
            let (_, Place::Compressed(packed)) = self.map.run(i) else { break };
            let fits = match (found.first(), found.last()) {
                (Some(begin), Some(last)) => {
                    // The length is an upper bound: the next may begin within it.
                    (last.offset..=last.offset + last.len).contains(&packed.offset)
                        && packed.offset + packed.len - begin.offset <= MAX_READ
                }
                _ => true,
            };
            if !fits || found.len() as u64 == most {
                break;
            }
            found.push(packed);
        }
        found
    }

    /// Unpacks clusters that lie side by side in the file to where they are wanted, one after another.
    pub(super) fn unpack_all(&self, clusters: &[Packed], buf: &mut [u8], guest: u64) -> Result<()> {
        let (Some(first), Some(last)) = (clusters.first(), clusters.last()) else { return Ok(()) };
        let size = to_usize(self.header.cluster_size())?;
        INPUT.with_borrow_mut(|input| {
            // Bounded by `MAX_READ`, or at most twice a cluster, by the width of the field that it comes from.
            let len = to_usize(last.offset + last.len - first.offset)?;
            if input.len() < len {
                input.resize(len, 0);
            }
            self.file.read_at(&mut input[..len], first.offset)?;
            let mut at = guest;
            for (packed, cluster) in clusters.iter().zip(buf.chunks_mut(size)) {
                let stream = &input[to_usize(packed.offset - first.offset)?..][..to_usize(packed.len)?];
                unpack(self.header.compression, stream, cluster).map_err(|what| {
                    Error::corrupt(packed.offset, format!("qcow2 compressed cluster of guest byte {at}: {what}"))
                })?;
                at += cluster.len() as u64;
            }
            Ok(())
        })
    }
}
